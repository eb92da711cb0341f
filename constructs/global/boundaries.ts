import { auditNames, BOUNDARY_POLICY, boundaryArn, etlOperatorRole, roleArn } from "../../config/names";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { GITHUB_ISSUER } from "./github-trust";

/** What the boundaries of an account are made for. */
export interface BoundedAccount {
  /** The account. */
  readonly accountId: string;
  /** `global` or the environment: the audit system's names start with it. */
  readonly owner: string;
  /** Role by which the organization administers the account. */
  readonly memberAdminRole: string;
  /** Name of the bucket of the clusters' public keys, which stands in the clusters' issuers. */
  readonly oidcDiscoveryBucket: string;
}

/** Services that watch over the account: workloads have nothing to do with them, and CI may only add to them. */
export const WATCHERS = ["access-analyzer", "cloudtrail", "config", "guardduty", "macie2", "securityhub"] as const;

/** How the names of those actions start that stop a watcher or narrow it. No action that reads has such a name. */
const NARROWING = ["Delete*", "Dis*", "Put*", "Stop*", "Update*"];

/** Actions that do the same under another name: silence about findings, trusted addresses, administration by somebody else. */
const SILENCING: readonly string[] = [
  "access-analyzer:ApplyArchiveRule",
  "access-analyzer:CreateArchiveRule",
  "cloudtrail:*OrganizationDelegatedAdmin",
  "guardduty:Accept*",
  "guardduty:ArchiveFindings",
  "guardduty:CreateFilter",
  "guardduty:CreateIPSet",
  "guardduty:CreateTrustedEntitySet",
  "macie2:Accept*",
  "macie2:BatchUpdate*",
  "macie2:CreateAllowList",
  "macie2:CreateFindingsFilter",
  "securityhub:Accept*",
  "securityhub:BatchD*",
  "securityhub:BatchUpdate*",
  "securityhub:CreateAutomationRule*",
  "securityhub:StartConfigurationPolicyDisassociation",
];

/** Every key of the program has such an alias. https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html */
const KEY_ALIASES = "alias/opsdx-*";

/**
 * Roles of databases that log in by IAM: readers of views, and the web service's. RDS itself judges a login and does not support all
 * condition keys, and AWS does not say that it knows where a session comes from. So who logs in is held by these names, and by who holds the role.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
const IAM_LOGINS = ["*_reader", "trews_api"] as const;

/** Ways to data that a role of a workload has only where the workload runs: in a function, on an instance, in a pod. */
export const WORKLOAD_DATA: readonly string[] = [
  "athena:GetQueryResults",
  "logs:FilterLogEvents",
  "logs:GetLog*",
  "logs:GetQueryResults",
  "logs:StartLiveTail",
  "logs:StartQuery",
  "logs:Unmask",
  "macie2:GetSensitiveDataOccurrences",
  "rds-data:*",
  "rds:Download*",
  "s3:GetObject",
  "s3:GetObjectVersion",
  "secretsmanager:BatchGetSecretValue",
  "secretsmanager:GetSecretValue",
  "sqs:ReceiveMessage",
  "ssm:GetParameter*",
  "ssm:SendCommand",
  "ssm:StartSession",
];

/**
 * The boundary of every role that the program makes for something that runs: the most that any of them can do, whatever policy is
 * attached. It grants nothing by itself. Such a role changes no role, assumes none and only looks at watchers; and it gives data only to
 * what runs in this account, and to the operators of its ETLs, so that nobody reads any by making a role that trusts himself. Of databases
 * it gives two kinds of logins, wherever the session comes from: they are reached from inside of the VPC only.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (`aws:FederatedProvider`, `ec2:SourceInstanceArn`)
 */
