import { ETCD_CLUSTERS } from "./etcd-volumes";
import type { KopsClusterSpec } from "./spec";

/** A statement as kops writes it: without a sid, single actions and resources as plain strings where kops does so. */
export interface KopsStatement {
  /** kops denies nothing. */
  readonly Effect: "Allow";
  /** One action or several. */
  readonly Action: string | readonly string[];
  /** One resource or several. */
  readonly Resource: string | readonly string[];
  /** Values by operator and condition key. @default - it always holds */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const allow = (
  Action: KopsStatement["Action"],
  Resource: KopsStatement["Resource"],
  Condition?: KopsStatement["Condition"],
): KopsStatement => ({ Effect: "Allow", Action, Resource, Condition });

/** Only what carries the cluster's tag. */
const tagged = (name: string) => ({ StringEquals: { "aws:ResourceTag/KubernetesCluster": name } });
/** Only what is made with the cluster's tag. */
const tagging = (name: string) => ({ StringEquals: { "aws:RequestTag/KubernetesCluster": name } });

/** Tagging while creating, and retagging what is the cluster's without taking the cluster's tag away. */
function tagsOn(name: string, createActions: readonly string[], resources: readonly string[]): KopsStatement[] {
  return [
    allow("ec2:CreateTags", resources, {
      StringEquals: { "aws:RequestTag/KubernetesCluster": name, "ec2:CreateAction": createActions },
    }),
    allow(["ec2:CreateTags", "ec2:DeleteTags"], resources, {
      Null: { "aws:RequestTag/KubernetesCluster": "true" },
      ...tagged(name),
    }),
  ];
}

function zoneStatements(zoneId: string): KopsStatement[] {
  return [
    allow(
      ["route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets"],
      [`arn:aws:route53:::hostedzone/${zoneId}`],
    ),
    allow(["route53:GetChange"], ["arn:aws:route53:::change/*"]),
    allow(["route53:ListHostedZones", "route53:ListTagsForResource"], ["*"]),
  ];
}

/** Keys are used through EBS and S3 only. */
function keysViaServices(region: string): KopsStatement {
  return allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"], "*", {
    StringLike: { "kms:ViaService": [`ec2.${region}.amazonaws.com`, "s3.*.amazonaws.com"] },
  });
}

const CONTAINER_REGISTRY = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:DescribeRepositories",
  "ecr:GetAuthorizationToken",
  "ecr:GetDownloadUrlForLayer",
  "ecr:GetRepositoryPolicy",
  "ecr:ListImages",
];

/** What control planes may do. */
export function mastersPolicy({ name, stateBucket, dnsZone, account }: KopsClusterSpec): KopsStatement[] {
  const bucket = `arn:aws:s3:::${stateBucket}`;
  return [
    allow("ec2:AttachVolume", ["*"], {
      StringEquals: { "aws:ResourceTag/KubernetesCluster": name, "aws:ResourceTag/k8s.io/role/master": "1" },
    }),
    allow(["s3:Get*"], `${bucket}/${name}/*`),
    ...ETCD_CLUSTERS.map((etcd) =>
      allow(
        ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"],
        `${bucket}/${name}/backups/etcd/${etcd}/*`,
      ),
    ),
    allow(
      ["s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:ListBucketVersions"],
      [bucket],
    ),
    ...zoneStatements(dnsZone.id),
    keysViaServices(account.region),
    allow(
      [
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeRegions",
        "ec2:DescribeVolumes",
        ...CONTAINER_REGISTRY,
        "kms:CreateGrant",
        "kms:DescribeKey",
      ],
      "*",
    ),
  ];
}

/** What worker nodes may do. */
export function nodesPolicy(): KopsStatement[] {
  return [allow(["ec2:DescribeInstanceTypes", ...CONTAINER_REGISTRY], "*")];
}

