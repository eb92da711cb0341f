import { clusterLogGroup } from "../../../config/names";
import { Construct } from "../cdktf";
import { LogGroup } from "./log-group";
import type { MonitoringContext } from "./monitoring-context";

/** Annotation of a pod that names its stream in the cluster's log group; one that ends in `/` gets the pod's name behind it. */
export const LOG_STREAM_ANNOTATION = "opsdx.io/log-stream";

/** Properties of {@link ClusterLogs}. */
export interface ClusterLogsProps {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** Name of the environment. */
  readonly environment: string;
}

/**
 * The log groups of what runs on the clusters, under the names that people know: `opsdx-<env>-k8s-logs` for `k8s` and
 * `opsdx-ml-<env>-k8s-logs` for `k8s-ml`. fluent-bit writes them; their streams are named `kubernetes/<namespace>/...`.
 */
export class ClusterLogs extends Construct {
  /** The log group of each cluster. */
  public readonly groups: Readonly<Record<"k8s" | "k8s-ml", LogGroup>>;

  public constructor(scope: Construct, id: string, props: ClusterLogsProps) {
    super(scope, id);
    const { monitoring } = props;
    const name = (cluster: "k8s" | "k8s-ml"): string => clusterLogGroup(props.environment, cluster);
    this.groups = {
      k8s: new LogGroup(this, "K8s", { monitoring, name: name("k8s") }),
      "k8s-ml": new LogGroup(this, "K8sMl", { monitoring, name: name("k8s-ml") }),
    };
  }
}
