import type { Alarm } from "../observability/alarm";
import type { DashboardLine, GraphWidget } from "../observability/dashboard-model";

/** A host's load balancer and target group as CloudWatch names them. */
export interface HttpTarget {
  /** `app/<name>/<id>`. */
  readonly loadBalancerArnSuffix: string;
  /** `targetgroup/<name>/<id>`. */
  readonly targetGroupArnSuffix: string;
}

const line = (dimensions: Readonly<Record<string, string>>, name: string, statistic: string): DashboardLine => ({
  namespace: "AWS/ApplicationELB",
  name,
  dimensions,
  statistic,
  label: statistic.startsWith("p") ? `${name} ${statistic}` : name,
});

const targetDimensions = ({ loadBalancerArnSuffix, targetGroupArnSuffix }: HttpTarget) => ({
  LoadBalancer: loadBalancerArnSuffix,
  TargetGroup: targetGroupArnSuffix,
});

/**
 * How many nodes answer the health check.
 * @param alarms - the host's, whose thresholds are marked
 */
export function targetGraph(target: HttpTarget, alarms: readonly Alarm[]): GraphWidget {
  return {
    kind: "graph",
    title: "Targets",
    unit: "count",
    alarms,
    lines: ["HealthyHostCount", "UnHealthyHostCount"].map((name) => line(targetDimensions(target), name, "Maximum")),
  };
}

/**
 * What a host's load balancer sees of it: requests, failures, response time; connections are those of all its hosts together.
 * @param alarms - the host's, whose thresholds are marked
 */
export function trafficGraphs(target: HttpTarget, alarms: readonly Alarm[]): readonly GraphWidget[] {
  const balancer = { LoadBalancer: target.loadBalancerArnSuffix };
  const host = targetDimensions(target);
  const sums = (names: readonly string[], dimensions: Readonly<Record<string, string>>) =>
    names.map((name) => line(dimensions, name, "Sum"));
  return [
    { kind: "graph", title: "Load balancer: requests", unit: "count", lines: sums(["RequestCount"], host) },
    {
      kind: "graph",
      title: "Load balancer: failures",
      unit: "count",
      lines: [
        ...sums(["HTTPCode_Target_5XX_Count", "HTTPCode_Target_4XX_Count", "TargetConnectionErrorCount"], host),
        ...sums(["HTTPCode_ELB_5XX_Count"], balancer),
      ],
    },
    {
      kind: "graph",
      title: "Load balancer: response time (s)",
      unit: "seconds",
      lines: ["p50", "p95", "p99"].map((statistic) => line(host, "TargetResponseTime", statistic)),
      alarms,
    },
    {
      kind: "graph",
      title: "Load balancer: connections",
      unit: "count",
      lines: sums(["ActiveConnectionCount", "NewConnectionCount", "RejectedConnectionCount"], balancer),
    },
  ];
}
