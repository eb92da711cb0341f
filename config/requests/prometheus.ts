import { cpuMillis, memoryMib } from "../node-capacity";
import type { PrometheusConfig } from "../schema/prometheus";
import type { PodRequest } from "../schema/workload";
import type { StandingPods } from "./standing-pods";

/**
 * What the pods beside Prometheus itself ask for; memory is their limit, too. Estimates, until a cluster has run for a day
 * (docs/decisions/0042-kube-prometheus-stack.md).
 */
export const PROMETHEUS_REQUESTS = {
  alertmanager: { cpu: "20m", memory: "96Mi" },
  "blackbox-exporter": { cpu: "20m", memory: "64Mi" },
  /** TLS and password in front of Prometheus: a container of its pod. */
  gate: { cpu: "20m", memory: "48Mi" },
  "kube-state-metrics": { cpu: "30m", memory: "192Mi" },
  /** One on each node. */
  "node-exporter": { cpu: "30m", memory: "64Mi" },
  operator: { cpu: "30m", memory: "192Mi" },
  /** Tells Prometheus and Alertmanager that their configuration has changed: a container of their pods. */
  reloader: { cpu: "10m", memory: "48Mi" },
} as const;

/** GiB of the volume on which an Alertmanager keeps silences, and what it has told. */
export const ALERTMANAGER_VOLUME_GIB = 2;

/** What the containers of a pod ask for together. */
export const together = (...pods: readonly PodRequest[]): PodRequest => ({
  cpu: `${pods.reduce((sum, { cpu }) => sum + cpuMillis(cpu), 0)}m`,
  memory: `${pods.reduce((sum, { memory }) => sum + memoryMib(memory), 0)}Mi`,
});

/** What Prometheus has always on, on every cluster; none where it is not configured. */
export function prometheusPods({
  prometheus,
}: {
  readonly prometheus?: PrometheusConfig | undefined;
}): readonly StandingPods[] {
  if (prometheus === undefined) return [];
  const { alertmanagers } = prometheus;
  const of = PROMETHEUS_REQUESTS;
  return Object.entries(prometheus.clusters).flatMap(([cluster, { pod, replicas, volumeGib }]) => {
    const general = (name: string, asked: PodRequest, more: Partial<StandingPods> = {}): StandingPods => ({
      system: "prometheus",
      name,
      cluster,
      group: "general",
      replicas: 1,
      pod: asked,
      ...more,
    });
    return [
      general("prometheus-prometheus", together(pod, of.gate, of.reloader), {
        replicas,
        apart: replicas > 1,
        volumeGib,
      }),
      general("alertmanager-prometheus", together(of.alertmanager, of.reloader), {
        replicas: alertmanagers,
        apart: alertmanagers > 1,
        volumeGib: ALERTMANAGER_VOLUME_GIB,
      }),
      general("prometheus-operator", of.operator),
      general("prometheus-kube-state-metrics", of["kube-state-metrics"]),
      general("prometheus-node-exporter", of["node-exporter"], { group: "every" }),
      // Where the services are, whose hosts it asks.
      ...(cluster === "k8s" ? [general("blackbox-exporter", of["blackbox-exporter"])] : []),
    ];
  });
}
