import type { ClusterName } from "../../../config/schema/environment";
import type { ClusterLogs } from "../../shared/observability/cluster-logs";

/** Where a cluster's logs go. */
export interface LogDestination {
  /** The log group, by the cluster that it is named after. */
  readonly logs: keyof ClusterLogs["groups"];
  /** First part of the names of the streams: clusters that share a log group differ in it. */
  readonly root: string;
}

/**
 * Where each cluster's logs go. The wiki knows two log groups, so `k8s-ml-tf` writes into that of `k8s-ml`; it has a root of its own,
 * so that the system pods of the two clusters don't write into each other's streams.
 */
export const LOG_DESTINATIONS: Readonly<Record<ClusterName, LogDestination>> = {
  k8s: { logs: "k8s", root: "kubernetes" },
  "k8s-ml": { logs: "k8s-ml", root: "kubernetes" },
  "k8s-ml-tf": { logs: "k8s-ml", root: "k8s-ml-tf" },
};

/**
 * Stream of a container's log: every hyphen becomes a `/`, so that the commands that people know still work, for example
 * `kubernetes/default/trews/rest/api`. Pods of one container share it: CloudWatch takes lines for a stream from many writers.
 * A pod's annotation may name another stream. `origin.lua` does the same on the nodes.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function logStream(namespace: string, container: string, root = "kubernetes"): string {
  return `${root}/${`${namespace}/${container}`.replaceAll("-", "/")}`;
}
