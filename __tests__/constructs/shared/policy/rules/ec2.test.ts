import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume";
import { Instance, type InstanceConfig } from "@cdktf/provider-aws/lib/instance";
import { LaunchTemplate, type LaunchTemplateConfig } from "@cdktf/provider-aws/lib/launch-template";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { SecurityGroupRule, type SecurityGroupRuleConfig } from "@cdktf/provider-aws/lib/security-group-rule";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { ec2Rules } from "../../../../../constructs/shared/policy/rules/ec2";
import { testRules, type Build } from "./support";

const instance =
  (changes: Partial<InstanceConfig> = {}): Build =>
  (stack) =>
    new Instance(stack, "Bad", {
      ami: "ami",
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      monitoring: true,
      iamInstanceProfile: "profile",
      rootBlockDevice: { encrypted: true, kmsKeyId: "arn" },
      ...changes,
    });

const template =
  (changes: Partial<LaunchTemplateConfig> = {}): Build =>
  (stack) =>
    new LaunchTemplate(stack, "Bad", {
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      iamInstanceProfile: { name: "profile" },
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { encrypted: "true", kmsKeyId: "arn" } }],
      ...changes,
    });

const careful = { "a careful instance": instance(), "a careful launch template": template() };

const rule =
  (changes: Partial<SecurityGroupRuleConfig>): Build =>
  (stack) =>
    new SecurityGroupRule(stack, "Bad", {
      type: "ingress",
      securityGroupId: "sg",
      protocol: "tcp",
      fromPort: 443,
      toPort: 443,
      ...changes,
    });
const everyone = { cidrBlocks: ["0.0.0.0/0"] };
const closed = {
  "a source group": rule({ sourceSecurityGroupId: "sg-2", fromPort: 22, toPort: 3389 }),
  "a private network": rule({ cidrBlocks: ["10.0.0.0/16"], fromPort: 0, toPort: 65535 }),
  "the way out": rule({ ...everyone, type: "egress", protocol: "-1", fromPort: 0, toPort: 0 }),
};

