import { DATA_READS } from "../shared/iam/data-reads";
import type { PolicyStatement } from "../shared/iam/policy-document";

/** What the apply role may use, service by service, with why: the one list to edit when a stack needs a new service. */
export const APPLY_SERVICES: Readonly<Record<string, string>> = {
  "access-analyzer": "stage1 audit: analyzers",
  acm: "stage1 dns: certificates",
  autoscaling: "stage1 controllers; stage2: node groups",
  backup: "stage1 db: plans and vaults",
  budgets: "stage1 audit: spending limits",
  ce: "stage1 audit: cost anomalies",
  cloudtrail: "stage1 audit: the trail",
  cloudwatch: "alarms and dashboards of every stage",
  codebuild: "stage1 runners",
  codeconnections: "stage1 runners: the connection to GitHub",
  config: "stage1 audit: recorder and rules",
  ec2: "stage1 core: network; stage2: launch templates, volumes, security groups",
  elasticache: "stage3 redash: its queues",
  elasticfilesystem: "stage1 nfs: file system, access points and policy; never its files",
  elasticloadbalancing: "stage2: API load balancer; stage3: web load balancer",
  events: "rules of every stage",
  guardduty: "stage1 audit: threat detection",
  kms: "a key per kind of data in every stage",
  lambda: "stage1 secrets: the look at ages; stage3: ETL launchers",
  logs: "log groups, metric filters and saved queries of every stage",
  rds: "stage1 db: databases",
  route53: "stage1 dns: zones, records, health checks",
  route53resolver: "stage1 core: log of DNS queries",
  s3: "buckets of every stage; state",
  scheduler: "stage1 secrets: the look at ages; stage3: ETL schedules",
  secretsmanager: "secrets' shells and policies; never their values",
  securityhub: "stage1 audit: standards",
  sns: "alarm topics",
  sqs: "dead letters; stage2: node termination queue",
  ssm: "published values; stage1 controllers: sessions and patches",
  wafv2: "stage3: web application firewall",
};

/** Single actions of services that it may not use as a whole, with why: the rest of backup-storage moves the data of backups. */
export const APPLY_ACTIONS: Readonly<Record<string, string>> = {
  "backup-storage:MountCapsule": "stage1 db: CreateBackupVault asks for it",
  "fis:CreateExperimentTemplate": "stage3 drills: experiment templates; never an experiment",
  "fis:DeleteExperimentTemplate": "stage3 drills",
  "fis:GetExperimentTemplate": "stage3 drills",
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_fis.html
  "fis:TagResource": "stage3 drills: a template that is made with tags asks for it, too, which the emulator does not",
  "fis:UpdateExperimentTemplate": "stage3 drills",
  "billing:GetBillingViewData": "stage1 audit: whoever looks at a budget looks at bills",
};

/** What the apply role does to IAM's own things of a workload, and to no others: {@link workloadIdentities}. Never to users. */
export const APPLY_IAM_ACTIONS: readonly string[] = [
  "iam:AddRoleToInstanceProfile",
  "iam:AttachRolePolicy",
  "iam:CreateInstanceProfile",
  "iam:CreateOpenIDConnectProvider",
  "iam:CreatePolicy",
  "iam:CreatePolicyVersion",
  "iam:CreateRole",
  "iam:DeleteInstanceProfile",
  "iam:DeleteOpenIDConnectProvider",
  "iam:DeletePolicy",
  "iam:DeletePolicyVersion",
  "iam:DeleteRole",
  "iam:DeleteRolePolicy",
  "iam:DetachRolePolicy",
  "iam:PassRole",
  "iam:PutRolePermissionsBoundary",
  "iam:PutRolePolicy",
  "iam:RemoveRoleFromInstanceProfile",
  "iam:TagInstanceProfile",
  "iam:TagOpenIDConnectProvider",
  "iam:TagPolicy",
  "iam:TagRole",
  "iam:UntagInstanceProfile",
  "iam:UntagOpenIDConnectProvider",
  "iam:UntagPolicy",
  "iam:UntagRole",
  "iam:UpdateAssumeRolePolicy",
  "iam:UpdateOpenIDConnectProviderThumbprint",
  "iam:UpdateRole",
  "iam:UpdateRoleDescription",
];

/** What it does to services' own roles, which services alone assume and whose rights AWS writes. */
export const APPLY_SERVICE_ROLE_ACTIONS: readonly string[] = [
  "iam:CreateServiceLinkedRole",
  "iam:DeleteServiceLinkedRole",
  "iam:TagRole",
  "iam:UntagRole",
  "iam:UpdateRole",
];

/** What else it does in IAM, about no particular thing. */
export const APPLY_ACCOUNT_ACTIONS: readonly string[] = [
  "iam:DeleteAccountPasswordPolicy",
  "iam:Get*",
  "iam:List*",
  "iam:UpdateAccountPasswordPolicy",
];

/**
 * Roles, policies, instance profiles and identity providers of workloads. Nothing that people use has such a name: config refuses it.
 * The names with dots are kops': of control planes, of nodes, of service accounts.
 */
export function workloadIdentities(accountId: string, oidcDiscoveryBucket: string): readonly string[] {
  return [
    "instance-profile/masters.*",
    "instance-profile/nodes.*",
    `oidc-provider/${oidcDiscoveryBucket}.s3.*`,
    "policy/opsdx-*",
    "role/*.sa.*",
    "role/masters.*",
    "role/nodes.*",
    "role/opsdx-*",
  ].map((name) => `arn:aws:iam::${accountId}:${name}`);
}

/** Objects that Terraform itself reads, and so are not data. */
export interface ReadableObjects {
  /** Name of the state bucket. */
  readonly stateBucket: string;
  /** Name of the kops state bucket: stage2 declares the boot payload in it. */
  readonly kopsStateBucket: string;
  /** Name of the bucket of the clusters' public keys. */
  readonly oidcDiscoveryBucket: string;
}

/** Refuses the CI roles every way to data: PHI is not needed to plan or apply. */
export function noDataStatements(readable: ReadableObjects): PolicyStatement[] {
  const kops = `arn:aws:s3:::${readable.kopsStateBucket}`;
  return [
    { sid: "NoData", effect: "Deny", actions: DATA_READS, resources: ["*"] },
    {
      sid: "NoObjects",
      effect: "Deny",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      notResources: [
        `arn:aws:s3:::${readable.stateBucket}/*`,
        `${kops}/*`,
        `arn:aws:s3:::${readable.oidcDiscoveryBucket}/*`,
      ],
    },
    {
      sid: "NoClusterKeys",
      effect: "Deny",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [`${kops}/*/pki/private/*`, `${kops}/*/secrets/*`, `${kops}/*/backups/*`],
    },
  ];
}
