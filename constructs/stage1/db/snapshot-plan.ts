import { BackupPlan, type BackupPlanRule } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { BackupVaultLockConfiguration } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import { BackupVaultPolicy } from "@cdktf/provider-aws/lib/backup-vault-policy";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import type { DatabaseConfig } from "../../../config/schema/database";
import { groundStack } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { lendKeys } from "../../shared/encryption/lend-key";
import { policyDocument, serviceTrust, type PolicyStatement } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import type { Step } from "../../shared/observability/steps";
import { refuse } from "../../shared/props-error";
import type { PostgresInstance } from "./postgres-instance";

/** Where copies of snapshots go: a vault of another account. */
export interface CopyTarget {
  /** ARN of the vault. */
  readonly vaultArn: string;
  /** The account that it stands in. */
  readonly accountId: string;
}

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
  /** Where the copies go that the settings ask for. @default - none; wrong where they ask for some */
  readonly copyTarget?: CopyTarget;
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
 * The plan's rules. Where the copies have a rhythm of their own, both rules copy: on a day of both, AWS Backup keeps the snapshot that
 * stays longer.
 */
function rules({ copyTarget, snapshots }: SnapshotPlanProps, targetVaultName: string): BackupPlanRule[] {
  const { copies, every, keepDays, startUtc } = snapshots;
  const [hours = "", minutes = ""] = startUtc.split(":");
  const copyAction =
    copies === undefined || copyTarget === undefined
      ? undefined
      : [{ destinationVaultArn: copyTarget.vaultArn, lifecycle: { deleteAfter: copies.keepDays } }];
  const rule = (ruleName: string, days: keyof typeof CRON_DAYS, deleteAfter: number): BackupPlanRule => ({
    ruleName,
    targetVaultName,
    schedule: `cron(${Number(minutes)} ${Number(hours)} ${CRON_DAYS[days]})`,
    startWindow: 60,
    completionWindow: 480,
    lifecycle: { deleteAfter },
    copyAction,
  });
  return [
    rule(every, every, keepDays),
    ...(copies === undefined || copies.every === every ? [] : [rule("copies", copies.every, MIN_RETENTION_DAYS)]),
  ];
}

/**
 * What the role needs beside to copy to another account.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html (`backup:CopyTargets`)
 */
function copyStatements(snapshots: string, target: CopyTarget | undefined): readonly PolicyStatement[] {
  if (target === undefined) return [];
  return [
    {
      sid: "CopyFrom",
      actions: ["backup:CopyFromBackupVault"],
      resources: [snapshots],
      conditions: { "ForAllValues:ArnEquals": { "backup:CopyTargets": target.vaultArn } },
    },
    { sid: "CopyTo", actions: ["backup:CopyIntoBackupVault"], resources: [target.vaultArn] },
  ];
}

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
  /** Name of the vault. */
  public readonly vaultName: string;

  /** @throws PropsError when the settings ask for copies and there is nowhere to copy to */
  public constructor(scope: Construct, id: string, props: SnapshotPlanProps) {
    super(scope, id);
    const { copyTarget, instance, monitoring, snapshots } = props;
    refuse(this, [
      snapshots.copies !== undefined &&
        copyTarget === undefined &&
        "copyTarget must be given where snapshots.copies is set, got nothing",
    ]);
    const name = `${monitoring.namePrefix}-${props.name}`;
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
    if (snapshots.copies !== undefined && copyTarget !== undefined) {
      // What was copied away can be copied back.
      new BackupVaultPolicy(this, "VaultPolicy", {
        backupVaultName: vault.name,
        policy: policyDocument({
          sid: "CopyBack",
          actions: ["backup:CopyIntoBackupVault"],
          resources: ["*"],
          principals: { AWS: `arn:aws:iam::${copyTarget.accountId}:root` },
        }),
      });
    }
    const plan = new BackupPlan(this, "Resource", { name, rule: rules(props, vault.name) });
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
  private role(roleName: string, { account, copyTarget, instance, keyArn }: SnapshotPlanProps): string {
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
        ...copyStatements(snapshots, copyTarget),
        { sid: "ReadKey", actions: ["kms:DescribeKey"], resources: [keyArn] },
        lendKeys("LendKey", [keyArn]),
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
