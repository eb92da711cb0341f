import { Construct } from "../../shared/cdktf";
import type { HttpTarget } from "../../shared/http/graphs";
import { targetGraph, trafficGraphs } from "../../shared/http/graphs";
import type { Alarm } from "../../shared/observability/alarm";
import { Dashboard } from "../../shared/observability/dashboard";
import { alarmRows, rowsOf, type DashboardWidget } from "../../shared/observability/dashboard-model";
import type { LogGroup } from "../../shared/observability/log-group";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import { runbookLink } from "../../shared/observability/system";
import { REDASH_METRICS, type RedashMetric } from "./alarms";
import { cacheNodes } from "./cache-alarms";
import { REDASH } from "./values";

/** Properties of {@link RedashDashboard}. */
export interface RedashDashboardProps {
  /** What the stack's dashboards share. */
  readonly monitoring: MonitoringContext;
  /** Region of it all. */
  readonly region: string;
  /** Load balancer and target group. */
  readonly target: HttpTarget;
  /** Every alarm of Redash. */
  readonly alarms: readonly Alarm[];
  /** Name of the cache, and how many copies it has. */
  readonly cache: { readonly name: string; readonly replicas: number; readonly slowLog: LogGroup };
}

/** The dashboard of Redash: what people see of it, what it does, and what its queues stand on. */
export class RedashDashboard extends Construct {
  public constructor(scope: Construct, id: string, props: RedashDashboardProps) {
    super(scope, id);
    const { alarms, cache, monitoring, target } = props;
    const log = (title: string, lines: Readonly<Partial<Record<RedashMetric, string>>>): DashboardWidget => ({
      kind: "graph",
      title,
      unit: "count",
      periodSeconds: 300,
      lines: Object.entries(lines).map(([name, label]) => ({
        namespace: REDASH_METRICS,
        name,
        statistic: "Sum",
        label,
      })),
    });
    const node = (title: string, unit: "count" | "percent", metric: string, ofHost = false): DashboardWidget => ({
      kind: "graph",
      title: `Cache: ${title}`,
      unit,
      alarms,
      lines: cacheNodes(cache.name, cache.replicas).map((name) => ({
        namespace: "AWS/ElastiCache",
        name: metric,
        dimensions: { CacheClusterId: name, ...(ofHost && { CacheNodeId: "0001" }) },
        statistic: "Average",
        label: name,
      })),
    });
    new Dashboard(this, "Resource", {
      name: `${monitoring.namePrefix}-${REDASH}`,
      title: "Redash",
      region: props.region,
      rows: [
        {
          height: 2,
          widgets: [{ kind: "text", markdown: `# Redash\n[Runbook](${runbookLink(monitoring, REDASH)})` }],
        },
        ...alarmRows("Alarms", alarms),
        ...rowsOf([targetGraph(target, alarms), ...trafficGraphs(target, alarms)]),
        {
          widgets: [
            log("Queries in 5 minutes", { Queries: "all", FailedQueries: "failed" }),
            log("Looks at workers in 5 minutes", { LooksAtWorkers: "all", LooksAtWaiting: "that found work waiting" }),
            log("Looks for what is due in 5 minutes", { Rounds: "looks" }),
          ],
        },
        {
          widgets: [
            node("memory", "percent", "DatabaseMemoryUsagePercentage"),
            node("processor of the engine", "percent", "EngineCPUUtilization"),
            node("connections", "count", "CurrConnections", true),
          ],
        },
        {
          widgets: [
            {
              kind: "logs",
              title: "Cache: slow commands",
              logGroups: [cache.slowLog],
              query: ["fields @timestamp, @message", "sort @timestamp desc", "limit 20"],
            },
          ],
        },
      ],
    });
  }
}
