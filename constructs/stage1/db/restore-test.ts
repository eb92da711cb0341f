import { BackupRestoreTestingPlan } from "@cdktf/provider-aws/lib/backup-restore-testing-plan";
import { BackupRestoreTestingSelection } from "@cdktf/provider-aws/lib/backup-restore-testing-selection";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { FindingNotification } from "../../shared/audit/finding-notification";
import { Construct } from "../../shared/cdktf";
import { lendKeys } from "../../shared/encryption/lend-key";
import { policyDocument, serviceTrust } from "../../shared/iam/policy-document";
import { AGE_METRICS } from "../../shared/observability/age-metrics";
import { Alarm } from "../../shared/observability/alarm";
import { aws } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";

/** Properties of {@link RestoreTest}. */
export interface RestoreTestProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** ARNs of the databases. */
  readonly databaseArns: readonly string[];
  /** ARNs of the vaults that their snapshots lie in. */
  readonly vaultArns: readonly string[];
  /** Network of the databases. */
  readonly vpcId: string;
  /** Name of the databases' subnet group: its subnets have no way out. */
  readonly subnetGroupName: string;
  /** Key of the snapshots, and of what is restored. */
  readonly keyArn: string;
}

/** How AWS Backup names what it restores for a test. */
const RESTORED = "awsbackup-restore-test-*";
/** Days in which a snapshot must have been taken: monthly ones are at most 31 days old, and a few hours late. */
const WINDOW_DAYS = 35;

/**
 * Days without a restore that succeeded: the longest month and some. They hold for three days, because AWS does not say how long it lists
 * restores (backups, 30 days); what left the list counts from the day that the plan was made, until the next test.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupJobs.html
 */
const OVERDUE_DAYS = 35;

/** Name of the plan: AWS Backup takes letters, digits and underscores here, 50 at most. */
export function restoreTestName(namePrefix: string): string {
  return `${namePrefix.replaceAll("-", "_")}_restore_test`;
}

/**
 * Restores the newest snapshot of each database on the third of every month, and deletes it again: AWS Backup does both. What is restored
 * stands in the databases' own subnets behind a security group without a rule, so nobody reaches it. A test that fails opens a ticket, and so does one that does not run.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
 */
export class RestoreTest extends Construct {
  /** The alarms on a test that never ran, and on a failure that reached nobody. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: RestoreTestProps) {
    super(scope, id);
    const { monitoring } = props;
    const group = new SecurityGroup(this, "Closed", {
      name: `${monitoring.namePrefix}-restore-test`,
      description: "Restored databases under test: nobody may connect",
      vpcId: props.vpcId,
    });
    const plan = new BackupRestoreTestingPlan(this, "Resource", {
      name: restoreTestName(monitoring.namePrefix),
      // After the snapshots of the first day, beside the load and the windows: it asks nothing of the databases themselves.
      scheduleExpression: "cron(0 13 3 * ? *)",
      scheduleExpressionTimezone: "Etc/UTC",
      startWindowHours: 4,
      recoveryPointSelection: [
        {
          algorithm: "LATEST_WITHIN_WINDOW",
          includeVaults: [...props.vaultArns],
          recoveryPointTypes: ["SNAPSHOT"],
          selectionWindowDays: WINDOW_DAYS,
        },
      ],
    });
    new BackupRestoreTestingSelection(this, "Selection", {
      name: "databases",
      restoreTestingPlanName: plan.name,
      protectedResourceType: "RDS",
      protectedResourceArns: [...props.databaseArns],
      iamRoleArn: this.role(props),
      restoreMetadataOverrides: {
        dbSubnetGroupName: props.subnetGroupName,
        // A list stands as JSON in the text.
        vpcSecurityGroupIds: `["${group.id}"]`,
      },
    });
    const failure = new FindingNotification(this, "Failed", {
      monitoring,
      name: "restore-test-failed",
      description: "A restore of AWS Backup failed, a monthly test or another",
      pattern: {
        source: ["aws.backup"],
        "detail-type": ["Restore Job State Change"],
        detail: { status: ["FAILED", "ABORTED"] },
      },
      severity: "ticket",
      values: { job: "$.detail.restoreJobId", status: "$.detail.status", why: "$.detail.statusMessage" },
      message: [
        `A restore in ${monitoring.namePrefix} ended with <status>: <why>. Until one succeeds, nobody knows that the backups can be restored.`,
        "Job <job>. What to do: the runbook's page RDS, Restore tests.",
      ],
    });
    const overdue = new Alarm(this, "Overdue", {
      monitoring,
      name: "restore-test-overdue",
      intent: `No backup of a database was restored for a test in more than ${OVERDUE_DAYS} days: nobody knows that it can be restored.`,
      severity: "ticket",
      steps: [
        "Which database, and what was restored when: the procedure `Restore tests`. One without a line in it had no snapshot in the last 35 days: see the alarms on its snapshots.",
        [
          "When the plan last ran, and what it takes:",
          aws(`backup get-restore-testing-plan --restore-testing-plan-name ${restoreTestName(monitoring.namePrefix)}`),
        ],
        "The tests themselves run on the third of the month only; a restore by hand, as under `Restore from a snapshot`, shows the same sooner, but does not end the alarm.",
      ],
      metric: { namespace: AGE_METRICS.namespace, name: AGE_METRICS.oldestRestoreTest, statistic: "Minimum" },
      comparison: ">",
      threshold: OVERDUE_DAYS,
      periodSeconds: 24 * 3600,
      periods: 3,
      // The function that writes it has an alarm on its silence.
      missingData: "ignore",
    });
    this.alarms = [failure.alarm, overdue];
  }

  /**
   * What AWS Backup needs to restore these databases, cut down from its own managed policy; it can delete nothing but what it restored.
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html
   */
  private role({ account, keyArn, monitoring, subnetGroupName }: RestoreTestProps): string {
    const name = `${monitoring.namePrefix}-restore-test`;
    const rds = `arn:aws:rds:${account.region}:${account.id}`;
    const role = new IamRole(this, "Role", {
      name,
      description: "AWS Backup restores the databases once a month, and deletes what it restored",
      assumeRolePolicy: serviceTrust("backup.amazonaws.com", account.id),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "Restores of the databases, for tests",
      policy: policyDocument(
        {
          sid: "Restore",
          actions: ["rds:RestoreDBInstanceFromDBSnapshot", "rds:AddTagsToResource"],
          resources: [
            `${rds}:db:${RESTORED}`,
            `${rds}:snapshot:awsbackup:*`,
            `${rds}:subgrp:${subnetGroupName}`,
            `${rds}:pg:*`,
            `${rds}:og:*`,
          ],
        },
        { sid: "CleanUp", actions: ["rds:DeleteDBInstance"], resources: [`${rds}:db:${RESTORED}`] },
        {
          sid: "Look",
          actions: ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"],
          // These list, so they have no resource to narrow to but the account's.
          resources: [`${rds}:db:*`, `${rds}:snapshot:*`],
        },
        { sid: "ReadKey", actions: ["kms:DescribeKey"], resources: [keyArn] },
        {
          sid: "UseKey",
          actions: ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
          resources: [keyArn],
          conditions: { StringEquals: { "kms:ViaService": `rds.${account.region}.amazonaws.com` } },
        },
        lendKeys("LendKey", [keyArn]),
      ),
    });
    new IamRolePolicyAttachment(this, "RolePolicy", { role: role.name, policyArn: policy.arn });
    return role.arn;
  }
}
