import { BOUNDARY_POLICY, boundaryArn } from "../../config/names";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { GITHUB_ISSUER } from "./github-trust";

/** What the apply role may use, service by service, with why: the one list to edit when a stack needs a new service. */
export const APPLY_SERVICES: Readonly<Record<string, string>> = {
  "access-analyzer": "stage1 audit: analyzers",
  acm: "stage1 dns: certificates",
  "application-autoscaling": "stage3: scaling targets",
  autoscaling: "stage2: node groups",
  backup: "stage1 db, stage3 file systems: plans and vaults",
  budgets: "stage1 audit: spending limits",
  ce: "stage1 audit: cost anomalies",
  cloudtrail: "stage1 audit: the trail",
  cloudwatch: "alarms and dashboards of every stage",
  config: "stage1 audit: recorder and rules",
  ec2: "stage1 core: network; stage2: launch templates, volumes, security groups",
  elasticfilesystem: "stage3: shared files",
  elasticloadbalancing: "stage2: API load balancer; stage3: web load balancer",
  events: "rules of every stage",
  fis: "stage3: fire drills",
  guardduty: "stage1 audit: threat detection",
  kms: "a key per kind of data in every stage",
  lambda: "stage3: ETL launchers",
  logs: "log groups, metric filters and saved queries of every stage",
  macie2: "stage1 audit: discovery of PHI",
  rds: "stage1 db: databases",
  "resource-groups": "tags of every stage",
  route53: "stage1 dns: zones, records, health checks",
  route53resolver: "stage1 core: log of DNS queries",
  s3: "buckets of every stage; state",
  scheduler: "stage3: ETL schedules",
  secretsmanager: "secrets' shells and policies; never their values",
  securityhub: "stage1 audit: standards",
  servicequotas: "limits that a plan must respect",
  sns: "alarm topics",
  sqs: "dead letters; stage2: node termination queue",
  ssm: "published values",
  synthetics: "stage1 dns: checks from outside",
  tag: "tags of every stage",
  wafv2: "stage3: web application firewall",
};

/** Single actions of services that it may not use as a whole, with why: the rest of backup-storage moves the data of backups. */
export const APPLY_ACTIONS: Readonly<Record<string, string>> = {
  "backup-storage:MountCapsule": "stage1 db: CreateBackupVault asks for it",
};

/** What the apply role does in IAM: roles for workloads, never users. */
export const APPLY_IAM_ACTIONS: readonly string[] = [
  "iam:AddRoleToInstanceProfile",
  "iam:AttachRolePolicy",
  "iam:CreateInstanceProfile",
  "iam:CreateOpenIDConnectProvider",
  "iam:CreatePolicy",
  "iam:CreatePolicyVersion",
  "iam:CreateRole",
  "iam:CreateServiceLinkedRole",
  "iam:DeleteAccountPasswordPolicy",
  "iam:DeleteInstanceProfile",
  "iam:DeleteOpenIDConnectProvider",
  "iam:DeletePolicy",
  "iam:DeletePolicyVersion",
  "iam:DeleteRole",
  "iam:DeleteRolePolicy",
  "iam:DeleteServiceLinkedRole",
  "iam:DetachRolePolicy",
  "iam:Get*",
  "iam:List*",
  "iam:PassRole",
  "iam:PutRolePermissionsBoundary",
  "iam:PutRolePolicy",
  "iam:RemoveRoleFromInstanceProfile",
  "iam:Tag*",
  "iam:Untag*",
  "iam:UpdateAccountPasswordPolicy",
  "iam:UpdateAssumeRolePolicy",
  "iam:UpdateOpenIDConnectProviderThumbprint",
  "iam:UpdateRole",
  "iam:UpdateRoleDescription",
];

/** Ways to the data itself, which neither planning nor applying needs. */
export const DATA_READS: readonly string[] = [
  "athena:GetQueryResults",
  "ec2:GetConsoleOutput",
  "ec2:GetConsoleScreenshot",
  "ec2:GetPasswordData",
  "lambda:InvokeFunction",
  "logs:FilterLogEvents",
  "logs:GetLogEvents",
  "logs:GetLogObject",
  "logs:GetLogRecord",
  "logs:GetQueryResults",
  "logs:StartLiveTail",
  "logs:StartQuery",
  "logs:Unmask",
  "rds-data:*",
  "rds-db:connect",
  "rds:DownloadCompleteDBLogFile",
  "rds:DownloadDBLogFilePortion",
  "secretsmanager:BatchGetSecretValue",
  "secretsmanager:GetSecretValue",
  "sqs:ReceiveMessage",
  "ssm:GetParameterHistory",
  "ssm:SendCommand",
  "ssm:StartSession",
];

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

/**
 * The boundary of every role that this program makes, the apply role's included: the most that any of them can do, whatever
 * policy is attached. It grants nothing by itself.
 *
 * @param memberAdminRole - role by which the organization administers the account
 */
export function boundaryStatements(accountId: string, memberAdminRole: string): PolicyStatement[] {
  const iam = `arn:aws:iam::${accountId}`;
  return [
    { sid: "AtMost", notActions: ["account:*", "organizations:*"], resources: ["*"] },
    {
      sid: "NoLongLivedCredentials",
      effect: "Deny",
      actions: [
        "iam:AddUserToGroup",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateSAMLProvider",
        "iam:CreateServiceSpecificCredential",
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "iam:UpdateLoginProfile",
        "iam:UpdateSAMLProvider",
        "iam:UploadSigningCertificate",
        "iam:UploadSSHPublicKey",
      ],
      resources: ["*"],
    },
    {
      sid: "HandsOffCiAndBoundary",
      effect: "Deny",
      notActions: ["iam:Get*", "iam:List*"],
      resources: [
        `${iam}:role/opsdx-ci-*`,
        `${iam}:policy/opsdx-ci-*`,
        `${iam}:role/opsdx-people-*`,
        `${iam}:policy/opsdx-people-*`,
        `${iam}:policy/${BOUNDARY_POLICY}`,
        `${iam}:oidc-provider/${GITHUB_ISSUER}`,
        `${iam}:role/${memberAdminRole}`,
      ],
    },
    {
      sid: "NoRoleWithoutBoundary",
      effect: "Deny",
      actions: ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
      resources: ["*"],
      conditions: { StringNotEquals: { "iam:PermissionsBoundary": boundaryArn(accountId) } },
    },
    { sid: "BoundariesStay", effect: "Deny", actions: ["iam:DeleteRolePermissionsBoundary"], resources: ["*"] },
    {
      sid: "AuditStaysOn",
      effect: "Deny",
      actions: [
        "access-analyzer:DeleteAnalyzer",
        "cloudtrail:DeleteTrail",
        "cloudtrail:StopLogging",
        "config:DeleteConfigurationRecorder",
        "config:DeleteDeliveryChannel",
        "config:StopConfigurationRecorder",
        "ec2:DisableEbsEncryptionByDefault",
        "guardduty:DeleteDetector",
        "macie2:DisableMacie",
        "securityhub:DisableSecurityHub",
      ],
      resources: ["*"],
    },
    {
      sid: "BackupsAndKeysStay",
      effect: "Deny",
      actions: [
        "backup:DeleteBackupVault",
        "backup:DeleteRecoveryPoint",
        "kms:DisableKey",
        "kms:ScheduleKeyDeletion",
        "rds:DeleteDBInstanceAutomatedBackup",
        "s3:BypassGovernanceRetention",
      ],
      resources: ["*"],
    },
  ];
}
