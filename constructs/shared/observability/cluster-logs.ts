import { clusterLogGroup, sharedLogsCluster } from "../../../config/names";
import { Construct } from "../cdktf";
import { constructId } from "../construct-id";
import { PropsError } from "../props-error";
import { LogGroup } from "./log-group";
import { MetricFilter, type MetricFilterProps } from "./metric-filter";
import type { MonitoringContext } from "./monitoring-context";

/** Annotation of a pod that names its stream in the cluster's log group; one that ends in `/` gets the pod's name behind it. */
export const LOG_STREAM_ANNOTATION = "opsdx.io/log-stream";

/** Properties of {@link ClusterLogs}. */
export interface ClusterLogsProps {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** Name of the environment. */
  readonly environment: string;
  /** Short names of the clusters. */
  readonly clusters: readonly string[];
}

/**
 * The log groups of what runs on the clusters, under the names that people know. fluent-bit writes them; their streams are named
 * `kubernetes/<namespace>/...`.
 */
export class ClusterLogs extends Construct {
  /** Each log group, by the cluster that it is named after. */
  public readonly groups: Readonly<Record<string, LogGroup>>;

  public constructor(scope: Construct, id: string, props: ClusterLogsProps) {
    super(scope, id);
    const { environment, monitoring } = props;
    const names = [...new Set(props.clusters.map(sharedLogsCluster))];
    this.groups = Object.fromEntries(
      names.map((name) => [
        name,
        new LogGroup(this, constructId(name), { monitoring, name: clusterLogGroup(environment, name) }),
      ]),
    );
  }

  /**
   * The log group of a cluster, which may be that of another.
   * @throws PropsError when it is none of the clusters
   */
  public of(cluster: string): LogGroup {
    const group = this.groups[sharedLogsCluster(cluster)];
    if (group === undefined) {
      const known = Object.keys(this.groups).join(", ");
      throw new PropsError(this, [`must be asked for a cluster that writes into one of ${known}, got "${cluster}"`]);
    }
    return group;
  }

  /**
   * Counts lines of failures: a filter in each log group that the clusters write into, all on one metric.
   * @param scope - what the filters belong to
   * @returns the names of the log groups, for whoever looks the lines up
   */
  public countFailures(
    scope: Construct,
    clusters: readonly string[],
    filter: Pick<MetricFilterProps, "metric" | "name" | "pattern">,
  ): readonly string[] {
    return [...new Set(clusters.map(sharedLogsCluster))].map((logs) => {
      const logGroup = this.of(logs);
      new MetricFilter(scope, constructId(logs, "failed"), { ...filter, logGroup });
      return logGroup.plainName;
    });
  }
}
