import { monitorPeriods, type MonitorsConfig } from "../../../config/schema/monitors";
import { MONITOR_DIMENSION, RUN_METRICS } from "../../../lambdas/behavior-monitor/metrics";
import { OTHER, WHOLE } from "../../../lambdas/behavior-monitor/monitor";
import { Construct } from "../../shared/cdktf";
import type { Alarm } from "../../shared/observability/alarm";
import { Dashboard } from "../../shared/observability/dashboard";
import { alarmRows, dashboardTitle, type DashboardRow } from "../../shared/observability/dashboard-model";
import { writesMetrics } from "../../shared/observability/metric-sources";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { runbookLink } from "../../shared/observability/system";
import { valueMetric } from "./monitor-alarms";
import { BEHAVIOR, MONITORS } from "./names";

/** Properties of {@link MonitorsDashboard}. */
export interface MonitorsDashboardProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Region of the metrics. */
  readonly region: string;
  /** The monitors' settings. */
  readonly config: MonitorsConfig;
  /** Every alarm of the monitors. */
  readonly alarms: readonly Alarm[];
}

/** The dashboard `opsdx-<env>-monitors`: a row for each monitor, with its numbers and how long it takes. */
export class MonitorsDashboard extends Construct {
  public constructor(scope: Construct, id: string, { alarms, config, monitoring, region }: MonitorsDashboardProps) {
    super(scope, id);
    writesMetrics(this, BEHAVIOR, [...Object.keys(config.watched), ...Object.values(RUN_METRICS)]);
    const rows = Object.entries(config.watched).map(([monitor, settings]): DashboardRow => {
      const { proposal, unit, values } = settings;
      const { seconds } = monitorPeriods(settings);
      const run = { namespace: BEHAVIOR, dimensions: { [MONITOR_DIMENSION]: monitor }, statistic: "Maximum" };
      // A graph holds 20 lines: where the list has as many, `other` is seen by its alarm.
      const drawn = values === undefined ? [WHOLE] : [...values, OTHER].slice(0, 20);
      return {
        widgets: [
          {
            kind: "graph",
            title: `${monitor}${proposal ? " (proposal)" : ""}`,
            unit,
            periodSeconds: seconds,
            alarms,
            lines: drawn.map((value) => ({ ...valueMetric(monitor, value, "Average"), label: value })),
          },
          {
            kind: "graph",
            title: `${monitor}: seconds that it takes`,
            unit: "seconds",
            periodSeconds: seconds,
            alarms,
            lines: [
              { ...run, name: RUN_METRICS.seconds, label: "seconds" },
              { ...run, name: RUN_METRICS.failed, label: "failed", rightAxis: true },
            ],
          },
        ],
      };
    });
    new Dashboard(this, "Resource", {
      name: `${monitoring.namePrefix}-${MONITORS}`,
      title: dashboardTitle(monitoring.environment, "Behavior"),
      region,
      rows: [
        {
          height: 2,
          widgets: [{ kind: "text", markdown: `# Behavior monitors\n[Runbook](${runbookLink(monitoring, MONITORS)})` }],
        },
        ...alarmRows("Alarms", alarms),
        ...rows,
      ],
    });
  }
}
