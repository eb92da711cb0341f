import type { ClusterName } from "./schema/environment";
import type { PodRequest } from "./schema/workload";

/** Pods of one kind that are always there. */
export interface StandingPods {
  /** System that they belong to: its page of the runbook, for example `grafana`. */
  readonly system: string;
  /** Name of their Deployment, StatefulSet or DaemonSet. */
  readonly name: string;
  /** Cluster that they stand on. */
  readonly cluster: ClusterName;
  /** Where they stand: on the general group, on every node of the cluster (a DaemonSet), or on the node group of that name. */
  readonly group: "general" | "every" | (string & {});
  /** How many there are; of what stands on every node, one on each. @default - one on each node */
  readonly replicas?: number;
  /** What one asks for. */
  readonly pod: PodRequest;
  /** Whether no two may stand on one node, by a rule that the scheduler must keep. @default false */
  readonly apart?: boolean;
  /** GiB of the volume that each has, which ties it to its zone. @default - none */
  readonly volumeGib?: number;
}
