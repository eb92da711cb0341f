import type { PolicyStatement } from "../iam/policy-document";

/**
 * Lets AWS Backup of another account copy RDS snapshots that a key encrypts: its own role there, and nobody else of that account. That
 * role's rights, which AWS writes, let it use a key through RDS only. Snapshots under `aws/rds` cannot be copied to another account.
 *
 * @param sid - start of the statements' ids
 * @param accountId - the account that receives the copies
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceLinkedRolePolicyForBackup.html
 */
export function backupServiceAccess(sid: string, accountId: string): readonly PolicyStatement[] {
  const principals = { AWS: `arn:aws:iam::${accountId}:root` };
  // As a condition: KMS refuses a policy whose principal is a role that does not exist yet, and AWS makes this one with the first copy.
  const itsRole = {
    ArnEquals: {
      "aws:PrincipalArn": `arn:aws:iam::${accountId}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup`,
    },
  };
  return [
    {
      sid: `${sid}Use`,
      actions: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
      resources: ["*"],
      principals,
      conditions: itsRole,
    },
    {
      sid: `${sid}Lend`,
      actions: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      resources: ["*"],
      principals,
      conditions: { ...itsRole, Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}
