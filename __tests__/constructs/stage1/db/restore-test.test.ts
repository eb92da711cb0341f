import { stepText } from "../../../support";
import { configured, synthDatabases } from "./support";

const { stack, system } = synthDatabases(configured("prod"));
const address = (type: string, match: Record<string, unknown>) => stack.one(type, match).address;
const roleArn = /^\$\{aws_iam_role\.Db_RestoreTest_Role_\w+\.arn\}$/;

describe("RestoreTest", () => {
  it("restores the newest snapshot of each vault every month, after the monthly snapshots", () => {
    const plan = stack.one("aws_backup_restore_testing_plan").body;
    expect(plan).toMatchObject({
      name: "opsdx_test_restore_test",
      schedule_expression: "cron(0 13 3 * ? *)",
      recovery_point_selection: [
        {
          algorithm: "LATEST_WITHIN_WINDOW",
          include_vaults: ["opsdx-test-db", "opsdx-test-dw", "opsdx-test-services"].map(
            (name) => `\${${address("aws_backup_vault", { name })}.arn}`,
          ),
          recovery_point_types: ["SNAPSHOT"],
          selection_window_days: 35,
        },
      ],
    });
    // What AWS Backup takes for the name of a plan.
    expect(String(plan["name"])).toMatch(/^\w{1,50}$/);
  });

  it("restores the databases into their own subnets, behind a group that lets nobody in or out", () => {
    const group = stack.one("aws_security_group", { name: "opsdx-test-restore-test" });
    const { body } = stack.one("aws_backup_restore_testing_selection");
    expect(body).toMatchObject({
      protected_resource_type: "RDS",
      protected_resource_arns: ["opsdx-test-db", "opsdx-test-dw", "opsdx-test-services"].map(
        (identifier) => `\${${address("aws_db_instance", { identifier })}.arn}`,
      ),
      iam_role_arn: expect.stringMatching(roleArn) as string,
      restore_metadata_overrides: {
        dbSubnetGroupName: `\${${stack.one("aws_db_subnet_group").address}.name}`,
        vpcSecurityGroupIds: `["\${${group.address}.id}"]`,
      },
    });
    expect([group.body["ingress"], group.body["egress"]]).toEqual([undefined, undefined]);
    for (const type of ["aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"]) {
      expect(stack.referring(type, "security_group_id", group)).toEqual([]);
    }
  });

  it("can delete nothing but what it restored, and decrypt with the databases' key only", () => {
    const policy = stack.one("aws_iam_policy", { name: "opsdx-test-restore-test" });
    const statements = stack.statements(String(policy.body["policy"])) ?? [];
    const deletes = statements.filter(({ actions }) => actions.some((action) => action.includes("Delete")));
    expect(deletes.map(({ resources }) => resources)).toEqual([
      ["arn:aws:rds:us-east-1:123456789012:db:awsbackup-restore-test-*"],
    ]);
    const key = `\${${stack.one("aws_kms_alias", { name: "alias/opsdx-test-db" }).body["target_key_id"] as string}`;
    const keys = statements.filter(({ actions }) => actions.some((action) => action.startsWith("kms:")));
    expect(keys).toHaveLength(3);
    for (const { resources } of keys) expect(key).toContain(resources[0]?.slice(2, -".arn}".length));
  });

  it("tells somebody of every restore that fails", () => {
    const rule = stack.one("aws_cloudwatch_event_rule", { name: "opsdx-test-restore-test-failed" });
    expect(JSON.parse(String(rule.body["event_pattern"]))).toEqual({
      source: ["aws.backup"],
      "detail-type": ["Restore Job State Change"],
      detail: { status: ["FAILED", "ABORTED"] },
    });
    const topic = stack.one("aws_sns_topic", { name: "opsdx-test-ticket" }).address;
    const [target] = stack.referring("aws_cloudwatch_event_target", "rule", rule);
    expect(target?.body["arn"]).toBe(`\${${topic}.arn}`);
  });

  it("tells somebody when no test has succeeded for 35 days, as soon as that has held for three", () => {
    expect(
      stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-restore-test-overdue" }).body,
    ).toMatchObject({
      namespace: "OpsDX/Age",
      metric_name: "OldestRestoreTestDays",
      statistic: "Minimum",
      comparison_operator: "GreaterThanThreshold",
      threshold: 35,
      period: 86_400,
      evaluation_periods: 3,
      treat_missing_data: "ignore",
    });
  });

  it("has its steps in the runbook, and RPO and RTO beside them", () => {
    const titles = system?.procedures?.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(["Restore tests", "What a loss costs: RPO and RTO"]));
    const texts = system?.procedures
      ?.flatMap(({ steps }) => steps)
      .map(stepText)
      .join("\n");
    expect(texts).toContain(
      "Its region: minutes of writes, from the copy in us-west-2; how long it takes, nobody has rehearsed.",
    );
  });
});
