import * as fc from "fast-check";
import { Alarm } from "../../../../constructs/shared/observability/alarm";
import { Dashboard } from "../../../../constructs/shared/observability/dashboard";
import type { DashboardRow, DashboardWidget } from "../../../../constructs/shared/observability/dashboard-model";
import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

interface Placed {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

function widgetsOf(rows: readonly DashboardRow[], name = "opsdx-test"): readonly Placed[] {
  const stack = synth((scope) => {
    new Dashboard(scope, "Board", { name, title: "OpsDX Test", region: "us-east-1", rows });
  });
  const body = String(stack.one("aws_cloudwatch_dashboard", { dashboard_name: name }).body["dashboard_body"]);
  return (JSON.parse(body) as { widgets: readonly Placed[] }).widgets;
}

const text: DashboardWidget = { kind: "text", markdown: "# Hello" };
const graph: DashboardWidget = {
  kind: "graph",
  title: "CPU",
  unit: "percent",
  lines: [
    { namespace: "AWS/RDS", name: "CPUUtilization", dimensions: { DBInstanceIdentifier: "db" }, statistic: "p90" },
    { namespace: "OpsDX/Database", name: "db-fatal", statistic: "Sum", label: "FATAL", rightAxis: true },
  ],
  marks: [{ label: "page", value: 90 }],
};

describe("Dashboard", () => {
  it("draws every metric that a search finds", () => {
    const search: DashboardWidget = {
      kind: "search",
      title: "API",
      search: "{OpsDX,API}",
      statistic: "p95",
      periodSeconds: 60,
    };
    expect(widgetsOf([{ widgets: [search] }])[0]).toMatchObject({
      type: "metric",
      properties: { title: "API", metrics: [[{ expression: "SEARCH('{OpsDX,API}', 'p95', 60)" }]] },
    });
  });

  it("lays rows below each other and shares the width of a row", () => {
    expect(
      widgetsOf([{ height: 2, widgets: [text] }, { widgets: [text, text, text] }, { widgets: [text, text] }]).map(
        ({ x, y, width, height }) => [x, y, width, height],
      ),
    ).toEqual([
      [0, 0, 24, 2],
      [0, 2, 8, 6],
      [8, 2, 8, 6],
      [16, 2, 8, 6],
      [0, 8, 12, 6],
      [12, 8, 12, 6],
    ]);
  });

  it("never lets widgets overlap or leave the grid", () => {
    const rows = fc.array(
      fc.record({
        height: fc.integer({ min: 1, max: 20 }),
        widgets: fc.array(fc.constant(text), { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(rows, (layout) => {
        const cells = widgetsOf(layout).flatMap(({ x, y, width, height }) =>
          Array.from(
            { length: width * height },
            (_, cell) => [x + (cell % width), y + Math.floor(cell / width)] as const,
          ),
        );
        expect(new Set(cells.map(String)).size).toBe(cells.length);
        expect(cells.every(([x]) => x < 24)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("draws metrics with their dimensions, statistic, legend and marks", () => {
    expect(widgetsOf([{ widgets: [graph] }])[0]).toMatchObject({
      type: "metric",
      properties: {
        title: "CPU",
        region: "us-east-1",
        period: 60,
        metrics: [
          ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "db", { stat: "p90" }],
          ["OpsDX/Database", "db-fatal", { stat: "Sum", label: "FATAL", yAxis: "right" }],
        ],
        annotations: { horizontal: [{ label: "page", value: 90 }] },
      },
    });
  });

  it("shows the state of alarms and the answer of a query", () => {
    const stack = synth((scope) => {
      const monitoring = monitoringIn(scope);
      const log = new LogGroup(scope, "Log", { monitoring, name: "a-log" });
      const alarm = new Alarm(scope, "Alarm", {
        monitoring,
        name: "pump-hot",
        intent: "It is hot.",
        severity: "ticket",
        steps: ["Cool it."],
        metric: { namespace: "OpsDX/Pump", name: "heat", statistic: "Average" },
        comparison: ">",
        threshold: 1,
        periodSeconds: 60,
        periods: 1,
        missingData: "missing",
      });
      new Dashboard(scope, "Board", {
        name: "pump",
        title: "OpsDX Test Pump",
        region: "us-east-1",
        rows: [
          {
            widgets: [
              { kind: "alarms", title: "Alarms", alarms: [alarm] },
              { kind: "logs", title: "Errors", logGroups: [log], query: ["fields @message", "limit 5"] },
            ],
          },
        ],
      });
    });
    const body = String(stack.one("aws_cloudwatch_dashboard").body["dashboard_body"]);
    const { widgets } = JSON.parse(body) as { widgets: readonly Placed[] };
    const alarm = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-pump-hot" });
    const group = stack.one("aws_cloudwatch_log_group", { name: "a-log" });
    expect(widgets.map(({ type }) => type)).toEqual(["alarm", "log"]);
    expect(widgets[0]?.properties["alarms"]).toEqual([`\${${alarm.address}.arn}`]);
    expect(widgets[1]?.properties["query"]).toBe(`SOURCE '\${${group.address}.name}'\n| fields @message\n| limit 5`);
  });

  it.each([
    ["a b", 'name must be 1 to 40 letters, digits, hyphens and underscores, got "a b"'],
    ["", 'name must be 1 to 40 letters, digits, hyphens and underscores, got ""'],
  ])("refuses the name %j", (name, message) => {
    expect(() => widgetsOf([{ widgets: [text] }], name)).toThrow(`test/Board: ${message}`);
  });

  it.each([0, 5])("refuses a row of %d", (count) => {
    expect(() => widgetsOf([{ widgets: Array.from({ length: count }, () => text) }])).toThrow(
      `test/Board: a row must hold 1 to 4 widgets, got ${count}`,
    );
  });

  it("refuses a graph without lines", () => {
    expect(() => widgetsOf([{ widgets: [{ kind: "graph", title: "Nothing", unit: "count", lines: [] }] }])).toThrow(
      'test/Board: graph "Nothing" must hold 1 to 20 lines, got 0',
    );
  });
});
