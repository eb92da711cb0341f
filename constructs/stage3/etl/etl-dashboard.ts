import { Construct } from "../../shared/cdktf";
import type { Alarm } from "../../shared/observability/alarm";
import type { ClusterLogs } from "../../shared/observability/cluster-logs";
import { Dashboard } from "../../shared/observability/dashboard";
import {
  alarmRows,
  dashboardTitle,
  rowsOf,
  type DashboardLine,
  type DashboardRow,
  type DashboardUnit,
  type GraphWidget,
} from "../../shared/observability/dashboard-model";
import { writesMetrics } from "../../shared/observability/metric-sources";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { ETL_QUERIES } from "./etl-logs";
import { ETL_DIMENSION, ETL_NAMESPACE, FUNCTION_METRICS } from "./etl-names";
import { runbookLink } from "../../shared/observability/system";

/** Properties of {@link EtlDashboard}. */
export interface EtlDashboardProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Region of the metrics. */
  readonly region: string;
  /** The ETLs, with the seconds after which a run is killed. */
  readonly deadlines: Readonly<Record<string, number>>;
  /** Every alarm of the ETLs. */
  readonly alarms: readonly Alarm[];
  /** The clusters' log groups. */
  readonly clusterLogs: ClusterLogs;
  /** The ETLs whose freshness is looked at. */
  readonly watched: readonly string[];
}

/** The dashboard `opsdx-<env>-etl`, the wiki's "OpsDX Dev ETL": what ran, what is late, what failed. */
export class EtlDashboard extends Construct {
  public constructor(scope: Construct, id: string, props: EtlDashboardProps) {
    super(scope, id);
    const { clusterLogs, deadlines, monitoring } = props;
    writesMetrics(this, ETL_NAMESPACE, FUNCTION_METRICS);
    const logGroups = Object.values(clusterLogs.groups);
    const logs = ({ title, query }: { readonly title: string; readonly query: readonly string[] }) =>
      ({ kind: "logs", title, logGroups, query }) as const;
    const line = (etl: string, name: string, statistic: string, label = name): DashboardLine => ({
      namespace: ETL_NAMESPACE,
      name,
      dimensions: { [ETL_DIMENSION]: etl },
      statistic,
      label,
    });
    const perEtl = (
      title: string,
      unit: DashboardUnit,
      lines: (etl: string) => readonly DashboardLine[],
      marks?: (deadlineSeconds: number) => GraphWidget["marks"],
    ): DashboardRow[] =>
      rowsOf(
        Object.entries(deadlines).map(([etl, deadline]) => ({
          kind: "graph",
          title: `${etl}: ${title}`,
          unit,
          periodSeconds: 900,
          alarms: props.alarms,
          lines: lines(etl),
          marks: marks?.(deadline),
        })),
      );
    new Dashboard(this, "Resource", {
      name: `${monitoring.namePrefix}-etl`,
      title: dashboardTitle(monitoring.environment, "ETL"),
      region: props.region,
      rows: [
        {
          height: 2,
          widgets: [{ kind: "text", markdown: `# ETLs\n[Runbook](${runbookLink(monitoring, "etl")})` }],
        },
        ...alarmRows("Alarms", props.alarms),
        ...(props.watched.length === 0
          ? []
          : [
              {
                widgets: [
                  {
                    kind: "graph" as const,
                    title: "seconds since the last success",
                    unit: "seconds" as const,
                    periodSeconds: 300,
                    alarms: props.alarms,
                    lines: props.watched.map((etl) => line(etl, "SecondsSinceSuccess", "Maximum", etl)),
                  },
                ],
              },
            ]),
        ...perEtl("runs", "count", (etl) => [line(etl, "RunSucceeded", "Sum"), line(etl, "RunFailed", "Sum")]),
        ...perEtl(
          "duration in seconds",
          "seconds",
          (etl) => [line(etl, "RunDuration", "p90", "p90"), line(etl, "RunDuration", "p50", "p50")],
          (deadline) => [{ label: "deadline", value: deadline }],
        ),
        ...perEtl("rows", "count", (etl) => [line(etl, "RowsLoaded", "Sum")]),
        ...perEtl("launches", "count", (etl) =>
          ["Launched", "Skipped", "Duplicate", "LaunchFailed"].map((name) => line(etl, name, "Sum")),
        ),
        { widgets: [logs(ETL_QUERIES.lastSuccess), logs(ETL_QUERIES.errorsByStage)] },
        { widgets: [logs(ETL_QUERIES.slowestTasks), logs(ETL_QUERIES.rowsByTable)] },
      ],
    });
  }
}
