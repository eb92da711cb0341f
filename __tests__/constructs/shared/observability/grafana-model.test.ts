import * as cloudwatch from "@grafana/grafana-foundation-sdk/cloudwatch";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as text from "@grafana/grafana-foundation-sdk/text";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { Options as GraphOptions } from "@grafana/grafana-foundation-sdk/timeseries";
import { Alarm } from "../../../../constructs/shared/observability/alarm";
import { dashboardsOf, GrafanaDashboard } from "../../../../constructs/shared/observability/dashboard";
import type {
  DashboardRow,
  GraphWidget,
  GrafanaWidget,
} from "../../../../constructs/shared/observability/dashboard-model";
import { grafanaModel, type GrafanaModel } from "../../../../constructs/shared/observability/grafana-model";
import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import type { Construct } from "../../../../constructs/shared/cdktf";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

const CONTEXT = {
  accountId: "444455556666",
  timeZone: "America/New_York",
  clusters: ["k8s", "k8s-ml"],
  alarmLogGroup: "/aws/events/opsdx-test-alarms",
};

/** The model of one dashboard, as JSON: what is undefined is not there. */
function modelOf(rows: (scope: Construct) => readonly DashboardRow<GrafanaWidget>[]): GrafanaModel {
  let model: GrafanaModel | undefined;
  synth((scope) => {
    new GrafanaDashboard(scope, "Board", {
      name: "opsdx-test",
      title: "OpsDX Test",
      region: "us-east-1",
      rows: rows(scope),
    });
    const [declared] = dashboardsOf(scope);
    model = declared && grafanaModel(declared, CONTEXT);
  });
  return JSON.parse(JSON.stringify(model)) as GrafanaModel;
}

const panelOf = (widget: (scope: Construct) => GrafanaWidget) =>
  modelOf((scope) => [{ widgets: [widget(scope)] }]).panels[0];

const cpu: GraphWidget = {
  kind: "graph",
  title: "CPU",
  unit: "percent",
  lines: [
    { namespace: "AWS/RDS", name: "CPUUtilization", dimensions: { DBInstanceIdentifier: "db" }, statistic: "p90" },
    { namespace: "OpsDX/Database", name: "db-fatal", statistic: "Sum", label: "FATAL", rightAxis: true },
  ],
  periodSeconds: 300,
  marks: [{ label: "page", value: 90 }],
};

/** What a builder builds, as JSON. */
const plain = (builder: { readonly build: () => object }) =>
  JSON.parse(JSON.stringify(builder.build())) as Readonly<Record<string, unknown>>;