/** What kops' own addons may do, by service account of `kube-system`. */
export function addonPolicies(spec: KopsClusterSpec): Readonly<Record<string, KopsStatement[]>> {
  const { name, account } = spec;
  const securityGroups = ["arn:aws:ec2:*:*:security-group/*"];
  const disks = ["arn:aws:ec2:*:*:snapshot/*", "arn:aws:ec2:*:*:volume/*"];
  return {
    "aws-cloud-controller-manager": [
      ...tagsOn(name, ["CreateSecurityGroup"], securityGroups),
      allow(
        [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeTags",
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInstanceTopology",
          "ec2:DescribeInstances",
          "ec2:DescribeRegions",
          "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcs",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancerAttributes",
          "elasticloadbalancing:DescribeLoadBalancerPolicies",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeTargetGroupAttributes",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
          "iam:CreateServiceLinkedRole",
          "kms:DescribeKey",
        ],
        "*",
      ),
      allow(
        [
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:DeleteSecurityGroup",
          "ec2:ModifyInstanceAttribute",
          "ec2:RevokeSecurityGroupIngress",
          "elasticloadbalancing:AddTags",
          "elasticloadbalancing:ApplySecurityGroupsToLoadBalancer",
          "elasticloadbalancing:AttachLoadBalancerToSubnets",
          "elasticloadbalancing:ConfigureHealthCheck",
          "elasticloadbalancing:CreateLoadBalancerListeners",
          "elasticloadbalancing:CreateLoadBalancerPolicy",
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteLoadBalancerListeners",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
          "elasticloadbalancing:DeregisterTargets",
          "elasticloadbalancing:DetachLoadBalancerFromSubnets",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
          "elasticloadbalancing:RegisterTargets",
          "elasticloadbalancing:SetLoadBalancerPoliciesForBackendServer",
          "elasticloadbalancing:SetLoadBalancerPoliciesOfListener",
        ],
        "*",
        tagged(name),
      ),
      allow(
        [
          "ec2:CreateSecurityGroup",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateTargetGroup",
        ],
        "*",
        tagging(name),
      ),
      allow("ec2:CreateSecurityGroup", "arn:aws:ec2:*:*:vpc/*"),
    ],
    "aws-load-balancer-controller": [
      ...tagsOn(name, ["CreateSecurityGroup"], securityGroups),
      allow(
        [
          "acm:DescribeCertificate",
          "acm:ListCertificates",
          "cognito-idp:DescribeUserPoolClient",
          "ec2:DescribeAccountAttributes",
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInstances",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcPeeringConnections",
          "ec2:DescribeVpcs",
          "ec2:GetSecurityGroupsForVpc",
          "elasticloadbalancing:DescribeCapacityReservation",
          "elasticloadbalancing:DescribeListenerAttributes",
          "elasticloadbalancing:DescribeListenerCertificates",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancerAttributes",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeRules",
          "elasticloadbalancing:DescribeTags",
          "elasticloadbalancing:DescribeTargetGroupAttributes",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
          "elasticloadbalancing:DescribeTrustStores",
          "elasticloadbalancing:SetRulePriorities",
        ],
        "*",
      ),
      allow(
        [
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:DeleteSecurityGroup",
          "ec2:RevokeSecurityGroupIngress",
          "elasticloadbalancing:AddListenerCertificates",
          "elasticloadbalancing:AddTags",
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteRule",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:DeregisterTargets",
          "elasticloadbalancing:ModifyCapacityReservation",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyRule",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RegisterTargets",
          "elasticloadbalancing:RemoveListenerCertificates",
          "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:SetIpAddressType",
          "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets",
        ],
        "*",
        tagged(name),
      ),
      allow(
        [
          "ec2:CreateSecurityGroup",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateRule",
          "elasticloadbalancing:CreateTargetGroup",
        ],
        "*",
        tagging(name),
      ),
      allow("ec2:CreateSecurityGroup", "arn:aws:ec2:*:*:vpc/*"),
    ],
    "aws-node-termination-handler": [
      allow(
        [
          "autoscaling:DescribeAutoScalingInstances",
          "autoscaling:DescribeTags",
          "ec2:DescribeInstances",
          "sqs:DeleteMessage",
          "sqs:ReceiveMessage",
        ],
        "*",
      ),
      allow("autoscaling:CompleteLifecycleAction", "*", tagged(name)),
    ],
    "cluster-autoscaler": [
      allow(
        [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeAutoScalingInstances",
          "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeScalingActivities",
          "ec2:DescribeImages",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:GetInstanceTypesFromInstanceRequirements",
        ],
        "*",
      ),
      allow(["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"], "*", tagged(name)),
    ],
    "dns-controller": zoneStatements(spec.dnsZone.id),
    "ebs-csi-controller-sa": [
      ...tagsOn(name, ["CopyVolumes", "CreateVolume"], disks),
      keysViaServices(account.region),
      allow(
        [
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeInstances",
          "ec2:DescribeTags",
          "ec2:DescribeVolumeStatus",
          "ec2:DescribeVolumes",
          "ec2:DescribeVolumesModifications",
          "kms:CreateGrant",
          "kms:DescribeKey",
        ],
        "*",
      ),
      allow(["ec2:AttachVolume", "ec2:DeleteVolume", "ec2:DetachVolume", "ec2:ModifyVolume"], "*", tagged(name)),
      allow(["ec2:CopyVolumes", "ec2:CreateVolume"], "*", tagging(name)),
    ],
  };
}
