import { instanceClass } from "../../../../config/instance-classes";
import { PerformanceDashboard } from "../../../../constructs/stage1/db/performance-dashboard";
import { PostgresLogs } from "../../../../constructs/stage1/db/postgres-logs";
import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import { TEST_ACCOUNT, synth } from "../../../support";
import { monitoringOf } from "./support";

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: { readonly horizontal: readonly { readonly label: string; readonly value: number }[] };
  };
}

const stack = synth((scope) => {
  describeSystem(scope, databaseFacts({ environment: "dev", account: TEST_ACCOUNT, owner: "Andong" }));
  const monitoring = monitoringOf(scope);
  const log = new LogGroup(scope, "Log", { monitoring, name: "/aws/rds/instance/opsdx-test-db/postgresql" });
  const database = { name: "db", identifier: "opsdx-test-db", log };
  const { alarms } = new PostgresLogs(scope, "Logs", { monitoring, ...database });
  new PerformanceDashboard(scope, "Dashboard", {
    monitoring,
    region: "us-east-1",
    databases: [{ ...database, shape: instanceClass("db.m7g.large"), alarms }],
  });
});
const { widgets } = JSON.parse(String(stack.one("aws_cloudwatch_dashboard").body["dashboard_body"])) as {
  widgets: readonly Widget[];
};
const titled = (title: string) => widgets.find(({ properties }) => properties.title === title);

describe("PerformanceDashboard", () => {
  it("is the wiki's OpsDX Performance", () => {
    expect(stack.one("aws_cloudwatch_dashboard").body["dashboard_name"]).toBe("opsdx-test-performance");
    expect(widgets[0]?.properties.markdown).toMatch(/^# OpsDX Performance\n/);
  });

  it("draws every metric that has an alarm", () => {
    const drawn = widgets.flatMap(({ properties }) => properties.metrics ?? []).map(([, name]) => name);
    expect(drawn).toEqual(
      expect.arrayContaining([
        "CPUUtilization",
        "FreeStorageSpace",
        "FreeableMemory",
        "DatabaseConnections",
        "ReadLatency",
        "WriteLatency",
        "DBLoad",
        "MaximumUsedTransactionIDs",
        "DiskQueueDepth",
        "db-fatal",
        "db-canceled",
      ]),
    );
  });

  it("marks the limits of the class", () => {
    expect(titled("db: connections")?.properties.annotations?.horizontal).toEqual([{ label: "maximum", value: 901 }]);
    expect(titled("db: active sessions")?.properties.annotations?.horizontal).toEqual([
      { label: "virtual CPUs", value: 2 },
    ]);
  });
});