/** What the library's own builders make of the same, and nothing that they leave out. */
describe("what the library's builders make of the same dashboard", () => {
  it("has the dashboard's settings", () => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the schema that every Grafana reads from files
    const builder = new sdk.DashboardBuilder("OpsDX Test")
      .uid("opsdx-test")
      .tags(["opsdx"])
      .timezone("America/New_York")
      .readonly()
      .tooltip(sdk.DashboardCursorSync.Crosshair)
      .time({ from: "now-24h", to: "now" })
      .refresh("5m");
    const { annotations, fiscalYearStartMonth, templating, ...settings } = plain(builder);
    expect([annotations, fiscalYearStartMonth, templating]).toEqual([{}, 0, {}]);
    expect(modelOf(() => [{ widgets: [{ kind: "text", markdown: "x" }] }])).toMatchObject(settings);
  });

  it("shows the notes of load tests, by their tag", () => {
    const [query, ...others] = modelOf(() => [{ widgets: [{ kind: "text", markdown: "x" }] }]).annotations.list;
    expect(others).toEqual([]);
    const { target, ...rest } = query ?? {};
    const builder = new sdk.AnnotationQueryBuilder()
      .name("Load tests")
      .datasource({ type: "grafana", uid: "-- Grafana --" })
      .enable(true)
      .iconColor("blue");
    expect(plain(builder)).toMatchObject(rest);
    expect(target).toEqual({ limit: 100, matchAny: false, tags: ["load"], type: "tags" });
  });

  it("has a graph of CloudWatch", () => {
    const query = (id: string) =>
      new cloudwatch.MetricsQueryBuilder()
        .id(id)
        .queryMode(cloudwatch.QueryMode.Metrics)
        .metricQueryType(cloudwatch.MetricQueryType.Search)
        .region("us-east-1")
        .matchExact(true);
    const builder = new timeseries.PanelBuilder()
      .title("CPU")
      .unit("percent")
      .gridPos({ x: 0, y: 0, w: 24, h: 6 })
      .datasource({ type: "cloudwatch", uid: "cloudwatch" })
      .thresholds(
        new sdk.ThresholdsConfigBuilder().mode(sdk.ThresholdsMode.Absolute).steps([
          { value: null, color: "transparent" },
          { value: 90, color: "red" },
        ]),
      )
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed))
      .timezone(["America/New_York", "utc"])
      .withTarget(
        query("q0")
          .refId("A")
          .namespace("AWS/RDS")
          .metricName("CPUUtilization")
          .dimensions({ DBInstanceIdentifier: "db" })
          .statistic("p90")
          .period("")
          .label("CPUUtilization"),
      )
      .withTarget(
        query("q1")
          .refId("B")
          .namespace("OpsDX/Database")
          .metricName("db-fatal")
          .dimensions({})
          .statistic("Sum")
          .period("300")
          .label("FATAL"),
      )
      .overrideByName("FATAL", [{ id: "custom.axisPlacement", value: "right" }]);
    const { options, repeatDirection, transparent, ...rest } = plain(builder);
    expect([repeatDirection, transparent]).toEqual(["h", false]);
    const { timezone } = options as GraphOptions;
    expect(panelOf(() => cpu)).toMatchObject({ ...rest, options: { timezone } });
  });

  it("has a graph and a figure of Prometheus", () => {
    const target = (query: prometheus.DataqueryBuilder) =>
      plain(
        query.refId("A").expr("sum(up) by (job)").legendFormat("{{job}}").editorMode(prometheus.QueryEditorMode.Code),
      );
    const queries = [{ expression: "sum(up) by (job)", legend: "{{job}}" }];
    const widget = { kind: "prom", title: "Targets", unit: "count", queries } as const;
    expect(panelOf(() => widget)).toMatchObject({
      type: new timeseries.PanelBuilder().build().type,
      datasource: { type: "prometheus", uid: "$cluster" },
      targets: [target(new prometheus.DataqueryBuilder().range())],
    });
    expect(panelOf(() => ({ ...widget, figures: true, cluster: "k8s-ml" }))).toMatchObject({
      type: new stat.PanelBuilder().build().type,
      datasource: { type: "prometheus", uid: "prometheus-k8s-ml" },
      targets: [target(new prometheus.DataqueryBuilder().instant())],
      options: new stat.PanelBuilder()
        .colorMode(common.BigValueColorMode.Background)
        .graphMode(common.BigValueGraphMode.None)
        .textMode(common.BigValueTextMode.ValueAndName)
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
        .wideLayout(false)
        .build().options as unknown,
    });
  });

  it("has logs, as a table", () => {
    const builder = new table.PanelBuilder()
      .title("Errors")
      .datasource({ type: "cloudwatch", uid: "cloudwatch" })
      .withTarget(
        new cloudwatch.LogsQueryBuilder()
          .id("q0")
          .refId("A")
          .queryMode(cloudwatch.QueryMode.Logs)
          .region("us-east-1")
          .expression("fields @message\n| limit 5")
          .statsGroups([])
          .logGroups([
            new cloudwatch.LogGroupBuilder()
              .name("a-log")
              .arn("arn:aws:logs:us-east-1:444455556666:log-group:a-log:*")
              .accountId("444455556666"),
          ]),
      );
    const { targets, title, type } = plain(builder);
    expect(
      panelOf((scope) => ({
        kind: "logs",
        title: "Errors",
        logGroups: [new LogGroup(scope, "Log", { monitoring: monitoringIn(scope), name: "a-log" })],
        query: ["fields @message", "limit 5"],
      })),
    ).toMatchObject({ targets, title, type });
  });

  it("has text", () => {
    const { options, type } = plain(new text.PanelBuilder().mode(text.TextMode.Markdown).content("# Hello"));
    expect(panelOf(() => ({ kind: "text", markdown: "# Hello" }))).toMatchObject({ options, type });
  });
});