export function workloadBoundary(account: BoundedAccount): PolicyStatement[] {
  const { accountId, oidcDiscoveryBucket, owner } = account;
  const operator = roleArn(accountId, etlOperatorRole(owner));
  return [
    {
      sid: "AtMost",
      notActions: ["account:*", "iam:*", "organizations:*", "sts:*", ...WATCHERS.map((service) => `${service}:*`)],
      resources: ["*"],
    },
    {
      sid: "Looks",
      actions: [
        "cloudtrail:LookupEvents",
        ...["iam", ...WATCHERS].flatMap((service) =>
          ["Describe*", "Get*", "List*"].map((verb) => `${service}:${verb}`),
        ),
        // What runs on the clusters asks for load balancers, whose service has a role of its own.
        "iam:CreateServiceLinkedRole",
      ],
      resources: ["*"],
    },
    {
      // Pausing an ETL is an update of its schedule, which names the schedule's role again.
      sid: "Operators",
      actions: ["iam:PassRole"],
      resources: [roleArn(accountId, "opsdx-*")],
      conditions: {
        ArnEquals: { "aws:PrincipalArn": operator },
        StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" },
      },
    },
    {
      sid: "DataOnlyWhereItRuns",
      effect: "Deny",
      actions: WORKLOAD_DATA,
      resources: ["*"],
      conditions: {
        Null: { "ec2:SourceInstanceArn": "true", "lambda:SourceFunctionArn": "true" },
        StringNotLike: { "aws:FederatedProvider": clusterProviders(accountId, oidcDiscoveryBucket) },
        // People: CI cannot touch this role.
        ArnNotEquals: { "aws:PrincipalArn": operator },
      },
    },
    {
      sid: "DatabasesByTheseNamesOnly",
      effect: "Deny",
      actions: ["rds-db:connect"],
      notResources: IAM_LOGINS.map((user) => `arn:aws:rds-db:*:${accountId}:dbuser:*/${user}`),
    },
    ...auditStays(account),
    // AWS Backup lends its own snapshots to the account that a copy goes to, in the name of its role.
    ...backupsAndKeysStay({ notResources: [`arn:aws:rds:*:${accountId}:*snapshot:awsbackup:*`] }),
  ];
}

/**
 * The boundary of CI's own roles. They may make roles, but only such as carry {@link workloadBoundary}, and may assume none of them.
 * @param assumes - roles elsewhere that they do assume
 */