testRules(ec2Rules, {
  EC2IMDSv2Enabled: {
    accepts: careful,
    refuses: {
      "an instance by default": ["does not require IMDSv2", instance({ metadataOptions: undefined })],
      "a template that lets v1 in": [
        "does not require IMDSv2",
        template({ metadataOptions: { httpTokens: "optional" } }),
      ],
    },
  },
  InstanceMetadataHopLimit: {
    accepts: careful,
    refuses: {
      "two hops": [
        "answers metadata requests beyond one hop",
        template({ metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 } }),
      ],
      "the default": [
        "answers metadata requests beyond one hop",
        instance({ metadataOptions: { httpTokens: "required" } }),
      ],
    },
  },
  EC2InstanceDetailedMonitoringEnabled: {
    accepts: careful,
    refuses: {
      "an instance": ["has no detailed monitoring", instance({ monitoring: undefined })],
      "a template": ["has no detailed monitoring", template({ monitoring: { enabled: false } })],
    },
  },
  EC2InstanceNoPublicIp: {
    accepts: { "a private instance": instance() },
    refuses: { "a public one": ["has a public address", instance({ associatePublicIpAddress: true })] },
  },
  EC2InstanceProfileAttached: {
    accepts: careful,
    refuses: {
      "an instance": ["has no instance profile", instance({ iamInstanceProfile: undefined })],
      "a template": ["has no instance profile", template({ iamInstanceProfile: undefined })],
    },
  },
  EC2RestrictedSSH: {
    accepts: { ...closed, "another open port": rule(everyone) },
    refuses: {
      "port 22": ["lets the internet in on port 22", rule({ ...everyone, fromPort: 22, toPort: 22 })],
      "a range over it": ["lets the internet in on port 22", rule({ ...everyone, fromPort: 0, toPort: 1024 })],
      "every protocol": [
        "lets the internet in on port 22",
        rule({ ...everyone, protocol: "-1", fromPort: 0, toPort: 0 }),
      ],
      IPv6: ["lets the internet in on port 22", rule({ ipv6CidrBlocks: ["::/0"], fromPort: 22, toPort: 22 })],
    },
  },
  EC2RestrictedCommonPorts: {
    accepts: { ...closed, HTTPS: rule(everyone) },
    refuses: {
      FTP: ["lets the internet in on ports 20, 21", rule({ ...everyone, fromPort: 20, toPort: 21 })],
      "a rule of the newer type": [
        "lets the internet in on ports 3389",
        (stack) =>
          new VpcSecurityGroupIngressRule(stack, "Bad", {
            securityGroupId: "sg",
            cidrIpv4: "0.0.0.0/0",
            ipProtocol: "tcp",
            fromPort: 3389,
            toPort: 3389,
          }),
      ],
    },
  },
  SecurityGroupNoOpenEgress: {
    accepts: {
      "one port": rule({ ...everyone, type: "egress" }),
      "a group": rule({ sourceSecurityGroupId: "sg-2", type: "egress", protocol: "-1", fromPort: 0, toPort: 0 }),
      "the way in": rule({ ...everyone, protocol: "-1", fromPort: 0, toPort: 0 }),
    },
    refuses: {
      "every port": [
        "may call every port of the internet",
        rule({ ...everyone, type: "egress", protocol: "-1", fromPort: 0, toPort: 0 }),
      ],
      "IPv6, a group's own rule": [
        "may call every port of the internet",
        (stack) =>
          new SecurityGroup(stack, "Bad", {
            egress: [{ ipv6CidrBlocks: ["::/0"], protocol: "tcp", fromPort: 0, toPort: 65535 }],
          }),
      ],
    },
  },
  SecurityGroupRuleDescribed: {
    accepts: {
      "a description": rule({ ...everyone, description: "Who may reach the API" }),
      "a group without rules of its own": (stack) => new SecurityGroup(stack, "Bad", {}),
    },
    refuses: {
      none: ["has a rule that does not say what it is for", rule(everyone)],
      "an empty one, the newer type": [
        "has a rule that does not say what it is for",
        (stack) =>
          new VpcSecurityGroupEgressRule(stack, "Bad", {
            securityGroupId: "sg",
            cidrIpv4: "10.0.0.0/8",
            ipProtocol: "-1",
            description: "",
          }),
      ],
    },
  },
  SecurityGroupNoOpenIngress: {
    accepts: closed,
    refuses: {
      "one port": ["lets the internet in on 443", rule(everyone)],
      "a group's own rules": [
        "lets the internet in on 80, 8000 to 8080",
        (stack) =>
          new SecurityGroup(stack, "Bad", {
            ingress: [
              { ...everyone, protocol: "tcp", fromPort: 80, toPort: 80 },
              { ...everyone, protocol: "tcp", fromPort: 8000, toPort: 8080 },
              { cidrBlocks: ["10.0.0.0/8"], protocol: "tcp", fromPort: 1, toPort: 2 },
            ],
          }),
      ],
    },
  },
  EC2EBSInBackupPlan: {
    accepts: {
      "a named volume": (stack) => {
        const { arn } = new EbsVolume(stack, "Volume", { availabilityZone: "us-east-1a", size: 1 });
        new BackupSelection(stack, "Selection", { name: "s", planId: "p", iamRoleArn: "arn", resources: [arn] });
      },
    },
    refuses: {
      "no plan": ["is in no backup plan", (stack) => new EbsVolume(stack, "Bad", { availabilityZone: "a", size: 1 })],
    },
  },
  EC2EBSVolumeEncrypted: {
    accepts: {
      ...careful,
      "an encrypted volume": (stack) =>
        new EbsVolume(stack, "Volume", { availabilityZone: "a", size: 1, encrypted: true, kmsKeyId: "arn" }),
    },
    refuses: {
      "a plain volume": [
        "has a volume that is not encrypted",
        (stack) => new EbsVolume(stack, "Bad", { availabilityZone: "a", size: 1 }),
      ],
      "a plain disk of an instance": [
        "has a volume that is not encrypted",
        instance({ ebsBlockDevice: [{ deviceName: "/dev/sdb" }] }),
      ],
      "a disk of a template with the key of AWS": [
        "has a volume that is not encrypted with a customer-managed key",
        template({ blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { encrypted: "true" } }] }),
      ],
    },
  },
});
