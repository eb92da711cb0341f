import { Construct } from "../../shared/cdktf";
import type { Alarm } from "../../shared/observability/alarm";
import {
  Dashboard,
  type DashboardRow,
  type DashboardWidget,
  type GraphWidget,
} from "../../shared/observability/dashboard";
import type { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { maxConnections, memoryBytes, type InstanceClass } from "../../../config/instance-classes";
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
  /** Allocated storage in GiB. */
  readonly allocatedStorageGib: number;
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

const GIB = 1024 ** 3;

/** The wiki's "OpsDX Performance": for each database its alarms, what it does, what it has left, and its slow statements. */
export class PerformanceDashboard extends Construct {
  /** The dashboard's name in AWS. */
  public readonly dashboardName: string;

  public constructor(scope: Construct, id: string, props: PerformanceDashboardProps) {
    super(scope, id);
    this.dashboardName = new Dashboard(this, "Resource", {
      name: `${props.monitoring.namePrefix}-performance`,
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
  const { allocatedStorageGib, identifier, shape } = database;
  const graph = (
    title: string,
    metrics: Readonly<Record<string, string>>,
    marks?: GraphWidget["marks"],
  ): DashboardWidget => ({
    kind: "graph",
    title: `${database.name}: ${title}`,
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
        graph("CPU", { CPUUtilization: "Average" }, [{ label: "page", value: 90 }]),
        graph("active sessions", { DBLoad: "Average", DBLoadCPU: "Average", DBLoadNonCPU: "Average" }, [
          { label: "virtual CPUs", value: shape.vcpus },
        ]),
        graph("connections", { DatabaseConnections: "Maximum" }, [{ label: "maximum", value: maxConnections(shape) }]),
        graph("free memory", { FreeableMemory: "Average" }, [
          { label: "15 %", value: Math.floor(memoryBytes(shape) * 0.15) },
        ]),
      ],
    },
    {
      widgets: [
        graph("latency", { ReadLatency: "p90", WriteLatency: "p90" }, [{ label: "20 ms", value: 0.02 }]),
        graph("operations", { ReadIOPS: "Average", WriteIOPS: "Average", DiskQueueDepth: "Average" }),
        graph("throughput", { ReadThroughput: "Average", WriteThroughput: "Average" }),
        graph("free storage", { FreeStorageSpace: "Minimum" }, [
          { label: "10 %", value: Math.floor(allocatedStorageGib * GIB * 0.1) },
        ]),
      ],
    },
    {
      widgets: [
        graph("oldest transaction", { MaximumUsedTransactionIDs: "Maximum" }, [
          { label: "page", value: 1_000_000_000 },
        ]),
        {
          kind: "graph",
          title: `${database.name}: log events`,
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
