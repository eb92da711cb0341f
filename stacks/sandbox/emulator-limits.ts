/** A resource type, or one of its arguments, that the emulator does not serve. */
export interface EmulatorLimit {
  /** Terraform resource type. */
  readonly type: string;
  /** Top-level argument that is replaced or dropped. @default - the whole resource is left out */
  readonly argument?: string;
  /** Value used instead, whether the argument is declared or not. @default - the argument is dropped */
  readonly value?: unknown;
  /** What happens otherwise. */
  readonly reason: string;
}

/** An argument that the emulator accepts and then forgets, so that every later plan would set it again. */
export interface EmulatorAmnesia {
  /** Terraform resource type. */
  readonly type: string;
  /** Top-level argument that later plans ignore. */
  readonly argument: string;
  /** What the emulator gives back instead. */
  readonly reason: string;
}

const notImplemented = (type: string, operation: string): EmulatorLimit => ({
  type,
  reason: `moto does not implement ${operation}`,
});

/**
 * What moto 5.2.5, as `tools/sandbox/moto_server.py` starts it, cannot do with AWS provider 5.100.0. Left out of the sandbox's
 * Terraform only, and printed by it.
 */
export const EMULATOR_LIMITS: readonly EmulatorLimit[] = [
  notImplemented("aws_backup_restore_testing_plan", "backup:CreateRestoreTestingPlan"),
  notImplemented("aws_backup_restore_testing_selection", "backup:CreateRestoreTestingSelection"),
  notImplemented("aws_backup_selection", "backup:CreateBackupSelection"),
  notImplemented("aws_backup_vault_policy", "backup:PutBackupVaultAccessPolicy"),
  notImplemented("aws_budgets_budget", "budgets:DescribeSubscribersForNotification"),
  notImplemented("aws_ce_anomaly_monitor", "ce:CreateAnomalyMonitor"),
  notImplemented("aws_ce_anomaly_subscription", "ce:CreateAnomalySubscription"),
  notImplemented("aws_cloudwatch_composite_alarm", "cloudwatch:PutCompositeAlarm"),
  notImplemented("aws_cloudwatch_query_definition", "logs:PutQueryDefinition"),
  notImplemented("aws_codebuild_source_credential", "codebuild:ImportSourceCredentials"),
  notImplemented("aws_codebuild_webhook", "codebuild:CreateWebhook"),
  notImplemented("aws_codeconnections_connection", "codeconnections:CreateConnection"),
  notImplemented("aws_db_instance_automated_backups_replication", "rds:StartDBInstanceAutomatedBackupsReplication"),
  notImplemented("aws_ebs_default_kms_key", "ec2:GetEbsDefaultKmsKeyId"),
  notImplemented("aws_ebs_snapshot_block_public_access", "ec2:EnableSnapshotBlockPublicAccess"),
  notImplemented("aws_ec2_image_block_public_access", "ec2:EnableImageBlockPublicAccess"),
  notImplemented("aws_ec2_instance_metadata_defaults", "ec2:ModifyInstanceMetadataDefaults"),
  notImplemented("aws_efs_file_system_policy", "efs:DeleteFileSystemPolicy"),
  notImplemented("aws_efs_replication_configuration", "efs:CreateReplicationConfiguration"),
  notImplemented("aws_elasticache_parameter_group", "elasticache:CreateCacheParameterGroup"),
  notImplemented("aws_elasticache_subnet_group", "elasticache:DeleteCacheSubnetGroup"),
  notImplemented("aws_elasticache_user_group", "elasticache:CreateUserGroup"),
  notImplemented("aws_macie2_classification_export_configuration", "macie2:PutClassificationExportConfiguration"),
  notImplemented("aws_macie2_classification_job", "macie2:CreateClassificationJob"),
  notImplemented("aws_route53_hosted_zone_dnssec", "route53:EnableHostedZoneDNSSEC"),
  notImplemented("aws_route53_key_signing_key", "route53:CreateKeySigningKey"),
  notImplemented("aws_securityhub_account", "securityhub:UpdateSecurityHubConfiguration"),
  notImplemented("aws_securityhub_standards_subscription", "securityhub:BatchEnableStandards"),
  notImplemented("aws_ssm_maintenance_window_task", "ssm:GetMaintenanceWindowTask"),
  notImplemented("aws_ssm_patch_baseline", "ssm:GetPatchBaseline"),
  {
    type: "aws_backup_vault",
    argument: "force_destroy",
    reason: "moto does not implement backup:ListRecoveryPointsByBackupVault, which a forced destroy asks first",
  },
  {
    type: "aws_db_instance",
    argument: "ca_cert_identifier",
    reason: "moto ignores it when an instance is made, so the provider modifies the instance at once: 80 s more",
  },
  ...["parameter_group_name", "subnet_group_name", "user_group_ids"].map((argument) => ({
    type: "aws_elasticache_replication_group",
    argument,
    reason: "it names what moto cannot make",
  })),
  {
    type: "aws_ssm_maintenance_window_target",
    reason: "moto finds no target of a maintenance window by its id, by which the provider reads it",
  },
  { type: "aws_accessanalyzer_analyzer", reason: "moto has no Access Analyzer" },
  {
    type: "aws_route53_query_log",
    reason: "moto finds the log group only by an ARN that ends in :*, which Route 53 does not ask for",
  },
  {
    type: "aws_route53_resolver_query_log_config",
    reason: "moto looks for the tags of a query log configuration among the resolver endpoints",
  },
  {
    type: "aws_s3_bucket",
    argument: "force_destroy",
    value: true,
    reason: "moto writes access logs, and `sandbox destroy` must be able to delete their bucket",
  },
  {
    type: "aws_s3_account_public_access_block",
    reason: "S3 Control puts the account before the emulator's host name, <account>.127.0.0.1, which does not resolve",
  },
];

const forgets = (type: string, argument: string, reason = "it is not given back"): EmulatorAmnesia => ({
  type,
  argument,
  reason,
});

/** What moto 5.2.5 does not give back. Sent on creation and ignored by later plans, in the sandbox's Terraform only. */
export const EMULATOR_AMNESIA: readonly EmulatorAmnesia[] = [
  forgets("aws_autoscaling_lifecycle_hook", "notification_target_arn", "moto answers an example of its own instead"),
  forgets("aws_autoscaling_lifecycle_hook", "role_arn", "moto answers an example of its own instead"),
  forgets("aws_backup_plan", "tags_all", "ListTags answers none"),
  forgets("aws_backup_vault", "tags_all", "ListTags answers none"),
  forgets("aws_codebuild_project", "concurrent_build_limit"),
  forgets("aws_codebuild_project", "encryption_key", "moto answers the key of S3, and changes no project"),
  forgets("aws_flow_log", "destination_options"),
  forgets("aws_launch_template", "tag_specifications", "the template's own tags come back among them"),
  forgets("aws_vpc_security_group_egress_rule", "description", "it is gone when the rule names another group"),
  forgets("aws_vpc_security_group_ingress_rule", "description", "it is gone when the rule names another group"),
  forgets(
    "aws_s3_bucket_replication_configuration",
    "rule",
    "source_selection_criteria is gone, and delete_marker_replication is Disabled",
  ),
];
