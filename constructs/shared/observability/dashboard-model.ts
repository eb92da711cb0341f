import type { Alarm } from "./alarm";
import type { AlarmMetric } from "./alarm-props";
import type { LogGroup } from "./log-group";

/** What the numbers of a graph are. */
export type DashboardUnit =
  | "bytes"
  | "bytes per second"
  | "count"
  | "cores"
  | "milliseconds"
  | "operations per second"
  | "percent"
  | "ratio"
  | "seconds";

/** One line of a graph. */
export interface DashboardLine extends AlarmMetric {
  /** Name in the legend. @default - CloudWatch's own */
  readonly label?: string;
  /** Draw it against the right axis. @default false */
  readonly rightAxis?: boolean;
}

/** A horizontal line: a limit, or the threshold of an alarm. */
export interface DashboardMark {
  /** What it is. */
  readonly label: string;
  /** Where it is, in the graph's unit. */
  readonly value: number;
}

/** Metrics of CloudWatch over time. */
export interface GraphWidget {
  /** Tells it from other widgets. */
  readonly kind: "graph";
  /** Heading. */
  readonly title: string;
  /** The metrics, a line each. */
  readonly lines: readonly DashboardLine[];
  /** What the numbers are. */
  readonly unit: DashboardUnit;
  /** Length of a period in seconds. @default 60 */
  readonly periodSeconds?: number;
  /** Horizontal lines beside those of `alarms`. @default - none */
  readonly marks?: readonly DashboardMark[];
  /** Alarms: the thresholds of those that read one of its lines are marked. @default - none */
  readonly alarms?: readonly Alarm[];
  /** Lay the lines on top of each other. @default false */
  readonly stacked?: boolean;
}

/** Every metric that a search finds: for names that the program doesn't choose. */
export interface SearchWidget {
  /** Tells it from other widgets. */
  readonly kind: "search";
  /** Heading. */
  readonly title: string;
  /** Schema and terms, for example `{OpsDX,API,Route} Latency`. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html */
  readonly search: string;
  /** Statistic of every metric found. */
  readonly statistic: string;
  /** What the numbers are. @default - they differ */
  readonly unit?: DashboardUnit;
  /** Length of a period in seconds. @default 300 */
  readonly periodSeconds?: number;
}

/** The state of alarms: CloudWatch shows each, Grafana those that are red, and since when. */
export interface AlarmsWidget {
  /** Tells it from other widgets. */
  readonly kind: "alarms";
  /** Heading. */
  readonly title: string;
  /** The alarms whose state it shows. */
  readonly alarms: readonly Alarm[];
}

/** The newest answers of a CloudWatch Logs Insights query. */
export interface LogsWidget {
  /** Tells it from other widgets. */
  readonly kind: "logs";
  /** Heading. */
  readonly title: string;
  /** The log groups that the query reads. */
  readonly logGroups: readonly LogGroup[];
  /** Query, one command a line. */
  readonly query: readonly string[];
}

/** Markdown. */
export interface TextWidget {
  /** Tells it from other widgets. */
  readonly kind: "text";
  /** The text. */
  readonly markdown: string;
}

/** A query in Prometheus' language. */
export interface PromQuery {
  /** The query; `$cluster` and so on stand for the dashboard's variables, `$__rate_interval` for Grafana's own. */
  readonly expression: string;
  /** Name in the legend, for example `{{pod}}`. */
  readonly legend: string;
}

/** Metrics of the clusters' Prometheus: CloudWatch cannot show them. */
export interface PromWidget {
  /** Tells it from other widgets. */
  readonly kind: "prom";
  /** Heading. */
  readonly title: string;
  /** The queries. */
  readonly queries: readonly PromQuery[];
  /** What the numbers are. */
  readonly unit: DashboardUnit;
  /** The newest values as figures, in place of lines over time. @default false */
  readonly figures?: boolean;
  /** Horizontal lines; of figures the values from which they are red. @default - none */
  readonly marks?: readonly DashboardMark[];
  /** Lay the lines on top of each other. @default false */
  readonly stacked?: boolean;
  /** The cluster that is asked. @default - the one that the reader chooses */
  readonly cluster?: string;
}

/** The newest state of all alarms of the environment, or of all its systems. */
export interface StatesWidget {
  /** Tells it from other widgets. */
  readonly kind: "states";
  /** Heading. */
  readonly title: string;
  /** The systems, red or not; or the alarms that are red. */
  readonly of: "systems" | "alarms";
}

