import { Construct } from "../../shared/cdktf";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import type { OperatedProgram } from "../../shared/kubernetes/prometheus-names";
import { kubectl, type Command } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import { placeholder } from "../../shared/observability/placeholders";
import { PrometheusAlarm, type PrometheusAlarmProps } from "../../shared/observability/prometheus-alarm";
import type { PrometheusRules } from "../../shared/prometheus/rules";

/** What the alarms of a cluster are made from. */
export interface ClusterAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The rules of the cluster's Prometheus. */
  readonly rules: PrometheusRules;
  /** Short name of the cluster. */
  readonly cluster: string;
  /** Full name of the cluster: its context in kubectl. */
  readonly context: string;
}

/** An alarm without what all alarms of a cluster share. */
export type ClusterAlarm = Omit<PrometheusAlarmProps, "monitoring" | "rules" | "kind" | "of">;

/** Makes the alarms of a list, each named after its cluster. */
export function makeAlarms(
  scope: Construct,
  { cluster, monitoring, rules }: ClusterAlarmsProps,
  alarms: Readonly<Record<string, ClusterAlarm>>,
): void {
  for (const [id, alarm] of Object.entries(alarms)) {
    new PrometheusAlarm(scope, id, {
      ...alarm,
      monitoring,
      rules,
      name: `${cluster}-${alarm.name}`,
      kind: alarm.name,
      of: { cluster },
    });
  }
}

/** Commands on a cluster that the steps of its alarms name. */
export interface ClusterCommands {
  /** kubectl without a namespace. */
  readonly on: (args: string) => Command;
  /** kubectl in `monitoring`. */
  readonly monitoring: (args: string) => Command;
  /** kubectl in `kube-system`. */
  readonly system: (args: string) => Command;
  /** What happened in the namespace of a pod, the newest last. */
  readonly events: Command;
}

/** The commands of a cluster. */
export function clusterCommands(context: string): ClusterCommands {
  const inNamespace =
    (namespace?: string) =>
    (args: string): Command =>
      kubectl({ cluster: context, ...(namespace !== undefined && { namespace }) }, args);
  return {
    on: inNamespace(),
    monitoring: inNamespace(MONITORING_NAMESPACE),
    system: inNamespace("kube-system"),
    events: kubectl({ cluster: context, namespace: placeholder("namespace") }, "get events --sort-by=.lastTimestamp"),
  };
}

/** What kubectl is told, to lead a port of this machine to a program. */
export function portForward({ port, service }: OperatedProgram): string {
  return `port-forward service/${service} ${port}:${port}`;
}

/** The full name of a cluster's alarm on nodes, which makes others pointless. */
export function nodeNotReadyAlarm({ cluster, monitoring }: Pick<ClusterAlarmsProps, "cluster" | "monitoring">): string {
  return `${monitoring.namePrefix}-${cluster}-node-not-ready`;
}
