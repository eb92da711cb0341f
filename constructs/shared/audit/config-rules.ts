import { ConfigConfigRule } from "@cdktf/provider-aws/lib/config-config-rule";
import { Construct, type ITerraformDependable } from "../cdktf";

/** One rule that AWS manages, as this account uses it. */
export interface ManagedRule {
  /** Construct id. */
  readonly id: string;
  /** AWS's identifier of the rule; our rule's name is made from it. */
  readonly identifier: string;
  /** Sections of HIPAA that AWS's own mapping names for the rule. */
  readonly citation: string;
  /** What breaks the rule, in a few words. */
  readonly finds: string;
  /** Parameters. @default - none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Look only at resources with this tag; possible where AWS runs the rule on changes. @default - at every resource of its types */
  readonly tag?: { readonly key: string; readonly value: string };
}

/** What a database has that keeps automated backups: one without them by design is held by its backup plan alone. */
export const AUTOMATED_BACKUPS = { key: "automated-backups", value: "expected" } as const;

const ACCESS = "HIPAA 164.308(a)(3)(i), 164.308(a)(4)(ii)(A), 164.312(a)(1)";
const EXPOSURE = `${ACCESS}, 164.312(e)(1)`;
const ENCRYPTION_AT_REST = "HIPAA 164.312(a)(2)(iv), 164.312(e)(2)(ii)";
const ENCRYPTION_IN_TRANSIT = "HIPAA 164.312(a)(2)(iv), 164.312(e)(1), 164.312(e)(2)(i)";
const AUDIT_CONTROLS = "HIPAA 164.308(a)(3)(ii)(A), 164.312(b)";
const AUTHENTICATION = "HIPAA 164.312(d)";
const RECOVERY = "HIPAA 164.308(a)(7)(i), 164.308(a)(7)(ii)(A), 164.308(a)(7)(ii)(B)";

/**
 * The rules of AWS's pack "Operational Best Practices for HIPAA Security" that concern a resource type this program makes.
 * @see https://docs.aws.amazon.com/config/latest/developerguide/operational-best-practices-for-hipaa_security.html
 * @see docs/decisions/0005-config-rules-not-a-conformance-pack.md
 */
