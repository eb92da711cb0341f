import type { Phase } from "./recorded";

interface TypeOperations {
  /** What refreshing asks for. */
  readonly read: readonly string[];
  /** What making and changing asks for beside. */
  readonly write: readonly string[];
  /** What destroying asks for beside. */
  readonly destroy: readonly string[];
}

const tags = (service: string) => [`${service}:TagResource`, `${service}:UntagResource`];

/**
 * Operations of the types that the emulator cannot make, and so cannot tell of. By the provider's code:
 * https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/internal/service
 */
export const LEFT_OUT: Readonly<Record<string, TypeOperations>> = {
  aws_accessanalyzer_analyzer: {
    read: ["access-analyzer:GetAnalyzer", "access-analyzer:ListTagsForResource"],
    write: ["access-analyzer:CreateAnalyzer", "access-analyzer:UpdateAnalyzer", ...tags("access-analyzer")],
    destroy: ["access-analyzer:DeleteAnalyzer"],
  },
  aws_backup_restore_testing_plan: {
    read: ["backup:GetRestoreTestingPlan", "backup:ListTags"],
    write: [
      "backup:CreateRestoreTestingPlan",
      "backup:TagResource",
      "backup:UntagResource",
      "backup:UpdateRestoreTestingPlan",
    ],
    destroy: ["backup:DeleteRestoreTestingPlan"],
  },
  aws_backup_restore_testing_selection: {
    read: ["backup:GetRestoreTestingSelection"],
    write: ["backup:CreateRestoreTestingSelection", "backup:UpdateRestoreTestingSelection"],
    destroy: ["backup:DeleteRestoreTestingSelection"],
  },
  aws_backup_selection: {
    read: ["backup:GetBackupSelection"],
    write: ["backup:CreateBackupSelection"],
    destroy: ["backup:DeleteBackupSelection"],
  },
  aws_backup_vault_policy: {
    read: ["backup:GetBackupVaultAccessPolicy"],
    write: ["backup:PutBackupVaultAccessPolicy"],
    destroy: ["backup:DeleteBackupVaultAccessPolicy"],
  },
  aws_budgets_budget: {
    read: [
      "budgets:DescribeBudget",
      "budgets:DescribeNotificationsForBudget",
      "budgets:DescribeSubscribersForNotification",
      "budgets:ListTagsForResource",
    ],
    write: [
      "budgets:CreateBudget",
      "budgets:CreateNotification",
      "budgets:DeleteNotification",
      "budgets:UpdateBudget",
      ...tags("budgets"),
    ],
    destroy: ["budgets:DeleteBudget"],
  },
  aws_ce_anomaly_monitor: {
    read: ["ce:GetAnomalyMonitors", "ce:ListTagsForResource"],
    write: ["ce:CreateAnomalyMonitor", "ce:UpdateAnomalyMonitor", ...tags("ce")],
    destroy: ["ce:DeleteAnomalyMonitor"],
  },
  aws_ce_anomaly_subscription: {
    read: ["ce:GetAnomalySubscriptions", "ce:ListTagsForResource"],
    write: ["ce:CreateAnomalySubscription", "ce:UpdateAnomalySubscription", ...tags("ce")],
    destroy: ["ce:DeleteAnomalySubscription"],
  },
  aws_cloudwatch_composite_alarm: {
    read: ["monitoring:DescribeAlarms", "monitoring:ListTagsForResource"],
    write: ["monitoring:PutCompositeAlarm", ...tags("monitoring")],
    destroy: ["monitoring:DeleteAlarms"],
  },
  aws_cloudwatch_query_definition: {
    read: ["logs:DescribeQueryDefinitions"],
    write: ["logs:PutQueryDefinition"],
    destroy: ["logs:DeleteQueryDefinition"],
  },
  aws_codebuild_source_credential: {
    read: ["codebuild:ListSourceCredentials"],
    write: ["codebuild:ImportSourceCredentials"],
    destroy: ["codebuild:DeleteSourceCredentials"],
  },
  aws_codebuild_webhook: {
    read: ["codebuild:BatchGetProjects"],
    write: ["codebuild:CreateWebhook", "codebuild:UpdateWebhook"],
    destroy: ["codebuild:DeleteWebhook"],
  },
  aws_codeconnections_connection: {
    read: ["codeconnections:GetConnection", "codeconnections:ListTagsForResource"],
    write: ["codeconnections:CreateConnection", "codeconnections:TagResource", "codeconnections:UntagResource"],
    destroy: ["codeconnections:DeleteConnection"],
  },
  aws_db_instance_automated_backups_replication: {
    read: ["rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBInstances"],
    write: ["rds:StartDBInstanceAutomatedBackupsReplication"],
    destroy: ["rds:StopDBInstanceAutomatedBackupsReplication"],
  },
  aws_ebs_default_kms_key: {
    read: ["ec2:GetEbsDefaultKmsKeyId"],
    write: ["ec2:ModifyEbsDefaultKmsKeyId"],
    destroy: ["ec2:ResetEbsDefaultKmsKeyId"],
  },
  aws_ebs_snapshot_block_public_access: {
    read: ["ec2:GetSnapshotBlockPublicAccessState"],
    write: ["ec2:EnableSnapshotBlockPublicAccess"],
    destroy: ["ec2:DisableSnapshotBlockPublicAccess"],
  },
  aws_ec2_image_block_public_access: {
    read: ["ec2:GetImageBlockPublicAccessState"],
    write: ["ec2:EnableImageBlockPublicAccess"],
    destroy: ["ec2:DisableImageBlockPublicAccess"],
  },
  aws_ec2_instance_metadata_defaults: {
    read: ["ec2:GetInstanceMetadataDefaults"],
    write: ["ec2:ModifyInstanceMetadataDefaults"],
    destroy: ["ec2:ModifyInstanceMetadataDefaults"],
  },
  aws_efs_file_system_policy: {
    read: ["elasticfilesystem:DescribeFileSystemPolicy"],
    write: ["elasticfilesystem:PutFileSystemPolicy"],
    destroy: ["elasticfilesystem:DeleteFileSystemPolicy"],
  },
  aws_efs_replication_configuration: {
    read: ["elasticfilesystem:DescribeReplicationConfigurations"],
    write: ["elasticfilesystem:CreateReplicationConfiguration"],
    destroy: ["elasticfilesystem:DeleteReplicationConfiguration"],
  },
  aws_elasticache_parameter_group: {
    read: [
      "elasticache:DescribeCacheParameterGroups",
      "elasticache:DescribeCacheParameters",
      "elasticache:ListTagsForResource",
    ],
    write: [
      "elasticache:AddTagsToResource",
      "elasticache:CreateCacheParameterGroup",
      "elasticache:ModifyCacheParameterGroup",
      "elasticache:RemoveTagsFromResource",
      "elasticache:ResetCacheParameterGroup",
    ],
    destroy: ["elasticache:DeleteCacheParameterGroup"],
  },
  aws_elasticache_subnet_group: {
    read: ["elasticache:DescribeCacheSubnetGroups", "elasticache:ListTagsForResource"],
    write: [
      "elasticache:AddTagsToResource",
      "elasticache:CreateCacheSubnetGroup",
      "elasticache:ModifyCacheSubnetGroup",
      "elasticache:RemoveTagsFromResource",
    ],
    destroy: ["elasticache:DeleteCacheSubnetGroup"],
  },
  aws_elasticache_user_group: {
    read: ["elasticache:DescribeUserGroups", "elasticache:ListTagsForResource"],
    write: [
      "elasticache:AddTagsToResource",
      "elasticache:CreateUserGroup",
      "elasticache:ModifyUserGroup",
      "elasticache:RemoveTagsFromResource",
    ],
    destroy: ["elasticache:DeleteUserGroup"],
  },
  aws_macie2_classification_export_configuration: {
    read: ["macie2:GetClassificationExportConfiguration"],
    write: ["macie2:PutClassificationExportConfiguration"],
    destroy: ["macie2:PutClassificationExportConfiguration"],
  },
  aws_macie2_classification_job: {
    read: ["macie2:DescribeClassificationJob"],
    write: ["macie2:CreateClassificationJob", ...tags("macie2")],
    destroy: ["macie2:UpdateClassificationJob"],
  },
  aws_route53_hosted_zone_dnssec: {
    read: ["route53:GetDNSSEC"],
    write: ["route53:EnableHostedZoneDNSSEC", "route53:GetChange"],
    destroy: ["route53:DisableHostedZoneDNSSEC"],
  },
  aws_route53_key_signing_key: {
    read: ["route53:GetDNSSEC"],
    write: ["route53:ActivateKeySigningKey", "route53:CreateKeySigningKey", "route53:GetChange"],
    destroy: ["route53:DeactivateKeySigningKey", "route53:DeleteKeySigningKey"],
  },
  aws_route53_query_log: {
    read: ["route53:GetQueryLoggingConfig"],
    write: ["route53:CreateQueryLoggingConfig"],
    destroy: ["route53:DeleteQueryLoggingConfig"],
  },
  aws_route53_resolver_query_log_config: {
    read: ["route53resolver:GetResolverQueryLogConfig", "route53resolver:ListTagsForResource"],
    write: ["route53resolver:CreateResolverQueryLogConfig", ...tags("route53resolver")],
    destroy: ["route53resolver:DeleteResolverQueryLogConfig"],
  },
  aws_route53_resolver_query_log_config_association: {
    read: ["route53resolver:GetResolverQueryLogConfigAssociation"],
    write: ["route53resolver:AssociateResolverQueryLogConfig"],
    destroy: ["route53resolver:DisassociateResolverQueryLogConfig"],
  },
  aws_s3_account_public_access_block: {
    read: ["s3control:GetPublicAccessBlock"],
    write: ["s3control:PutPublicAccessBlock"],
    destroy: ["s3control:DeletePublicAccessBlock"],
  },
  aws_securityhub_account: {
    read: ["securityhub:DescribeHub"],
    write: ["securityhub:EnableSecurityHub", "securityhub:UpdateSecurityHubConfiguration"],
    destroy: ["securityhub:DisableSecurityHub"],
  },
  aws_securityhub_standards_subscription: {
    read: ["securityhub:GetEnabledStandards"],
    write: ["securityhub:BatchEnableStandards"],
    destroy: ["securityhub:BatchDisableStandards"],
  },
  aws_ssm_maintenance_window_target: {
    read: ["ssm:DescribeMaintenanceWindowTargets"],
    write: ["ssm:RegisterTargetWithMaintenanceWindow", "ssm:UpdateMaintenanceWindowTarget"],
    destroy: ["ssm:DeregisterTargetFromMaintenanceWindow"],
  },
  aws_ssm_maintenance_window_task: {
    read: ["ssm:GetMaintenanceWindowTask"],
    write: ["ssm:RegisterTaskWithMaintenanceWindow", "ssm:UpdateMaintenanceWindowTask"],
    destroy: ["ssm:DeregisterTaskFromMaintenanceWindow"],
  },
  aws_ssm_patch_baseline: {
    read: ["ssm:GetPatchBaseline", "ssm:ListTagsForResource"],
    write: [
      "ssm:AddTagsToResource",
      "ssm:CreatePatchBaseline",
      "ssm:RemoveTagsFromResource",
      "ssm:UpdatePatchBaseline",
    ],
    destroy: ["ssm:DeletePatchBaseline"],
  },
  aws_ssm_patch_group: {
    read: ["ssm:DescribePatchGroups"],
    write: ["ssm:RegisterPatchBaselineForPatchGroup"],
    destroy: ["ssm:DeregisterPatchBaselineForPatchGroup"],
  },
};

/** What a type that the emulator cannot make asks for in a phase. */
export function leftOutOperations(type: string, phase: Phase): readonly string[] {
  const { read, write, destroy } = LEFT_OUT[type] ?? { read: [], write: [], destroy: [] };
  return { plan: read, apply: [...read, ...write], change: [...read, ...write], destroy: [...read, ...destroy] }[phase];
}
