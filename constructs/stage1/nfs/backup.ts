import { BackupPlan } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { groundStack } from "../../../config/names";
import type { NfsConfig } from "../../../config/schema/nfs";
import { Construct } from "../../shared/cdktf";
import { lendKeys } from "../../shared/encryption/lend-key";
import { policyDocument, serviceTrust } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import { cdktf } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import type { Step } from "../../shared/observability/steps";
import { backupCommands } from "./commands";

/** A vault of AWS Backup. */
export interface Vault {
  /** Its name. */
  readonly name: string;
  /** ARN of the key that it encrypts with: what EFS keeps there is under this key, not under the file system's. */
  readonly keyArn: string;
}

/** Properties of {@link FileBackup}. */
export interface FileBackupProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** When, and for how long. */
  readonly backup: NfsConfig["backup"];
  /** ARN of the file system. */
  readonly fileSystemArn: string;
  /** ARN of its key. */
  readonly keyArn: string;
  /** Where the backups lie. */
  readonly vault: Vault;
}

const DAY_SECONDS = 24 * 3600;

/** A backup of the shared file system every day, with a role that can do nothing else. */
export class FileBackup extends Construct {
  /** The alarms on backups that failed, and on none. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: FileBackupProps) {
    super(scope, id);
    const { backup, fileSystemArn, monitoring, vault } = props;
    const name = `${monitoring.namePrefix}-nfs`;
    const [hours = "", minutes = ""] = backup.startUtc.split(":");
    const plan = new BackupPlan(this, "Resource", {
      name,
      rule: [
        {
          ruleName: "day",
          targetVaultName: vault.name,
          schedule: `cron(${Number(minutes)} ${Number(hours)} ? * * *)`,
          startWindow: 60,
          completionWindow: 480,
          lifecycle: { deleteAfter: backup.keepDays },
        },
      ],
    });
    new BackupSelection(this, "Selection", {
      name,
      planId: plan.id,
      iamRoleArn: this.role(`${name}-backup`, props),
      resources: [fileSystemArn],
    });
    this.alarms = this.makeAlarms(props);
  }

  /**
   * What AWS Backup needs for backups of this file system and for restores beside it, cut down from its own managed policies. Both keys' policies
   * leave it to the account's policies who uses them.
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html
   */
  private role(name: string, { account, fileSystemArn, keyArn, vault }: FileBackupProps): string {
    const role = new IamRole(this, "Role", {
      name,
      description: "AWS Backup backs the shared file system up",
      assumeRolePolicy: serviceTrust("backup.amazonaws.com", account.id),
    });
    const keys = [keyArn, vault.keyArn];
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Backups of the shared file system",
      policy: policyDocument(
        {
          sid: "ReadFiles",
          actions: ["elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"],
          resources: [fileSystemArn],
        },
        {
          // People restore with it, into a file system beside the old one.
          sid: "Restore",
          actions: [
            "elasticfilesystem:CreateFileSystem",
            "elasticfilesystem:DescribeFileSystems",
            "elasticfilesystem:Restore",
            "elasticfilesystem:TagResource",
          ],
          resources: [`arn:aws:elasticfilesystem:${account.region}:${account.id}:file-system/*`],
        },
        {
          sid: "File",
          actions: ["backup:DescribeBackupVault", "backup:CopyIntoBackupVault"],
          resources: [`arn:aws:backup:${account.region}:${account.id}:backup-vault:${vault.name}`],
        },
        {
          // What lies in the vault is under its key, what a restore makes under the file system's. EFS itself uses both, in the role's name.
          sid: "UseKeys",
          actions: [
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
          ],
          resources: keys,
          conditions: { StringEquals: { "kms:ViaService": `elasticfilesystem.${account.region}.amazonaws.com` } },
        },
        { sid: "ReadKeys", actions: ["kms:DescribeKey"], resources: keys },
        lendKeys("LendKeys", keys),
      ),
    });
    new IamRolePolicyAttachment(this, "RolePolicy", { role: role.name, policyArn: policy.arn });
    return role.arn;
  }

  private makeAlarms({ account, backup, monitoring, vault }: FileBackupProps): readonly Alarm[] {
    const { list, take } = backupCommands(monitoring.environment, account, vault.name, backup.keepDays);
    const byHand: Step = ["Take one by hand:", take];
    const metric = (name: string) => ({
      namespace: "AWS/Backup",
      name,
      dimensions: { BackupVaultName: vault.name, ResourceType: "EFS" },
      statistic: "Sum",
    });
    return [
      new Alarm(this, "Failed", {
        monitoring,
        name: "nfs-backup-failed",
        intent: "A backup of the shared file system failed: the next restore may lose more than a day.",
        severity: "ticket",
        steps: [
          ["See why:", list],
          [
            `An access error means that the role ${monitoring.namePrefix}-nfs-backup or a key lost a permission: compare with the code.`,
            cdktf("diff", groundStack(monitoring.environment)),
          ],
          byHand,
        ],
        metric: metric("NumberOfBackupJobsFailed"),
        comparison: ">",
        threshold: 0,
        periodSeconds: 3600,
        periods: 1,
        missingData: "notBreaching",
      }),
      new Alarm(this, "Age", {
        monitoring,
        name: "nfs-backup-age",
        intent:
          "No backup of the shared file system was finished in two days: files that are deleted now are in none. A new environment is in this state until its first one.",
        severity: "ticket",
        steps: [
          byHand,
          ["See why the plan made none:", list],
          "The alarm clears by itself within an hour of a finished job.",
        ],
        metric: metric("NumberOfBackupJobsCompleted"),
        comparison: "<",
        threshold: 1,
        periodSeconds: DAY_SECONDS,
        periods: 2,
        missingData: "breaching",
      }),
    ];
  }
}