/** What both CloudWatch and Grafana show. */
export type DashboardWidget = GraphWidget | SearchWidget | AlarmsWidget | LogsWidget | TextWidget;

/** What Grafana shows. */
export type GrafanaWidget = DashboardWidget | PromWidget | StatesWidget;

/** Widgets side by side, sharing the width evenly. */
export interface DashboardRow<Widget = DashboardWidget> {
  /** Height in grid units; the grid is 24 wide. @default 6 */
  readonly height?: number;
  /** 1, 2, 3 or 4 widgets. */
  readonly widgets: readonly Widget[];
}

/** A dashboard as its system declares it. */
export interface DeclaredDashboard {
  /** Name in CloudWatch, and uid in Grafana: links lead to it. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** Path of the construct that declares it. */
  readonly path: string;
  /** Region that the metrics and logs are read from. */
  readonly region: string;
  /** Rows, from top to bottom. */
  readonly rows: readonly DashboardRow<GrafanaWidget>[];
}

/** A widget in its place on the grid. */
export type Placed<Widget> = Widget & {
  /** Columns from the left. */
  readonly x: number;
  /** Rows from the top. */
  readonly y: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
};

/** Width of the grid, in CloudWatch and in Grafana. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const GRID_WIDTH = 24;
/** Most widgets of a row: more are too narrow to read. */
export const MAX_COLUMNS = 4;
/** Alarms that one widget may show. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const MAX_ALARMS = 100;

/** What people call a dashboard: `OpsDX Dev ETL`. */
export function dashboardTitle(environment: string, what: string): string {
  return `OpsDX ${environment.charAt(0).toUpperCase()}${environment.slice(1)} ${what}`;
}

/** Rows below each other, the widgets of each side by side. */
export function placed<Widget extends object>(rows: readonly DashboardRow<Widget>[]): Placed<Widget>[] {
  let y = 0;
  return rows.flatMap(({ height = 6, widgets }) => {
    const top = y;
    y += height;
    const width = GRID_WIDTH / widgets.length;
    return widgets.map((widget, column) => ({ ...widget, x: column * width, y: top, width, height }));
  });
}

/** As many rows as the widgets need, as even as can be: five make a row of three and a row of two. */
export function rowsOf<Widget>(widgets: readonly Widget[]): DashboardRow<Widget>[] {
  const rows = Math.ceil(widgets.length / MAX_COLUMNS);
  const columns = Math.ceil(widgets.length / rows);
  return Array.from({ length: rows }, (_, row) => ({ widgets: widgets.slice(row * columns, (row + 1) * columns) }));
}

/** The state of alarms, in as many widgets below each other as they need. */
export function alarmRows(title: string, alarms: readonly Alarm[]): DashboardRow[] {
  return Array.from({ length: Math.ceil(alarms.length / MAX_ALARMS) }, (_, part) => ({
    height: 5,
    widgets: [{ kind: "alarms", title, alarms: alarms.slice(part * MAX_ALARMS, (part + 1) * MAX_ALARMS) }],
  }));
}

/** What a graph marks: its own lines, and the thresholds of alarms that read what it draws, as it draws it. */
export function marksOf({ alarms = [], lines, marks = [], periodSeconds = 60 }: GraphWidget): readonly DashboardMark[] {
  const thresholds = alarms.flatMap(({ watch }) =>
    watch !== undefined &&
    lines.some((line) => sameMetric(line, watch.metric)) &&
    // A sum over another span of time is another number.
    (watch.periodSeconds === periodSeconds || !/^(Sum|SampleCount)$/.test(watch.metric.statistic))
      ? [{ label: watch.severity, value: watch.threshold }]
      : [],
  );
  const drawn = new Map([...marks, ...thresholds].map((mark) => [`${mark.label} ${mark.value}`, mark]));
  return [...drawn.values()];
}

function sameMetric(line: AlarmMetric, other: AlarmMetric): boolean {
  const dimensions = Object.entries(line.dimensions ?? {});
  return (
    line.namespace === other.namespace &&
    line.name === other.name &&
    dimensions.length === Object.keys(other.dimensions ?? {}).length &&
    dimensions.every(([name, value]) => other.dimensions?.[name] === value)
  );
}
