import type { MetricsQuery, LogsQuery } from "@grafana/grafana-foundation-sdk/cloudwatch";
import type { DataSourceRef, GraphFieldConfig } from "@grafana/grafana-foundation-sdk/common";
import type {
  AnnotationQuery,
  AnnotationTarget,
  Dashboard,
  DashboardLink,
  FieldConfig,
  Panel,
  Threshold,
  VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery as PrometheusQuery } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Options as StatOptions } from "@grafana/grafana-foundation-sdk/stat";
import type { Options as TableOptions } from "@grafana/grafana-foundation-sdk/table";
import type { Options as TextOptions } from "@grafana/grafana-foundation-sdk/text";
import type { Options as GraphOptions } from "@grafana/grafana-foundation-sdk/timeseries";
import {
  marksOf,
  placed,
  type DashboardMark,
  type DashboardUnit,
  type DeclaredDashboard,
  type GrafanaWidget,
  type Placed,
  type PromWidget,
} from "./dashboard-model";

/**
 * The library's types as they stand in JSON: its enumerations by their values. Its builders are never loaded, which would take a
 * synth 250 modules; a test compares what they build.
 */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? number
    : T extends (infer Item)[]
      ? readonly Json<Item>[]
      : T extends object
        ? { readonly [Key in keyof T as Key extends "_implementsDataqueryVariant" ? never : Key]: Json<T[Key]> }
        : T;

/** A panel whose queries and options are those of the kinds that this file makes. */
type GrafanaPanel = Json<Omit<Panel, "targets" | "options">> & {
  readonly options: Json<GraphOptions | StatOptions | TableOptions | TextOptions>;
  readonly targets?: readonly GrafanaQuery[];
};

type GrafanaQuery = Json<LogsQuery | MetricsQuery | PrometheusQuery>;

/** A dashboard as Grafana reads it from a file. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- the schema that every Grafana reads from files
export type GrafanaModel = Json<Omit<Dashboard, "annotations" | "panels">> & {
  readonly annotations: { readonly list: readonly (typeof LOAD_TESTS)[] };
  readonly panels: readonly GrafanaPanel[];
};

/** Uids of the data sources, which never change: dashboards name them. */
export const DATA_SOURCES = {
  /** CloudWatch of the environment's account. */
  cloudwatch: "cloudwatch",
  /** Prometheus of a cluster, by the cluster's short name. */
  prometheus: (cluster: string): string => `prometheus-${cluster}`,
  /** One of the databases, by its name. */
  postgres: (database: string): string => `postgres-${database}`,
} as const;

/** What the dashboards of an environment share. */
export interface GrafanaContext {
  /** Log group of the alarms' changes. */
  readonly alarmLogGroup: string;
  /** The account that logs are in. */
  readonly accountId: string;
  /** The hospital's time zone: IANA name. */
  readonly timeZone: string;
  /** Short names of the clusters; the first is asked unless the reader chooses another. */
  readonly clusters: readonly string[];
}

/** Grafana's names of units. @see https://github.com/grafana/grafana/blob/v12.1.0/packages/grafana-data/src/valueFormats/categories.ts */
const UNITS: Readonly<Record<DashboardUnit, string>> = {
  bytes: "bytes",
  "bytes per second": "binBps",
  cores: "short",
  count: "short",
  milliseconds: "ms",
  "operations per second": "iops",
  percent: "percent",
  ratio: "percentunit",
  seconds: "s",
};

/** Tag of every dashboard of this program, by which they link to each other. */
const TAG = "opsdx";
/** Name of the variable that holds the chosen cluster's data source. */
const CLUSTER = "cluster";
/** Version of the model, as the library's own builder writes it. */
const SCHEMA_VERSION = 42;
/** How far back the state of an alarm is looked for; what has been red for longer is in CloudWatch only. */
const STATES_SINCE = "30d";

