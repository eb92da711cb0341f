import { targetGraph, trafficGraphs, type HttpTarget } from "./graphs";
import type { Alarm } from "../observability/alarm";
import type { DashboardRow, GrafanaWidget, PromWidget } from "../observability/dashboard-model";

/** What the rows of {@link serviceRows} are made from. */
export interface ServiceRowsProps {
  /** Short name of its cluster. */
  readonly cluster: string;
  /** Its namespace. */
  readonly namespace: string;
  /** Its pods, by a regular expression on their names: `grafana-.*`. */
  readonly pods: string;
  /** Its alarms. */
  readonly alarms: readonly Alarm[];
  /** Its host as the load balancer sees it. @default - it has none */
  readonly target?: HttpTarget;
}

/** What every service on a cluster shows of itself: its alarms, its host, and what its pods use of what they ask for. */
export function serviceRows(props: ServiceRowsProps): readonly DashboardRow<GrafanaWidget>[] {
  const { alarms, cluster, namespace, pods, target } = props;
  const of = `namespace="${namespace}", pod=~"${pods}"`;
  const graph = (title: string, unit: PromWidget["unit"], ...queries: PromWidget["queries"]): PromWidget => ({
    kind: "prom",
    title,
    unit,
    queries,
    cluster,
  });
  return [
    { height: 4, widgets: [{ kind: "alarms", title: "Alarms", alarms }] },
    ...(target === undefined
      ? []
      : [{ widgets: [targetGraph(target, alarms), ...trafficGraphs(target, alarms).slice(0, 3)] }]),
    {
      widgets: [
        graph(
          "Pods: processors",
          "cores",
          {
            expression: `sum by (pod) (rate(container_cpu_usage_seconds_total{container!="", ${of}}[$__rate_interval]))`,
            legend: "{{pod}}",
          },
          {
            expression: `max(sum by (pod) (kube_pod_container_resource_requests{resource="cpu", ${of}}))`,
            legend: "asked for",
          },
        ),
        graph(
          "Pods: memory",
          "bytes",
          {
            expression: `sum by (pod) (container_memory_working_set_bytes{container!="", ${of}})`,
            legend: "{{pod}}",
          },
          {
            expression: `max(sum by (pod) (kube_pod_container_resource_limits{resource="memory", ${of}}))`,
            legend: "limit",
          },
        ),
        graph("Pods: ready", "count", {
          expression: `sum(kube_pod_status_ready{condition="true", ${of}})`,
          legend: "ready",
        }),
        graph("Pods: restarts in the last hour", "count", {
          expression: `sum by (pod) (increase(kube_pod_container_status_restarts_total{${of}}[1h]))`,
          legend: "{{pod}}",
        }),
      ],
    },
  ];
}
