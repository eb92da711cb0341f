import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { Construct } from "../cdktf";
import { refuse } from "../props-error";
import type { Alarm, AlarmMetric } from "./alarm";
import type { LogGroup } from "./log-group";

/** One line of a graph. */
export interface DashboardLine extends AlarmMetric {
  /** Name in the legend. @default - CloudWatch's own */
  readonly label?: string;
  /** Draw it against the right axis. @default false */
  readonly rightAxis?: boolean;
}

/** Metrics over time. */
export interface GraphWidget {
  /** Tells it from other widgets. */
  readonly kind: "graph";
  /** Heading. */
  readonly title: string;
  /** The metrics, a line each. */
  readonly lines: readonly DashboardLine[];
  /** Length of a period in seconds. @default 60 */
  readonly periodSeconds?: number;
  /** Horizontal lines, for example an alarm's threshold. @default - none */
  readonly marks?: readonly { readonly label: string; readonly value: number }[];
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
  /** Length of a period in seconds. @default 300 */
  readonly periodSeconds?: number;
}

/** The state of alarms. */
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

/** Anything that stands in a row. */
export type DashboardWidget = GraphWidget | SearchWidget | AlarmsWidget | LogsWidget | TextWidget;

/** Widgets side by side, sharing the width evenly. */
export interface DashboardRow {
  /** Height in grid units; the grid is 24 wide. @default 6 */
  readonly height?: number;
  /** 1, 2, 3 or 4 widgets. */
  readonly widgets: readonly DashboardWidget[];
}

/** Most widgets of a row: more are too narrow to read. */
const MAX_COLUMNS = 4;
/** Alarms that one widget may show. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const MAX_ALARMS = 100;

/** As many rows as the widgets need, as even as can be: five make a row of three and a row of two. */
export function rowsOf(widgets: readonly DashboardWidget[]): DashboardRow[] {
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

/** Properties of {@link Dashboard}. */
export interface DashboardProps {
  /** Name in AWS. */
  readonly name: string;
  /** Region that the metrics and logs are read from. */
  readonly region: string;
  /** Rows, from top to bottom. */
  readonly rows: readonly DashboardRow[];
}

/** Width of CloudWatch's grid. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const GRID_WIDTH = 24;
/** Metrics that one graph may hold; more make it unreadable long before AWS's limit of 500. */
const MAX_LINES = 20;

/** A CloudWatch dashboard made of typed rows: the only way this program makes one. */
export class Dashboard extends Construct {
  /** The dashboard's name in AWS. */
  public readonly dashboardName: string;

  /** @throws PropsError when the name or a row is not what CloudWatch takes */
  public constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    refuse(this, [
      !/^[A-Za-z0-9_-]{1,255}$/.test(props.name) &&
        `name must be letters, digits, hyphens and underscores, got "${props.name}"`,
      ...props.rows.flatMap(({ widgets: row }) => [
        (row.length < 1 || row.length > MAX_COLUMNS) &&
          `a row must hold 1 to ${MAX_COLUMNS} widgets, got ${row.length}`,
        ...row.map(
          (widget) =>
            widget.kind === "graph" &&
            (widget.lines.length < 1 || widget.lines.length > MAX_LINES) &&
            `graph "${widget.title}" must hold 1 to ${MAX_LINES} lines, got ${widget.lines.length}`,
        ),
      ]),
    ]);
    this.dashboardName = props.name;
    const widgets: object[] = [];
    let y = 0;
    for (const { widgets: row, height = 6 } of props.rows) {
      const width = GRID_WIDTH / row.length;
      for (const [column, widget] of row.entries()) {
        widgets.push({ x: column * width, y, width, height, ...render(widget, props.region) });
      }
      y += height;
    }
    new CloudwatchDashboard(this, "Resource", {
      dashboardName: props.name,
      dashboardBody: JSON.stringify({ widgets }),
    });
  }
}

function render(widget: DashboardWidget, region: string): { type: string; properties: object } {
  switch (widget.kind) {
    case "text":
      return { type: "text", properties: { markdown: widget.markdown } };
    case "alarms":
      return { type: "alarm", properties: { title: widget.title, alarms: widget.alarms.map(({ arn }) => arn) } };
    case "logs":
      return {
        type: "log",
        properties: {
          title: widget.title,
          region,
          view: "table",
          query: [...widget.logGroups.map(({ logGroupName }) => `SOURCE '${logGroupName}'`), ...widget.query].join(
            "\n| ",
          ),
        },
      };
    case "search": {
      const { periodSeconds = 300, search, statistic } = widget;
      return {
        type: "metric",
        properties: {
          title: widget.title,
          region,
          view: "timeSeries",
          period: periodSeconds,
          metrics: [[{ expression: `SEARCH('${search}', '${statistic}', ${periodSeconds})` }]],
        },
      };
    }
    case "graph":
      return {
        type: "metric",
        properties: {
          title: widget.title,
          region,
          view: "timeSeries",
          stacked: widget.stacked ?? false,
          period: widget.periodSeconds ?? 60,
          metrics: widget.lines.map((line) => [
            line.namespace,
            line.name,
            ...Object.entries(line.dimensions ?? {}).flat(),
            {
              stat: line.statistic,
              label: line.label,
              yAxis: line.rightAxis === true ? "right" : undefined,
            },
          ]),
          annotations: widget.marks && { horizontal: widget.marks },
        },
      };
  }
}