/** Notes of load tests, in every graph: runs look like clinicians. The data source is Grafana's own, which holds notes. */
const LOAD_TESTS = {
  name: "Load tests",
  datasource: { type: "grafana", uid: "-- Grafana --" },
  enable: true,
  iconColor: "blue",
  target: { limit: 100, matchAny: false, tags: ["load"], type: "tags" },
} satisfies Json<Omit<AnnotationQuery, "target">> & { readonly target: Json<AnnotationTarget> };

const CLOUDWATCH: Json<DataSourceRef> = { type: "cloudwatch", uid: DATA_SOURCES.cloudwatch };

/** A declared dashboard as Grafana reads it: read-only, in the hospital's time, with UTC as a second axis of every graph. */
export function grafanaModel(dashboard: DeclaredDashboard, context: GrafanaContext): GrafanaModel {
  const widgets = placed(dashboard.rows);
  return {
    uid: dashboard.name,
    title: dashboard.title,
    tags: [TAG],
    timezone: context.timeZone,
    editable: false,
    // The same instant is marked in every graph.
    graphTooltip: 1,
    schemaVersion: SCHEMA_VERSION,
    time: { from: "now-24h", to: "now" },
    // A refresh asks CloudWatch, which takes a cent for a thousand metrics.
    refresh: "5m",
    templating: { list: widgets.some(asksChosenCluster) ? [clusterVariable(context.clusters)] : [] },
    annotations: { list: [LOAD_TESTS] },
    links: [link("Dashboards", undefined)],
    panels: widgets.map((widget, index) => {
      const { height: h, width: w, x, y } = widget;
      return { id: index + 1, gridPos: { h, w, x, y }, ...panel(widget, dashboard, context) };
    }),
  };
}

const asksChosenCluster = (widget: GrafanaWidget): boolean => widget.kind === "prom" && widget.cluster === undefined;

function clusterVariable(clusters: readonly string[]): Json<VariableModel> {
  const [first = ""] = clusters;
  return {
    type: "datasource",
    name: CLUSTER,
    label: "Cluster",
    query: "prometheus",
    regex: `/^Prometheus (${clusters.join("|")})$/`,
    current: { text: dataSourceName(first), value: DATA_SOURCES.prometheus(first) },
    refresh: 1,
  };
}

/** What people see of a cluster's data source. */
export function dataSourceName(cluster: string): string {
  return `Prometheus ${cluster}`;
}

function link(title: string, url: string | undefined): Json<DashboardLink> {
  return {
    title,
    type: url === undefined ? "dashboards" : "link",
    url,
    icon: "external link",
    tooltip: "",
    tags: url === undefined ? [TAG] : [],
    asDropdown: url === undefined,
    targetBlank: url !== undefined,
    includeVars: false,
    keepTime: url === undefined,
  };
}

