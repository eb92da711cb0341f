import { BackupPlan } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { BackupVaultLockConfiguration } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import type { DatabaseConfig } from "../../../config/schema/database";
import { groundStack } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { policyDocument, serviceTrust } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import type { Step } from "../../shared/observability/steps";
import type { PostgresInstance } from "./postgres-instance";

/** Properties of {@link SnapshotPlan}. */
export interface SnapshotPlanProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** Name after the environment's prefix, for example `dw`: the vault, the plan and the role carry it. */
  readonly name: string;
  /** The instance. */
  readonly instance: PostgresInstance;
  /** When, and for how long. */
  readonly snapshots: DatabaseConfig["snapshots"];
  /** Key of the vault. RDS snapshots stay under the key of their instance. */
  readonly keyArn: string;
  /** Keep the vault when it still holds snapshots. @default true */
  readonly deletionProtection?: boolean;
}

/** Days of {@link DatabaseConfig}'s rhythms in AWS's cron. */
const CRON_DAYS = { "half-week": "? * WED,SAT *", month: "1 * ? *" } as const;

/** Days that the vault keeps every snapshot against deletion. */
const MIN_RETENTION_DAYS = 7;

const DAY_SECONDS = 24 * 3600;

/**
 * Snapshots of one database by AWS Backup, in a vault of its own, with a role that can do nothing else.
 *
 * The vault is locked in governance mode: nobody deletes a snapshot in its first week but those who may remove the lock.
 * Compliance mode could not be undone by anyone, AWS included, while a mistaken retention of PHI would stay for good.
 *
 * Age of the last snapshot: an alarm looks back seven days at most, so a weekly rhythm would leave it empty for as long as
 * one job ends later than the last, every week. Twice a week leaves a finished job in every seven days, hence "none in seven
 * days" is always a fault and no snapshot is ever eight days old unnoticed. A job that fails or never starts has alarms of its own.
 */
export class SnapshotPlan extends Construct {
  /** Every alarm of the plan. */
  public readonly alarms: readonly Alarm[];
  /** ARN of the vault. */
  public readonly vaultArn: string;
  private readonly vaultName: string;

  public constructor(scope: Construct, id: string, props: SnapshotPlanProps) {
    super(scope, id);
    const { instance, monitoring, snapshots } = props;
    const name = `${monitoring.namePrefix}-${props.name}`;
    const [hours = "", minutes = ""] = snapshots.startUtc.split(":");
    this.vaultName = name;

    const vault = new BackupVault(this, "Vault", {
      name,
      kmsKeyArn: props.keyArn,
      forceDestroy: props.deletionProtection === false,
    });
    this.vaultArn = vault.arn;
    if (props.deletionProtection !== false) {
      new BackupVaultLockConfiguration(this, "VaultLock", {
        backupVaultName: vault.name,
        minRetentionDays: MIN_RETENTION_DAYS,
      });
    }
    const plan = new BackupPlan(this, "Resource", {
      name,
      rule: [
        {
          ruleName: snapshots.every,
          targetVaultName: vault.name,
          schedule: `cron(${Number(minutes)} ${Number(hours)} ${CRON_DAYS[snapshots.every]})`,
          startWindow: 60,
          completionWindow: 480,
          lifecycle: { deleteAfter: snapshots.keepDays },
        },
      ],
    });
    new BackupSelection(this, "Selection", {
      name,
      planId: plan.id,
      iamRoleArn: this.role(`${name}-backup`, props),
      resources: [instance.arn],
    });
    this.alarms = this.makeAlarms(props);
  }

