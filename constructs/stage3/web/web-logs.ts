import { Construct } from "../../shared/cdktf";
import { LogGroup } from "../../shared/observability/log-group";
import { MetricFilter } from "../../shared/observability/metric-filter";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { SavedQuery } from "../../shared/observability/saved-query";

/** Properties of {@link WebLogs}. */
export interface WebLogsProps {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** CloudWatch namespace of the service's own metrics. */
  readonly metricNamespace: string;
}

/** The file that `awslogs get opsdx-<env>-k8s-logs kubernetes/default/trews/rest/api -q log > web-pod.log` makes. */
export const POD_LOG = "web-pod.log";

/** Name of the log group of the service's events: the wiki's, which has the environment last. */
export function webLogGroup(environment: string): string {
  return `opsdx-web-logs-${environment}`;
}

const only = (key: string, value: string): string => `grep -E '"${key}": ?"${value}"' ${POD_LOG}`;
const percentiles = (source: string): string =>
  `${only("source", source)} | grep -oE '"latency_ms": ?[0-9.]+' | grep -oE '[0-9.]+$' | sort -n | ` +
  `awk '{v[NR]=$1} END {if (NR) print "p50", v[int(NR*0.5+0.999)], "p95", v[int(NR*0.95+0.999)], "p99", v[int(NR*0.99+0.999)], "of", NR}'`;

/** What the wiki left open as "grep on pod logs": answers from a downloaded `web-pod.log`, without AWS. */
export const OFFLINE_ANSWERS = {
  serverLatency: percentiles("server"),
  userLatency: percentiles("browser"),
  cacheHits: `grep -oE '"cache": ?"(hit|miss)"' ${POD_LOG} | awk '/hit/ {h++} END {if (NR) printf "%.1f%% of %d\\n", 100*h/NR, NR}'`,
} as const;

const PERCENTILES =
  "stats pct(latency_ms, 50) as p50, pct(latency_ms, 95) as p95, pct(latency_ms, 99) as p99, count(*) as n";

/** The same answers from CloudWatch, and what one asks next; the title is the saved query's name. */
export const WEB_QUERIES = {
  serverLatency: {
    id: "ServerLatency",
    title: "server latency",
    query: ['filter source = "server" and ispresent(latency_ms)', `${PERCENTILES} by route, bin(5m)`, "sort p99 desc"],
  },
  userLatency: {
    id: "UserLatency",
    title: "user latency",
    query: ['filter source = "browser" and ispresent(latency_ms)', `${PERCENTILES} by route, bin(5m)`, "sort p99 desc"],
  },
  cacheHits: {
    id: "CacheHits",
    title: "cache hits",
    query: [
      'filter cache in ["hit", "miss"]',
      'fields strcontains(cache, "hit") as hit',
      "stats sum(hit) / count(*) * 100 as hit_percent, count(*) as n by bin(5m)",
    ],
  },
  topRoutes: {
    id: "TopRoutes",
    title: "top routes",
    query: [
      'filter source = "server"',
      "stats count(*) as requests, pct(latency_ms, 95) as p95 by route",
      "sort requests desc",
      "limit 25",
    ],
  },
  errors: {
    id: "Errors",
    title: "errors",
    query: [
      "filter status >= 500",
      "stats count(*) as failures, latest(@timestamp) as last by route, status",
      "sort failures desc",
      "limit 50",
    ],
  },
} as const satisfies Readonly<Record<string, { id: string; title: string; query: readonly string[] }>>;

/**
 * The log group `opsdx-web-logs-<env>`, into which trews-rest-api writes one JSON event per request that it served (`source` =
 * `server`) and per timing that a browser reports (`browser`), in the stream `monitoring`:
 * `{"source", "route", "status", "latency_ms", "cache"}`. The same lines are in the pods' log. `cache` is `hit` or `miss`, and
 * absent where no cache was asked.
 */
export class WebLogs extends Construct {
  /** The service's events. */
  public readonly logGroup: LogGroup;

  public constructor(scope: Construct, id: string, props: WebLogsProps) {
    super(scope, id);
    const { metricNamespace: namespace, monitoring } = props;
    this.logGroup = new LogGroup(this, "LogGroup", { monitoring, name: webLogGroup(monitoring.environment) });
    const filter = (filterId: string, pattern: string, name: string) => ({
      id: filterId,
      props: { name, logGroup: this.logGroup, pattern, metric: { namespace, name } },
    });
    for (const { id: filterId, props: counter } of [
      filter("CacheHits", '{ $.cache = "hit" }', "CacheHits"),
      filter("CacheMisses", '{ $.cache = "miss" }', "CacheMisses"),
      filter("ServerErrors", '{ $.source = "server" && $.status >= 500 }', "ServerErrors"),
    ]) {
      new MetricFilter(this, filterId, counter);
    }
    const latency = filter("Latency", "{ $.latency_ms >= 0 && $.source = * }", "LatencyMs");
    new MetricFilter(this, latency.id, { ...latency.props, value: "$.latency_ms", dimensions: { Source: "$.source" } });
    for (const { id: queryId, title, query } of Object.values(WEB_QUERIES)) {
      new SavedQuery(this, `Query${queryId}`, {
        name: `${monitoring.namePrefix}/web/${title}`,
        logGroups: [this.logGroup],
        query,
      });
    }
  }
}