function panel(
  widget: Placed<GrafanaWidget>,
  { region }: DeclaredDashboard,
  context: GrafanaContext,
): Omit<GrafanaPanel, "id" | "gridPos"> {
  switch (widget.kind) {
    case "text":
      return { type: "text", options: { mode: "markdown", content: widget.markdown } };
    case "graph": {
      const marks = marksOf(widget);
      const { lines, periodSeconds = 60 } = widget;
      return graph({ ...widget, marks }, context.timeZone, {
        datasource: CLOUDWATCH,
        targets: lines.map((line, index) => ({
          ...metricsQuery(index, region),
          namespace: line.namespace,
          metricName: line.name,
          dimensions: line.dimensions ?? {},
          matchExact: true,
          statistic: line.statistic,
          // A sum over another span of time is another number; of the rest the time range decides.
          period: /^(Sum|SampleCount)$/.test(line.statistic) ? `${periodSeconds}` : "",
          label: line.label ?? line.name,
        })),
        right: lines.flatMap(({ label, name, rightAxis }) => (rightAxis === true ? [label ?? name] : [])),
      });
    }
    case "search": {
      const { periodSeconds = 300, search, statistic, unit = "count" } = widget;
      return graph({ ...widget, unit }, context.timeZone, {
        datasource: CLOUDWATCH,
        targets: [
          {
            ...metricsQuery(0, region),
            metricEditorMode: 1,
            namespace: "",
            expression: `SEARCH('${search}', '${statistic}', ${periodSeconds})`,
          },
        ],
      });
    }
    case "prom":
      return widget.figures === true
        ? figures(widget.title, {
            ...prometheus(widget, true),
            defaults: { unit: UNITS[widget.unit], ...colours(redFrom(widget.marks)) },
          })
        : graph(widget, context.timeZone, prometheus(widget, false));
    case "alarms":
      return states(widget.title, region, context, [
        `filter alarm in [${widget.alarms.map(({ alarmName }) => JSON.stringify(alarmName)).join(", ")}]`,
        ONLY_RED,
      ]);
    case "states":
      return states(
        widget.title,
        region,
        context,
        {
          alarms: ["filter alarm not like /-health$/", ONLY_RED],
          systems: ["filter alarm like /-health$/"],
        }[widget.of],
      );
    case "logs":
      return table(
        widget.title,
        region,
        context,
        widget.logGroups.map(({ plainName }) => plainName),
        widget.query,
      );
  }
}

