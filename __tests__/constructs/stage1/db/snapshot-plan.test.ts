import { SnapshotPlan, type SnapshotPlanProps } from "../../../../constructs/stage1/db/snapshot-plan";
import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import { synth, TEST_ACCOUNT } from "../../../support";
import { COPY_TARGET, instanceIn, KEY_ARN, monitoringOf } from "./support";

const made = (
  snapshots: SnapshotPlanProps["snapshots"],
  deletionProtection?: boolean,
  copyTarget?: SnapshotPlanProps["copyTarget"],
) =>
  synth((stack) => {
    describeSystem(stack, databaseFacts({ environment: "dev", account: TEST_ACCOUNT, owner: "Andong" }));
    const monitoring = monitoringOf(stack);
    new SnapshotPlan(stack, "Snapshots", {
      monitoring,
      account: TEST_ACCOUNT,
      name: "db",
      instance: instanceIn(stack, monitoring),
      snapshots,
      keyArn: KEY_ARN,
      deletionProtection,
      copyTarget,
    });
  });
const halfWeekly = made({ every: "half-week", startUtc: "04:05", keepDays: 35 });
const monthly = made({ every: "month", startUtc: "23:30", keepDays: 365 });
const ARN = `\${${halfWeekly.one("aws_db_instance").address}.arn}`;

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: object;
}
const policy = JSON.parse(String(halfWeekly.one("aws_iam_policy").body["policy"])) as { Statement: Statement[] };
const statement = (sid: string) => policy.Statement.find(({ Sid }) => Sid === sid);

describe("SnapshotPlan", () => {
  it.each([
    [halfWeekly, "half-week", "cron(5 4 ? * WED,SAT *)", 35],
    [monthly, "month", "cron(30 23 1 * ? *)", 365],
  ])("takes snapshots on schedule", (stack, every, schedule, days) => {
    expect(stack.one("aws_backup_plan").body["rule"]).toEqual([
      {
        rule_name: every,
        target_vault_name: `\${${stack.one("aws_backup_vault").address}.name}`,
        schedule,
        start_window: 60,
        completion_window: 480,
        lifecycle: { delete_after: days },
      },
    ]);
  });

  it("selects this instance and no other", () => {
    expect(halfWeekly.one("aws_backup_selection").body).toMatchObject({
      resources: [ARN],
      iam_role_arn: `\${${halfWeekly.one("aws_iam_role", { name: "opsdx-test-db-backup" }).address}.arn}`,
    });
  });

  it("locks an encrypted vault in governance mode", () => {
    expect(halfWeekly.one("aws_backup_vault").body).toMatchObject({ kms_key_arn: KEY_ARN, force_destroy: false });
    const lock = halfWeekly.one("aws_backup_vault_lock_configuration").body;
    expect(lock["min_retention_days"]).toBe(7);
    expect(lock).not.toHaveProperty("changeable_for_days");
  });

  it("leaves the vault open where nothing is protected", () => {
    const stack = made({ every: "month", startUtc: "04:00", keepDays: 7 }, false);
    expect(stack.ofType("aws_backup_vault_lock_configuration")).toEqual([]);
    expect(stack.one("aws_backup_vault").body["force_destroy"]).toBe(true);
  });

  it("lets only AWS Backup of this account take the role", () => {
    const trust = String(halfWeekly.one("aws_iam_role", { name: "opsdx-test-db-backup" }).body["assume_role_policy"]);
    expect(JSON.parse(trust)).toMatchObject({
      Statement: [
        {
          Principal: { Service: "backup.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": TEST_ACCOUNT.id } },
        },
      ],
    });
  });

  it("may delete its own snapshots and no instance, and lends the key to AWS services alone", () => {
    expect(statement("KeepSnapshots")?.Resource).toEqual(["arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:*"]);
    expect(policy.Statement.flatMap(({ Action }) => Action)).not.toContain("rds:DeleteDBInstance");
    expect(statement("LendKey")?.Condition).toEqual({ Bool: { "kms:GrantIsForAWSResource": "true" } });
    expect(policy.Statement.flatMap(({ Resource }) => Resource)).not.toContain("*");
  });

  it.each([
    ["snapshot-failed", "NumberOfBackupJobsFailed"],
    ["snapshot-expired", "NumberOfBackupJobsExpired"],
  ])("raises %s", (name, metric) => {
    for (const stack of [halfWeekly, monthly]) {
      expect(stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-db-${name}` }).body).toMatchObject({
        namespace: "AWS/Backup",
        metric_name: metric,
        dimensions: { BackupVaultName: "opsdx-test-db", ResourceType: "RDS" },
        statistic: "Sum",
        threshold: 0,
        treat_missing_data: "notBreaching",
      });
    }
  });

  it("raises snapshot-age after seven days without a finished job, within CloudWatch's reach", () => {
    expect(
      halfWeekly.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-db-snapshot-age" }).body,
    ).toMatchObject({
      metric_name: "NumberOfBackupJobsCompleted",
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      period: 86400,
      evaluation_periods: 7,
      datapoints_to_alarm: 7,
      treat_missing_data: "breaching",
    });
  });

  it("does not expect a monthly snapshot every week", () => {
    expect(monthly.ofType("aws_cloudwatch_metric_alarm").map(({ body }) => body["alarm_name"])).not.toContain(
      "opsdx-test-db-snapshot-age",
    );
  });

  describe("with copies", () => {
    const copyAction = [{ destination_vault_arn: COPY_TARGET.vaultArn, lifecycle: { delete_after: 90 } }];
    const copied = (every: "half-week" | "month") =>
      made(
        { every, startUtc: "04:00", keepDays: 365, copies: { every: "half-week", keepDays: 90 } },
        undefined,
        COPY_TARGET,
      );

    it("copies every snapshot to the other account, with a life of its own", () => {
      expect(copied("half-week").one("aws_backup_plan").body["rule"]).toMatchObject([
        { rule_name: "half-week", lifecycle: { delete_after: 365 }, copy_action: copyAction },
      ]);
    });

    it("takes further snapshots where the copies are wanted more often, and keeps those a week", () => {
      expect(copied("month").one("aws_backup_plan").body["rule"]).toMatchObject([
        {
          rule_name: "month",
          schedule: "cron(0 4 1 * ? *)",
          lifecycle: { delete_after: 365 },
          copy_action: copyAction,
        },
        {
          rule_name: "copies",
          schedule: "cron(0 4 ? * WED,SAT *)",
          lifecycle: { delete_after: 7 },
          copy_action: copyAction,
        },
      ]);
    });

    it("may copy to that vault only, and lets only that account copy back", () => {
      const stack = copied("month");
      const statements = stack.statements(String(stack.one("aws_iam_policy").body["policy"])) ?? [];
      expect(statements.find(({ sid }) => sid === "CopyFrom")).toMatchObject({
        actions: ["backup:CopyFromBackupVault"],
        resources: ["arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:*"],
        conditions: { "ForAllValues:ArnEquals": { "backup:CopyTargets": COPY_TARGET.vaultArn } },
      });
      expect(statements.find(({ sid }) => sid === "CopyTo")?.resources).toEqual([COPY_TARGET.vaultArn]);
      const vault = stack.one("aws_backup_vault_policy").body;
      expect(stack.statements(String(vault["policy"]))).toMatchObject([
        {
          effect: "Allow",
          actions: ["backup:CopyIntoBackupVault"],
          principals: { AWS: ["arn:aws:iam::111122223333:root"] },
        },
      ]);
    });
  });
});
