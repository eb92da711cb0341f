import type { PodRequest } from "../schema/workload";

/** Pods of one kind that are always there. */
export interface StandingPods {
  /** System that they belong to: its page of the runbook, for example `grafana`; `kops` for its addons. */
  readonly system: string;
  /** Name of their Deployment, StatefulSet or DaemonSet. */
  readonly name: string;
  /** Short name of the cluster that they stand on. */
  readonly cluster: string;
  /** Where they stand: on the general group, on every node of the cluster (a DaemonSet), or on the node group of that name. */
  readonly group: "general" | "every" | (string & {});
  /** How many there are; of what stands on every node, one on each. */
  readonly replicas: number;
  /** What one asks for: of its containers together, or of its hungriest init container. */
  readonly pod: PodRequest;
  /** Whether they must be spread evenly over nodes: no two on one while there are enough. @default false */
  readonly apart?: boolean;
  /** GiB of the volume that each has, which ties it to its zone. @default - none */
  readonly volumeGib?: number;
}