/** The answer of a query of logs. */
function table(
  title: string,
  region: string,
  { accountId }: GrafanaContext,
  logGroups: readonly string[],
  query: readonly string[],
): GrafanaPanel {
  return {
    type: "table",
    title,
    datasource: CLOUDWATCH,
    options: { frameIndex: 0, showHeader: true, showTypeIcons: false, cellHeight: "sm" },
    targets: [
      {
        refId: refId(0),
        id: "q0",
        queryMode: "Logs",
        region,
        expression: query.join("\n| "),
        statsGroups: [],
        logGroups: logGroups.map((name) => ({
          arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*`,
          name,
          accountId,
        })),
      },
    ],
  };
}

const ONLY_RED = 'filter state = "ALARM"';

/** The newest state of alarms, red ones first, each with the way to CloudWatch, where its runbook is. */
function states(title: string, region: string, context: GrafanaContext, filters: readonly string[]): GrafanaPanel {
  const [which = "", ...newest] = filters;
  return {
    ...table(
      title,
      region,
      context,
      [context.alarmLogGroup],
      [
        "fields detail.alarmName as alarm, detail.state.value as value",
        which,
        "stats latest(value) as state, latest(@timestamp) as since by alarm",
        ...newest,
        "sort state asc, since desc",
      ],
    ),
    timeFrom: STATES_SINCE,
    fieldConfig: {
      defaults: { noValue: "nothing is red" },
      overrides: [
        {
          matcher: { id: "byName", options: "state" },
          properties: [
            { id: "custom.cellOptions", value: { type: "color-background" } },
            {
              id: "mappings",
              value: [
                {
                  type: "value",
                  options: { ALARM: { color: RED }, OK: { color: "green" }, INSUFFICIENT_DATA: { color: "gray" } },
                },
              ],
            },
          ],
        },
        {
          matcher: { id: "byName", options: "alarm" },
          properties: [
            {
              id: "links",
              value: [
                link(
                  "CloudWatch",
                  `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/\${__data.fields.alarm}`,
                ),
              ],
            },
          ],
        },
      ],
    },
  };
}

/** What every query of CloudWatch has. */
function metricsQuery(index: number, region: string) {
  return { refId: refId(index), id: `q${index}`, queryMode: "Metrics", region, metricQueryType: 0 } as const;
}

/** A to Z, then A1 and so on. */
function refId(index: number): string {
  const round = Math.floor(index / 26);
  return `${String.fromCharCode(65 + (index % 26))}${round === 0 ? "" : round}`;
}

function prometheus({ cluster, queries }: PromWidget, instant: boolean) {
  return {
    datasource: { type: "prometheus", uid: cluster === undefined ? `$${CLUSTER}` : DATA_SOURCES.prometheus(cluster) },
    targets: queries.map(({ expression, legend }, index) => ({
      refId: refId(index),
      expr: expression,
      legendFormat: legend,
      editorMode: "code" as const,
      instant,
      range: !instant,
    })),
  };
}

interface Asked {
  readonly datasource: Json<DataSourceRef>;
  readonly targets: readonly GrafanaQuery[];
}

function graph(
  widget: {
    readonly title: string;
    readonly unit: DashboardUnit;
    readonly marks?: readonly DashboardMark[];
    readonly stacked?: boolean;
  },
  timeZone: string,
  { right = [], ...asked }: Asked & { readonly right?: readonly string[] },
): GrafanaPanel {
  const { marks = [], stacked = false, title, unit } = widget;
  const custom: Json<Partial<GraphFieldConfig>> = {
    drawStyle: "line",
    lineWidth: 1,
    fillOpacity: stacked ? 30 : 0,
    // A period without data is a gap, but one point alone is still seen.
    showPoints: "auto",
    spanNulls: false,
    axisSoftMin: 0,
    axisLabel: unit === "cores" ? unit : undefined,
    stacking: { mode: stacked ? "normal" : "none", group: "A" },
    thresholdsStyle: { mode: marks.length === 0 ? "off" : "dashed" },
  };
  return {
    type: "timeseries",
    title,
    // Grafana writes nothing beside the lines of thresholds.
    description: marks.length === 0 ? undefined : `Dashed: ${marks.map(markText).join(", ")}.`,
    ...asked,
    options: {
      // The first axis is the dashboard's own.
      timezone: [timeZone, "utc"],
      legend: { displayMode: "table", placement: "bottom", showLegend: true, calcs: ["lastNotNull", "max"] },
      tooltip: { mode: "multi", sort: "desc" },
    },
    fieldConfig: {
      defaults: { unit: UNITS[unit], color: { mode: "palette-classic" }, thresholds: lines(marks), custom },
      overrides: right.map((name) => ({
        matcher: { id: "byName", options: name },
        properties: [{ id: "custom.axisPlacement", value: "right" }],
      })),
    },
  };
}

const markText = ({ label, value }: DashboardMark): string => `${label} at ${value}`;

const RED = "red";
const COLOURS: Readonly<Record<string, string>> = { page: RED, ticket: "orange" };

/** Steps are sorted, and the first has no value: it is below all others. */
function lines(marks: readonly DashboardMark[]): NonNullable<Json<FieldConfig>["thresholds"]> {
  const steps = [...marks].sort((a, b) => a.value - b.value);
  return {
    mode: "absolute",
    steps: [
      { value: null, color: "transparent" },
      ...steps.map(({ label, value }) => ({ value, color: COLOURS[label] ?? "blue" })),
    ],
  };
}

function redFrom(marks: readonly DashboardMark[] = []): readonly Json<Threshold>[] {
  return [{ value: null, color: "green" }, ...marks.map(({ value }) => ({ value, color: RED }))];
}

function colours(steps: readonly Json<Threshold>[]): Json<FieldConfig> {
  return { color: { mode: "thresholds" }, thresholds: { mode: "absolute", steps } };
}

function figures(
  title: string,
  { defaults, ...asked }: Asked & { readonly defaults: Json<FieldConfig> },
): GrafanaPanel {
  return {
    type: "stat",
    title,
    ...asked,
    options: {
      graphMode: "none",
      colorMode: "background",
      justifyMode: "auto",
      textMode: "value_and_name",
      wideLayout: false,
      showPercentChange: false,
      percentChangeColorMode: "standard",
      orientation: "auto",
      reduceOptions: { calcs: ["lastNotNull"] },
    },
    fieldConfig: { defaults, overrides: [] },
  };
}