export function ciBoundary(account: BoundedAccount, assumes: readonly string[]): PolicyStatement[] {
  const { accountId, memberAdminRole, owner } = account;
  const iam = `arn:aws:iam::${accountId}`;
  const others = assumes.length === 0 ? { resources: ["*"] } : { notResources: assumes };
  return [
    { sid: "AtMost", notActions: ["account:*", "organizations:*"], resources: ["*"] },
    {
      sid: "NoLongLivedCredentials",
      effect: "Deny",
      actions: [
        "iam:*SAMLProvider",
        "iam:AddUserToGroup",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "iam:UpdateLoginProfile",
        "iam:Upload*",
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
        roleArn(accountId, etlOperatorRole(owner)),
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
      sid: "AssumesNoOtherRole",
      effect: "Deny",
      actions: ["sts:AssumeRole*", "sts:AssumeRoot", "sts:GetFederationToken"],
      ...others,
    },
    {
      sid: "WatchersStay",
      effect: "Deny",
      actions: [...WATCHERS.flatMap((service) => NARROWING.map((verb) => `${service}:${verb}`)), ...SILENCING],
      resources: ["*"],
    },
    ...auditStays(account),
    ...backupsAndKeysStay({ resources: ["*"] }),
    {
      sid: "DatabasesAndFilesStay",
      effect: "Deny",
      actions: [
        "ec2:DeleteSnapshot",
        "elasticfilesystem:DeleteFileSystem",
        "elasticfilesystem:DeleteReplicationConfiguration",
        "rds:DeleteDBInstance",
        "rds:DeleteDBSnapshot",
      ],
      resources: ["*"],
    },
  ];
}

/** Providers of the clusters, by the two spellings that AWS uses for a provider. */
function clusterProviders(accountId: string, discoveryBucket: string): readonly string[] {
  return [`arn:aws:iam::${accountId}:oidc-provider/${discoveryBucket}.s3.*`, `${discoveryBucket}.s3.*`];
}

/** What the watchers have written stays, and so does the way from them to people. */
function auditStays({ accountId, owner }: BoundedAccount): PolicyStatement[] {
  const { alarms, buckets, eventRules, logGroups } = auditNames(owner);
  const arn = (service: string, kind: string) => (name: string) => `arn:aws:${service}:*:${accountId}:${kind}${name}`;
  return [
    {
      sid: "AuditRecordsStay",
      effect: "Deny",
      actions: [
        "cloudwatch:Delete*",
        "cloudwatch:Dis*",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:SetAlarmState",
        "events:Delete*",
        "events:Dis*",
        "events:Put*",
        "events:Remove*",
        "logs:*KmsKey",
        "logs:Delete*",
        "logs:Put*Filter",
        "logs:Put*Policy",
        "logs:PutLogGroup*",
        "logs:PutTransformer",
        "s3:Bypass*",
        "s3:Delete*",
        "s3:Put*",
      ],
      resources: [
        ...alarms.map(arn("cloudwatch", "alarm:")),
        ...buckets.map((name) => `arn:aws:s3:::${name}`),
        ...eventRules.map(arn("events", "rule/")),
        ...logGroups.map(arn("logs", "log-group:")),
      ],
    },
    {
      sid: "RecordingStaysOn",
      effect: "Deny",
      actions: [
        "ec2:DeleteFlowLogs",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:Disable*BlockPublicAccess",
        "route53:DeleteQueryLoggingConfig",
        "route53resolver:DeleteResolverQueryLogConfig",
        "route53resolver:DisassociateResolverQueryLogConfig",
        "s3:PutAccountPublicAccessBlock",
      ],
      resources: ["*"],
    },
  ];
}

/**
 * Nobody takes a backup or a key away, or gives one to another account.
 * @param shared - the snapshots that are not to be shared
 */
function backupsAndKeysStay(shared: Pick<PolicyStatement, "resources" | "notResources">): PolicyStatement[] {
  return [
    { sid: "SnapshotsStay", effect: "Deny", actions: ["rds:Modify*SnapshotAttribute"], ...shared },
    {
      sid: "BackupsAndKeysStay",
      effect: "Deny",
      actions: [
        "backup:Delete*",
        "backup:Dis*",
        "backup:Put*",
        "backup:Update*",
        "ec2:ModifyImageAttribute",
        "ec2:ModifySnapshotAttribute",
        "kms:DeleteImportedKeyMaterial",
        "kms:Disable*",
        "kms:ScheduleKeyDeletion",
        "rds:DeleteDBInstanceAutomatedBackup",
        "rds:StartExportTask",
        "rds:StopDBInstanceAutomatedBackupsReplication",
        "s3:BypassGovernanceRetention",
      ],
      resources: ["*"],
    },
    {
      // By alias: a key that is being made has none yet, and whoever makes it must be allowed to write its policy.
      sid: "KeyPoliciesStay",
      effect: "Deny",
      actions: ["kms:PutKeyPolicy"],
      resources: ["*"],
      conditions: { "ForAnyValue:StringLike": { "kms:ResourceAliases": [KEY_ALIASES] } },
    },
    {
      sid: "AliasesStay",
      effect: "Deny",
      actions: ["kms:DeleteAlias", "kms:UpdateAlias"],
      resources: [`arn:aws:kms:*:*:${KEY_ALIASES}`],
    },
    {
      sid: "KeysAreLentToServicesOnly",
      effect: "Deny",
      actions: ["kms:CreateGrant"],
      resources: ["*"],
      conditions: { BoolIfExists: { "kms:GrantIsForAWSResource": "false" } },
    },
  ];
}