describe("grafanaModel", () => {
  it("places panels as CloudWatch does, with ids of their own", () => {
    const { panels } = modelOf(() => [
      { height: 2, widgets: [{ kind: "text", markdown: "# Hello" }] },
      { widgets: [cpu, { ...cpu, title: "More" }] },
    ]);
    expect(panels.map(({ gridPos, id }) => [id, gridPos])).toEqual([
      [1, { x: 0, y: 0, w: 24, h: 2 }],
      [2, { x: 0, y: 2, w: 12, h: 6 }],
      [3, { x: 12, y: 2, w: 12, h: 6 }],
    ]);
  });

  it("marks the threshold of an alarm that reads a line, in the colour of its severity", () => {
    const panel = panelOf((scope) => {
      const monitoring = monitoringIn(scope);
      const alarm = (id: string, metric: string, threshold: number, periodSeconds: number) =>
        new Alarm(scope, id, {
          monitoring,
          name: id.toLowerCase(),
          intent: "It is hot.",
          severity: "ticket",
          steps: ["Cool it."],
          metric: { namespace: "OpsDX/Pump", name: metric, statistic: "Sum" },
          comparison: ">",
          threshold,
          periodSeconds,
          periods: 1,
          missingData: "missing",
        });
      return {
        kind: "graph",
        title: "Heat",
        unit: "count",
        periodSeconds: 300,
        lines: [{ namespace: "OpsDX/Pump", name: "heat", statistic: "Sum" }],
        alarms: [alarm("Hot", "heat", 7, 300), alarm("HotInAMinute", "heat", 2, 60), alarm("Wet", "water", 9, 300)],
      };
    });
    expect(panel?.description).toBe("Dashed: ticket at 7.");
    expect(panel?.fieldConfig?.defaults.thresholds?.steps).toEqual([
      { value: null, color: "transparent" },
      { value: 7, color: "orange" },
    ]);
  });

  it("lets the reader choose a cluster where a panel asks for it", () => {
    const prom = { kind: "prom", title: "Up", unit: "count", queries: [{ expression: "up", legend: "" }] } as const;
    expect(modelOf(() => [{ widgets: [prom] }]).templating.list).toMatchObject([
      { name: "cluster", regex: "/^Prometheus (k8s|k8s-ml)$/", current: { value: "prometheus-k8s" } },
    ]);
    expect(modelOf(() => [{ widgets: [{ ...prom, cluster: "k8s" }] }]).templating.list).toEqual([]);
  });

  it("asks the record of alarms for a month, whatever the dashboard shows", () => {
    expect(panelOf(() => ({ kind: "states", title: "Red now", of: "alarms" }))).toMatchObject({
      timeFrom: "30d",
      targets: [{ logGroups: [{ name: "/aws/events/opsdx-test-alarms" }] }],
    });
  });

  it("refuses a second dashboard of a name, in whichever stack", () => {
    const board = (scope: Construct, id: string) =>
      new GrafanaDashboard(scope, id, {
        name: "opsdx-test",
        title: "OpsDX Test",
        region: "us-east-1",
        rows: [{ widgets: [cpu] }],
      });
    expect(() =>
      synth((scope) => {
        board(scope, "One");
        board(scope, "Two");
      }),
    ).toThrow('test/Two: name must be unique, as it is the dashboard\'s uid, got "opsdx-test", which test/One has');
  });
});
