import { HIPAA } from "../citations";
import { block, blocks, isTrue, strings, type Block, type ResourceModel } from "../model";
import { resourceRule, type Rule } from "../rule";
import { inBackupPlan } from "./backup";

const MACHINES = ["aws_instance", "aws_launch_template"];
const INGRESS = [
  "aws_security_group",
  "aws_default_security_group",
  "aws_security_group_rule",
  "aws_vpc_security_group_ingress_rule",
];

/** Ports of services that are attacked wherever they are found, as cdk-nag lists them. */
const COMMON_PORTS = [20, 21, 3306, 3309, 3389, 4333] as const;

const EGRESS = [
  "aws_security_group",
  "aws_default_security_group",
  "aws_security_group_rule",
  "aws_vpc_security_group_egress_rule",
];

/** A way in from everywhere, or out to everywhere. */
interface OpenWay {
  readonly from: number;
  readonly to: number;
}

/** The rules of a resource in one direction. */
function rulesOf({ type, body }: ResourceModel, direction: "ingress" | "egress"): readonly Block[] {
  if (type.endsWith("security_group")) return blocks(body, direction);
  return type === "aws_security_group_rule" && body["type"] !== direction ? [] : [body];
}

/** The rules of a resource that let the whole internet in, or whoever is in call all of it. */
function openWays(resource: ResourceModel, direction: "ingress" | "egress"): readonly OpenWay[] {
  return rulesOf(resource, direction)
    .filter((rule) =>
      ["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"].some((argument) =>
        strings(rule[argument]).some((cidr) => cidr.endsWith("/0")),
      ),
    )
    .map((rule) => {
      const protocol = String(rule["protocol"] ?? rule["ip_protocol"]);
      return protocol === "-1" || protocol === "all"
        ? { from: 0, to: 65535 }
        : { from: Number(rule["from_port"] ?? 0), to: Number(rule["to_port"] ?? 65535) };
    });
}

const openIngress = (resource: ResourceModel): readonly OpenWay[] => openWays(resource, "ingress");

const lets = (port: number) => (rule: OpenWay) => rule.from <= port && port <= rule.to;

/** The volumes that a machine makes for itself, as far as it describes them. */
function volumes({ type, body }: ResourceModel): readonly Block[] {
  return type === "aws_launch_template"
    ? blocks(body, "block_device_mappings").flatMap((device) => blocks(device, "ebs"))
    : ["root_block_device", "ebs_block_device"].flatMap((name) => blocks(body, name));
}

/** Rules on machines, volumes and security groups. */
export const ec2Rules: readonly Rule[] = [
  resourceRule({
    id: "EC2IMDSv2Enabled",
    citation: HIPAA.accessControl,
    fix: "set http_tokens to required in metadata_options",
    types: MACHINES,
    problem: ({ body }) =>
      block(body, "metadata_options")["http_tokens"] === "required" ? undefined : "does not require IMDSv2",
  }),
  resourceRule({
    id: "InstanceMetadataHopLimit",
    citation: HIPAA.accessControl,
    fix: "set http_put_response_hop_limit to 1 in metadata_options, so that no container reaches the node's role",
    types: MACHINES,
    problem: ({ body }) =>
      Number(block(body, "metadata_options")["http_put_response_hop_limit"] ?? 0) === 1
        ? undefined
        : "answers metadata requests beyond one hop",
  }),
  resourceRule({
    id: "EC2InstanceDetailedMonitoringEnabled",
    citation: HIPAA.audit,
    fix: "switch detailed monitoring on",
    types: MACHINES,
    problem: ({ type, body }) =>
      isTrue(type === "aws_instance" ? body["monitoring"] : block(body, "monitoring")["enabled"])
        ? undefined
        : "has no detailed monitoring",
  }),
  resourceRule({
    id: "EC2InstanceNoPublicIp",
    citation: HIPAA.noPublicAccess,
    fix: "set associate_public_ip_address to false",
    types: ["aws_instance"],
    problem: ({ body }) => (isTrue(body["associate_public_ip_address"]) ? "has a public address" : undefined),
  }),
  resourceRule({
    id: "EC2InstanceProfileAttached",
    citation:
      "HIPAA 164.308(a)(3)(i), 164.308(a)(3)(ii)(A), 164.308(a)(4)(ii)(A), 164.308(a)(4)(ii)(B), 164.308(a)(4)(ii)(C), 164.312(a)(1)",
    fix: "attach an instance profile",
    types: MACHINES,
    problem: ({ body }) =>
      strings(body["iam_instance_profile"]).length > 0 || blocks(body, "iam_instance_profile").length > 0
        ? undefined
        : "has no instance profile",
  }),
  resourceRule({
    id: "EC2RestrictedSSH",
    citation: HIPAA.openPorts,
    fix: "use Session Manager instead of SSH",
    types: INGRESS,
    problem: (resource) => (openIngress(resource).some(lets(22)) ? "lets the internet in on port 22" : undefined),
  }),
  resourceRule({
    id: "EC2RestrictedCommonPorts",
    citation: HIPAA.openPorts,
    fix: "name the source security group instead of the whole internet",
    types: INGRESS,
    problem: (resource) => {
      const ports = COMMON_PORTS.filter((port) => openIngress(resource).some(lets(port)));
      return ports.length === 0 ? undefined : `lets the internet in on ports ${ports.join(", ")}`;
    },
  }),
  resourceRule({
    id: "SecurityGroupNoOpenEgress",
    citation: HIPAA.openPorts,
    fix: "name the ports that are called, and whom",
    types: EGRESS,
    problem: (resource) =>
      openWays(resource, "egress").some(({ from, to }) => from === 0 && to === 65535)
        ? "may call every port of the internet"
        : undefined,
  }),
  resourceRule({
    id: "SecurityGroupRuleDescribed",
    citation: HIPAA.openPorts,
    fix: "say in the rule's description what it is for",
    types: [...new Set([...INGRESS, ...EGRESS])],
    problem: (resource) =>
      (["ingress", "egress"] as const).some((direction) =>
        rulesOf(resource, direction).some(({ description }) => description === undefined || description === ""),
      )
        ? "has a rule that does not say what it is for"
        : undefined,
  }),
  resourceRule({
    id: "SecurityGroupNoOpenIngress",
    citation: HIPAA.openPorts,
    fix: "name the source security group or the networks that need to come in",
    types: INGRESS,
    problem: (resource) => {
      const open = openIngress(resource);
      return open.length === 0
        ? undefined
        : `lets the internet in on ${open.map(({ from, to }) => (from === to ? from : `${from} to ${to}`)).join(", ")}`;
    },
  }),
  resourceRule({
    id: "EC2EBSInBackupPlan",
    citation: HIPAA.backup,
    fix: "name the volume in an aws_backup_selection",
    types: ["aws_ebs_volume"],
    problem: (volume, stack) => (inBackupPlan(stack, volume) ? undefined : "is in no backup plan"),
  }),
  resourceRule({
    id: "EC2EBSVolumeEncrypted",
    citation: HIPAA.encryptionAtRest,
    fix: "set encrypted and kms_key_id on every volume",
    types: ["aws_ebs_volume", ...MACHINES],
    problem: (resource) => {
      const described = resource.type === "aws_ebs_volume" ? [resource.body] : volumes(resource);
      if (described.some(({ encrypted }) => !isTrue(encrypted))) return "has a volume that is not encrypted";
      return described.some(({ kms_key_id }) => kms_key_id === undefined)
        ? "has a volume that is not encrypted with a customer-managed key"
        : undefined;
    },
  }),
];
