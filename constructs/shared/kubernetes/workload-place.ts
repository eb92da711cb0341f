import type { Construct } from "../cdktf";
import { PropsError } from "../props-error";
import type { Cluster, NodeGroup } from "./cluster";

/** Where a workload's pods stand, and what they run. */
export interface WorkloadPlace {
  /** Their nodes. */
  readonly nodes: NodeGroup;
  /** Name of their nodes' auto scaling group, known when it is applied. */
  readonly autoScalingGroupName: string;
  /** Address of the image, by digest. */
  readonly image: string;
}

/**
 * Looks up what a workload's settings name.
 *
 * @param scope - the workload
 * @param cluster - the cluster that it runs on
 * @param registryUrls - address of each image repository, by name
 * @param config - its node group, and its image `<repository>@sha256:<digest>`
 * @throws PropsError when the cluster has no such group that pods can ask for, or the registry no such repository
 */
export function workloadPlace(
  scope: Construct,
  cluster: Pick<Cluster, "autoScalingGroupNames" | "name" | "nodeGroups">,
  registryUrls: Readonly<Record<string, string>>,
  { image, nodeGroup }: { readonly image: string; readonly nodeGroup: string },
): WorkloadPlace {
  const nodes = cluster.nodeGroups[nodeGroup];
  const autoScalingGroupName = cluster.autoScalingGroupNames[nodeGroup];
  const [repository = "", digest = ""] = image.split("@");
  const url = registryUrls[repository];
  const grouped = nodes !== undefined && autoScalingGroupName !== undefined;
  if (!grouped || url === undefined) {
    const list = (names: Readonly<Record<string, unknown>>): string => Object.keys(names).join(", ");
    throw new PropsError(scope, [
      !grouped &&
        `config.nodeGroup must be a labelled node group of ${cluster.name} (${list(cluster.nodeGroups)}), got "${nodeGroup}"`,
      url === undefined &&
        `config.image must come from a repository of the registry (${list(registryUrls)}), got "${image}"`,
    ]);
  }
  return { nodes, autoScalingGroupName, image: `${url}@${digest}` };
}
