import { PostgresLogs, SAVED_QUERIES } from "../../../../constructs/stage1/db/postgres-logs";
import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import { TEST_ACCOUNT, synth } from "../../../support";
import { monitoringOf } from "./support";

const stack = synth((scope) => {
  describeSystem(scope, databaseFacts({ environment: "dev", account: TEST_ACCOUNT, owner: "Andong" }));
  const monitoring = monitoringOf(scope);
  const log = new LogGroup(scope, "Log", { monitoring, name: "/aws/rds/instance/opsdx-test-db/postgresql" });
  new PostgresLogs(scope, "Logs", { monitoring, name: "db", identifier: "opsdx-test-db", log });
});
const counted = (name: string) => stack.one("aws_cloudwatch_log_metric_filter", { name }).body;

describe("PostgresLogs", () => {
  it.each([
    ["fatal", "?FATAL ?PANIC"],
    ["deadlock", '"deadlock detected"'],
    ["connection-slots", '"remaining connection slots"'],
    ["out-of-memory", '"out of memory"'],
    ["failed-login", '"password authentication failed"'],
    ["canceled", '"canceling statement"'],
  ])("counts %s", (name, pattern) => {
    expect(counted(name)).toMatchObject({
      pattern,
      metric_transformation: { namespace: "OpsDX/Database", name: `db-${name}`, value: "1", default_value: "0" },
    });
  });

  it.each([
    ["fatal", "Ticket", 20, 300],
    ["deadlock", "Ticket", 5, 900],
    ["connection-slots", "Page", 1, 60],
    ["out-of-memory", "Page", 1, 60],
    ["failed-login", "Page", 10, 300],
  ])("raises an alarm on %s", (name, topic, atLeast, period) => {
    const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-db-${name}` });
    expect(body).toMatchObject({
      namespace: "OpsDX/Database",
      metric_name: `db-${name}`,
      statistic: "Sum",
      comparison_operator: "GreaterThanOrEqualToThreshold",
      threshold: atLeast,
      period,
      treat_missing_data: "notBreaching",
    });
    expect(JSON.stringify(body["alarm_actions"])).toContain(`${topic}Topic`);
  });

  it("raises none on canceled statements, which applications cause on purpose", () => {
    expect(stack.ofType("aws_cloudwatch_metric_alarm").map(({ body }) => body["metric_name"])).not.toContain(
      "db-canceled",
    );
  });

  it("keeps a query for each question of the runbook", () => {
    expect(stack.ofType("aws_cloudwatch_query_definition").map(({ body }) => body["name"])).toEqual(
      [
        "slow statements",
        "lock waits",
        "temporary files",
        "autovacuum",
        "errors",
        "failed logins",
        "connections by user",
        "schema and role changes",
        "who read and wrote what",
      ].map((title) => `opsdx-test/db/${title}`),
    );
  });

  it("starts every query with a command of Logs Insights and reads the database's log", () => {
    for (const [title, query] of Object.entries(SAVED_QUERIES)) {
      for (const command of query) expect(command).toMatch(/^(fields|filter|parse|stats|sort|limit) /);
      expect(
        stack.one("aws_cloudwatch_query_definition", { name: `opsdx-test/db/${title}` }).body["log_group_names"],
      ).toEqual([`\${${stack.one("aws_cloudwatch_log_group").address}.name}`]);
    }
  });

  it("tells reads and writes from changes of the schema in what pgaudit writes", () => {
    const [read, change]: readonly [string, string] = [
      '2026-11-28 10:00:00 UTC:10.0.1.2(5432):ann@opsdx:[77]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.patients,"select * from patients",<not logged>',
      "2026-11-28 10:00:00 UTC:10.0.1.2(5432):ann@opsdx:[77]:LOG:  AUDIT: SESSION,2,1,DDL,CREATE TABLE,TABLE,public.a,create table a (),<not logged>",
    ];
    const [reads, changes] = ["who read and wrote what", "schema and role changes"].map((title) => {
      const pattern = /\/(.*)\//.exec(SAVED_QUERIES[title]?.find((line) => line.startsWith("filter")) ?? "")?.[1];
      return new RegExp(pattern ?? "^nothing$");
    });
    expect([reads?.test(read), reads?.test(change)]).toEqual([true, false]);
    expect([changes?.test(read), changes?.test(change)]).toEqual([false, true]);
    const parse = SAVED_QUERIES["who read and wrote what"]?.find((line) => line.includes("(?<object>"));
    const named = new RegExp(/\/(.*)\//.exec(parse ?? "")?.[1] ?? "^nothing$").exec(read);
    expect(named?.groups).toMatchObject({ class: "READ", command: "SELECT", kind: "TABLE", object: "public.patients" });
  });
});