export const MANAGED_RULES: readonly ManagedRule[] = [
  // The account
  {
    id: "RootAccessKey",
    identifier: "IAM_ROOT_ACCESS_KEY_CHECK",
    citation: ACCESS,
    finds: "an access key of the root user",
  },
  { id: "RootMfa", identifier: "ROOT_ACCOUNT_MFA_ENABLED", citation: AUTHENTICATION, finds: "a root user without MFA" },
  {
    id: "ConsoleMfa",
    identifier: "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS",
    citation: AUTHENTICATION,
    finds: "a user with a console password and no MFA",
  },
  {
    id: "PasswordPolicy",
    identifier: "IAM_PASSWORD_POLICY",
    citation: "HIPAA 164.308(a)(5)(ii)(D), 164.312(d)",
    finds: "a password policy weaker than the account's defaults",
    parameters: {
      RequireUppercaseCharacters: "true",
      RequireLowercaseCharacters: "true",
      RequireSymbols: "true",
      RequireNumbers: "true",
      MinimumPasswordLength: "14",
      PasswordReusePrevention: "24",
      MaxPasswordAge: "90",
    },
  },
  {
    id: "AccessKeysRotated",
    identifier: "ACCESS_KEYS_ROTATED",
    citation: "HIPAA 164.308(a)(4)(ii)(B)",
    finds: "an access key older than 90 days",
    parameters: { maxAccessKeyAge: "90" },
  },
  {
    id: "NoAdminPolicies",
    identifier: "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
    citation: ACCESS,
    finds: "a policy that allows everything",
  },
  {
    id: "S3AccountBlock",
    identifier: "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
    citation: EXPOSURE,
    finds: "an account that lets buckets be public",
  },
  // The record of what happens
  { id: "CloudTrailEnabled", identifier: "CLOUD_TRAIL_ENABLED", citation: AUDIT_CONTROLS, finds: "no trail" },
  {
    id: "CloudTrailMultiRegion",
    identifier: "MULTI_REGION_CLOUD_TRAIL_ENABLED",
    citation: AUDIT_CONTROLS,
    finds: "no trail over all regions",
  },
  {
    id: "CloudTrailLogs",
    identifier: "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED",
    citation: AUDIT_CONTROLS,
    finds: "a trail that does not write to CloudWatch Logs",
  },
  {
    id: "CloudTrailEncryption",
    identifier: "CLOUD_TRAIL_ENCRYPTION_ENABLED",
    citation: ENCRYPTION_AT_REST,
    finds: "a trail without a KMS key",
  },
  {
    id: "CloudTrailValidation",
    identifier: "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
    citation: "HIPAA 164.312(c)(1), 164.312(c)(2)",
    finds: "a trail whose files are not signed",
  },
  {
    id: "GuardDutyEnabled",
    identifier: "GUARDDUTY_ENABLED_CENTRALIZED",
    citation: "HIPAA 164.308(a)(5)(ii)(C), 164.308(a)(6)(ii)",
    finds: "GuardDuty switched off",
  },
  {
    id: "LogRetention",
    identifier: "CW_LOGGROUP_RETENTION_PERIOD_CHECK",
    citation: "HIPAA 164.312(b)",
    finds: "a log group that is kept shorter than 30 days",
    parameters: { MinRetentionTime: "30" },
  },
  {
    id: "LogEncryption",
    identifier: "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
    citation: ENCRYPTION_AT_REST,
    finds: "a log group without a KMS key",
  },
  {
    id: "AlarmActions",
    identifier: "CLOUDWATCH_ALARM_ACTION_CHECK",
    citation: "HIPAA 164.312(b)",
    finds: "an alarm that tells nobody",
    parameters: { alarmActionRequired: "true", insufficientDataActionRequired: "false", okActionRequired: "false" },
  },
  // Network
  { id: "FlowLogs", identifier: "VPC_FLOW_LOGS_ENABLED", citation: AUDIT_CONTROLS, finds: "a VPC without flow logs" },
  {
    id: "DefaultSecurityGroup",
    identifier: "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    citation: "HIPAA 164.312(e)(1)",
    finds: "a default security group with rules",
  },
  { id: "RestrictedSsh", identifier: "INCOMING_SSH_DISABLED", citation: EXPOSURE, finds: "port 22 open to the world" },
  {
    id: "SubnetPublicIp",
    identifier: "SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED",
    citation: EXPOSURE,
    finds: "a subnet that gives instances public addresses",
  },
  // Instances and volumes
  { id: "Imdsv2", identifier: "EC2_IMDSV2_CHECK", citation: ACCESS, finds: "an instance that answers IMDSv1" },
  {
    id: "InstancePublicIp",
    identifier: "EC2_INSTANCE_NO_PUBLIC_IP",
    citation: EXPOSURE,
    finds: "an instance with a public address",
  },
  {
    id: "EncryptedVolumes",
    identifier: "ENCRYPTED_VOLUMES",
    citation: ENCRYPTION_AT_REST,
    finds: "an unencrypted volume",
  },
  {
    id: "EbsEncryptionDefault",
    identifier: "EC2_EBS_ENCRYPTION_BY_DEFAULT",
    citation: ENCRYPTION_AT_REST,
    finds: "volumes not encrypted by default",
  },
  {
    id: "SnapshotsNotPublic",
    identifier: "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK",
    citation: EXPOSURE,
    finds: "a volume snapshot shared with everyone",
  },
  {
    id: "EfsEncrypted",
    identifier: "EFS_ENCRYPTED_CHECK",
    citation: ENCRYPTION_AT_REST,
    finds: "an unencrypted file system",
  },
  // Databases
  {
    id: "RdsStorageEncrypted",
    identifier: "RDS_STORAGE_ENCRYPTED",
    citation: ENCRYPTION_AT_REST,
    finds: "an unencrypted database",
  },
  {
    id: "RdsSnapshotEncrypted",
    identifier: "RDS_SNAPSHOT_ENCRYPTED",
    citation: ENCRYPTION_AT_REST,
    finds: "an unencrypted database snapshot",
  },
  {
    id: "RdsPublicAccess",
    identifier: "RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
    citation: EXPOSURE,
    finds: "a database with a public address",
  },
  {
    id: "RdsSnapshotsNotPublic",
    identifier: "RDS_SNAPSHOTS_PUBLIC_PROHIBITED",
    citation: EXPOSURE,
    finds: "a database snapshot shared with everyone",
  },
  {
    id: "RdsBackup",
    identifier: "DB_INSTANCE_BACKUP_ENABLED",
    citation: RECOVERY,
    finds: "a database without the automated backups that it should have",
    tag: AUTOMATED_BACKUPS,
  },
  {
    id: "RdsInBackupPlan",
    identifier: "RDS_IN_BACKUP_PLAN",
    citation: RECOVERY,
    finds: "a database that no backup plan takes",
  },
  {
    id: "RdsDeletionProtection",
    identifier: "RDS_INSTANCE_DELETION_PROTECTION_ENABLED",
    citation: "HIPAA 164.308(a)(7)(i), 164.308(a)(7)(ii)(C)",
    finds: "a database that one call can delete",
  },
  {
    id: "RdsLogging",
    identifier: "RDS_LOGGING_ENABLED",
    citation: "HIPAA 164.308(a)(3)(ii)(A), 164.308(a)(5)(ii)(C)",
    finds: "a database that does not export its logs",
  },
  // Buckets
  {
    id: "S3TlsOnly",
    identifier: "S3_BUCKET_SSL_REQUESTS_ONLY",
    citation: ENCRYPTION_IN_TRANSIT,
    finds: "a bucket that takes plain HTTP",
  },
  {
    id: "S3NoPublicRead",
    identifier: "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    citation: EXPOSURE,
    finds: "a bucket the public can read",
  },
  {
    id: "S3NoPublicWrite",
    identifier: "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
    citation: EXPOSURE,
    finds: "a bucket the public can write",
  },
  {
    id: "S3Versioning",
    identifier: "S3_BUCKET_VERSIONING_ENABLED",
    citation: `${RECOVERY}, 164.312(c)(1)`,
    finds: "a bucket without versions",
  },
  // Load balancers, keys, secrets, topics, functions
  {
    id: "ElbLogging",
    identifier: "ELB_LOGGING_ENABLED",
    citation: "HIPAA 164.312(b)",
    finds: "a load balancer without access logs",
  },
  {
    id: "AlbRedirect",
    identifier: "ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK",
    citation: ENCRYPTION_IN_TRANSIT,
    finds: "a load balancer that serves plain HTTP",
  },
  {
    id: "KeysRotated",
    identifier: "CMK_BACKING_KEY_ROTATION_ENABLED",
    citation: "HIPAA 164.312(a)(2)(iv)",
    finds: "a key that is not rotated",
  },
  {
    id: "KeysNotDeleted",
    identifier: "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
    citation: "HIPAA 164.312(a)(2)(iv)",
    finds: "a key waiting to be deleted",
  },
  {
    id: "SecretsUseCmk",
    identifier: "SECRETSMANAGER_USING_CMK",
    citation: ENCRYPTION_AT_REST,
    finds: "a secret under AWS's own key",
  },
  {
    id: "TopicsEncrypted",
    identifier: "SNS_ENCRYPTED_KMS",
    citation: ENCRYPTION_AT_REST,
    finds: "an unencrypted topic",
  },
  {
    id: "FunctionsNotPublic",
    identifier: "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",
    citation: EXPOSURE,
    finds: "a function anyone may call",
  },
];

/** Name of a managed rule in AWS Config. */
export function ruleName(namePrefix: string, rule: ManagedRule): string {
  return `${namePrefix}-${rule.identifier.toLowerCase().replaceAll("_", "-")}`;
}

/** Properties of {@link ConfigRules}. */
export interface ConfigRulesProps {
  /** Start of every rule's name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The recorder that the rules read from. */
  readonly recorder: ITerraformDependable;
}

/** The managed rules of AWS Config that check the account against HIPAA, whoever made the resource. */
export class ConfigRules extends Construct {
  public constructor(scope: Construct, id: string, props: ConfigRulesProps) {
    super(scope, id);
    for (const rule of MANAGED_RULES) {
      new ConfigConfigRule(this, rule.id, {
        name: ruleName(props.namePrefix, rule),
        description: `Finds ${rule.finds}. ${rule.citation}`,
        source: { owner: "AWS", sourceIdentifier: rule.identifier },
        scope: rule.tag === undefined ? undefined : { tagKey: rule.tag.key, tagValue: rule.tag.value },
        inputParameters: rule.parameters === undefined ? undefined : JSON.stringify(rule.parameters),
        dependsOn: [props.recorder],
      });
    }
  }
}