  /**
   * What AWS Backup needs for snapshots of this instance, cut down from its own managed policy.
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
   */
  private role(roleName: string, { account, instance, keyArn }: SnapshotPlanProps): string {
    const snapshots = `arn:aws:rds:${account.region}:${account.id}:snapshot:awsbackup:*`;
    const role = new IamRole(this, "Role", {
      name: roleName,
      description: `AWS Backup takes snapshots of ${instance.identifier}`,
      assumeRolePolicy: serviceTrust("backup.amazonaws.com", account.id),
    });
    const policy = new IamPolicy(this, "Policy", {
      name: roleName,
      description: `Snapshots of ${instance.identifier}`,
      policy: policyDocument(
        {
          sid: "TakeSnapshots",
          actions: ["rds:CreateDBSnapshot", "rds:AddTagsToResource", "rds:ListTagsForResource"],
          resources: [instance.arn, snapshots],
        },
        {
          sid: "KeepSnapshots",
          actions: ["rds:CopyDBSnapshot", "rds:DeleteDBSnapshot", "rds:ModifyDBSnapshotAttribute"],
          resources: [snapshots],
        },
        {
          sid: "Look",
          actions: ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"],
          // These two list, so they have no resource to narrow to but the account's.
          resources: [
            `arn:aws:rds:${account.region}:${account.id}:db:*`,
            `arn:aws:rds:${account.region}:${account.id}:snapshot:*`,
          ],
        },
        {
          sid: "File",
          actions: ["backup:DescribeBackupVault", "backup:CopyIntoBackupVault"],
          resources: [`arn:aws:backup:${account.region}:${account.id}:backup-vault:${this.vaultName}`],
        },
        { sid: "ReadKey", actions: ["kms:DescribeKey"], resources: [keyArn] },
        {
          sid: "LendKey",
          actions: ["kms:CreateGrant"],
          resources: [keyArn],
          conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
        },
      ),
    });
    new IamRolePolicyAttachment(this, "RolePolicy", { role: role.name, policyArn: policy.arn });
    return role.arn;
  }

  private makeAlarms({ account, instance, monitoring, name, snapshots }: SnapshotPlanProps): readonly Alarm[] {
    const dimensions = { BackupVaultName: this.vaultName, ResourceType: "RDS" };
    const list = aws(
      `backup list-backup-jobs --by-backup-vault-name ${this.vaultName} --query "BackupJobs[:5].[CreationDate,State,StatusMessage]" --output table`,
    );
    const take: Step = [
      "Take a snapshot by hand:",
      aws(
        `backup start-backup-job --backup-vault-name ${this.vaultName} --resource-arn arn:aws:rds:${account.region}:${account.id}:db:${instance.identifier} --iam-role-arn arn:aws:iam::${account.id}:role/${this.vaultName}-backup --lifecycle DeleteAfterDays=${snapshots.keepDays}`,
      ),
    ];
    const job = (id: string, alarm: string, metric: string, what: string, step: Step): Alarm =>
      new Alarm(this, id, {
        monitoring,
        name: `${name}-${alarm}`,
        kind: alarm,
        of: { database: name },
        intent: `A snapshot of ${instance.identifier} ${what}: the next restore may lose more than planned.`,
        severity: "ticket",
        steps: [["See why:", list], step, take],
        metric: { namespace: "AWS/Backup", name: metric, dimensions, statistic: "Sum" },
        comparison: ">",
        threshold: 0,
        periodSeconds: 3600,
        periods: 1,
        missingData: "notBreaching",
      });
    const jobs = [
      job("SnapshotFailed", "snapshot-failed", "NumberOfBackupJobsFailed", "failed", [
        `An access error means that the role ${this.vaultName}-backup or the key lost a permission: compare with the code.`,
        cdktf("diff", groundStack(monitoring.environment)),
      ]),
      job("SnapshotExpired", "snapshot-expired", "NumberOfBackupJobsExpired", "did not start within its hour", [
        "The instance was busy:",
        aws(`rds describe-events --source-identifier ${instance.identifier} --source-type db-instance --duration 1440`),
      ]),
    ];
    if (snapshots.every !== "half-week") return jobs;
    return [
      ...jobs,
      new Alarm(this, "SnapshotAge", {
        monitoring,
        name: `${name}-snapshot-age`,
        kind: "snapshot-age",
        of: { database: name },
        intent: `No snapshot of ${instance.identifier} was finished in seven days, and it has no other backup: what was loaded since cannot be restored.`,
        severity: "ticket",
        steps: [
          take,
          ["See why the plan made none:", list],
          "The alarm clears by itself within an hour of a finished job.",
        ],
        metric: { namespace: "AWS/Backup", name: "NumberOfBackupJobsCompleted", dimensions, statistic: "Sum" },
        comparison: "<",
        threshold: 1,
        periodSeconds: DAY_SECONDS,
        periods: 7,
        missingData: "breaching",
      }),
    ];
  }
}
