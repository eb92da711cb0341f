import { Construct } from "../../shared/cdktf";
import type { Alarm } from "../../shared/observability/alarm";
import { Dashboard } from "../../shared/observability/dashboard";
import {
  dashboardTitle,
  type DashboardRow,
  type DashboardUnit,
  type DashboardWidget,
  type GraphWidget,
} from "../../shared/observability/dashboard-model";
import type { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { maxConnections, type InstanceClass } from "../../../config/instance-classes";
import { DATABASE_METRICS, LOG_EVENTS, SAVED_QUERIES } from "./postgres-logs";
import { runbookLink } from "../../shared/observability/system";

/** One database on the dashboard. */
export interface DashboardDatabase {
  /** Short name, for example `db`. */
  readonly name: string;
  /** Identifier of the instance, as a plain string. */
  readonly identifier: string;
  /** Instance class. */
  readonly shape: InstanceClass;
  /** PostgreSQL's log. */
  readonly log: LogGroup;
  /** Alarms of the database. */
  readonly alarms: readonly Alarm[];
}

/** Properties of {@link PerformanceDashboard}. */
export interface PerformanceDashboardProps {
  /** What the stack's dashboards share. */
  readonly monitoring: Monitoring;
  /** Region of the databases. */
  readonly region: string;
  /** The databases, from top to bottom. */
  readonly databases: readonly DashboardDatabase[];
}

/** The wiki's "OpsDX Performance": for each database its alarms, what it does, what it has left, and its slow statements. */
export class PerformanceDashboard extends Construct {
  /** The dashboard's name in AWS. */
  public readonly dashboardName: string;

  public constructor(scope: Construct, id: string, props: PerformanceDashboardProps) {
    super(scope, id);
    this.dashboardName = new Dashboard(this, "Resource", {
      name: `${props.monitoring.namePrefix}-performance`,
      title: dashboardTitle(props.monitoring.environment, "Performance"),
      region: props.region,
      rows: [
        {
          height: 2,
          widgets: [
            {
              kind: "text",
              markdown: `# OpsDX Performance\n[Runbook](${runbookLink(props.monitoring, "db")}). Per statement: Database Insights.`,
            },
          ],
        },
        ...props.databases.flatMap(rowsOf),
      ],
    }).dashboardName;
  }
}

function rowsOf(database: DashboardDatabase): readonly DashboardRow[] {
  const { identifier, shape } = database;
  const graph = (
    title: string,
    unit: DashboardUnit,
    metrics: Readonly<Record<string, string>>,
    marks?: GraphWidget["marks"],
  ): DashboardWidget => ({
    kind: "graph",
    title: `${database.name}: ${title}`,
    unit,
    alarms: database.alarms,
    lines: Object.entries(metrics).map(([name, statistic]) => ({
      namespace: "AWS/RDS",
      name,
      dimensions: { DBInstanceIdentifier: identifier },
      statistic,
      label: name,
    })),
    marks,
  });
  return [
    { height: 3, widgets: [{ kind: "alarms", title: `${database.name}: alarms`, alarms: database.alarms }] },
    {
      widgets: [
        graph("CPU", "percent", { CPUUtilization: "Average" }),
        graph("active sessions", "count", { DBLoad: "Average", DBLoadCPU: "Average", DBLoadNonCPU: "Average" }, [
          { label: "virtual CPUs", value: shape.vcpus },
        ]),
        graph("connections", "count", { DatabaseConnections: "Maximum" }, [
          { label: "maximum", value: maxConnections(shape) },
        ]),
        graph("free memory", "bytes", { FreeableMemory: "Average" }),
      ],
    },
    {
      widgets: [
        graph("latency", "seconds", { ReadLatency: "p90", WriteLatency: "p90" }),
        graph("operations", "operations per second", { ReadIOPS: "Average", WriteIOPS: "Average" }),
        graph("waiting for storage", "count", { DiskQueueDepth: "Average" }),
        graph("throughput", "bytes per second", { ReadThroughput: "Average", WriteThroughput: "Average" }),
      ],
    },
    {
      widgets: [
        graph("free storage", "bytes", { FreeStorageSpace: "Minimum" }),
        graph("oldest transaction", "count", { MaximumUsedTransactionIDs: "Maximum" }),
        {
          kind: "graph",
          title: `${database.name}: log events`,
          unit: "count",
          periodSeconds: 300,
          lines: LOG_EVENTS.map((event) => ({
            namespace: DATABASE_METRICS,
            name: `${database.name}-${event.name}`,
            statistic: "Sum",
            label: event.title,
          })),
        },
        {
          kind: "logs",
          title: `${database.name}: slow statements`,
          logGroups: [database.log],
          query: SAVED_QUERIES["slow statements"] ?? [],
        },
      ],
    },
  ];
}
