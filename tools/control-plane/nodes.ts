import { createHash } from "node:crypto";
import { MACHINE_TYPES } from "../../config/machine-types";
import { roomOf } from "../../config/node-capacity";
import type { ClusterConfig, NodeGroupConfig } from "../../config/schema/cluster";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";

/** kubelet's own limit: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (maxPods) */
const PODS_PER_NODE = "110";

/** Label by which the nodes of a local control plane are found. */
export const NODE_LABEL = "opsdx.io/kwok-node";

/** Annotation that tells whether a node is still what the configuration makes of it. */
export const NODE_DIGEST = "opsdx.io/node-digest";

/** A `Node` as it registers. */
export interface Node extends KubernetesObject {
  /** Its name, and what selectors and this program find it by. */
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Which pods it keeps off. */
  readonly spec: { readonly taints: readonly Taint[] };
  /** How much room it has, and for pods; what it says of itself. */
  readonly status: {
    readonly capacity: Readonly<Record<string, string>>;
    readonly allocatable: Readonly<Record<string, string>>;
    readonly nodeInfo: Readonly<Record<string, string>>;
  };
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Settings of {@link nodesOf}. */
export interface NodesProps {
  /** What config decides about the cluster. */
  readonly config: ClusterConfig;
  /** Zones of groups that name none: the network's. */
  readonly zones: readonly string[];
}

/**
 * The worker nodes that a cluster starts with: as many of each group as its smallest size. They allow what is left beside the
 * DaemonSets of a real node, because those don't run here.
 */
export function nodesOf({ config, zones }: NodesProps): readonly Node[] {
  return Object.entries(config.nodeGroups).flatMap(([name, group]) => {
    const groupZones = [...(group.zones ?? zones)].sort();
    return Array.from({ length: group.minSize }, (_, index) =>
      nodeOf({
        name: `${name}-${index + 1}`,
        groupName: name,
        group,
        zone: groupZones[index % groupZones.length] ?? "",
        version: config.kubernetesVersion,
      }),
    );
  });
}

interface NodeProps {
  readonly name: string;
  readonly groupName: string;
  readonly group: NodeGroupConfig;
  readonly zone: string;
  readonly version: string;
}

function nodeOf({ name, groupName, group, zone, version }: NodeProps): Node {
  const machine = MACHINE_TYPES[group.machineType];
  if (machine === undefined) {
    throw new Error(
      `nodeGroups.${groupName}.machineType: must be one of config/machine-types.ts, got ${group.machineType}`,
    );
  }
  const room = roomOf(machine);
  const gpus: Record<string, string> = machine.gpus > 0 ? { "nvidia.com/gpu": `${machine.gpus}` } : {};
  const spec = {
    // kops labels and taints GPU nodes by itself when the driver is asked for.
    taints: [...(group.gpu ? ["nvidia.com/gpu:NoSchedule"] : []), ...group.taints].map(taintOf),
  };
  const labels = {
    ...(group.gpu && { "kops.k8s.io/gpu": "1" }),
    ...group.labels,
    "kops.k8s.io/instancegroup": groupName,
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "node-role.kubernetes.io/node": "",
    "node.kubernetes.io/instance-type": group.machineType,
    [NODE_LABEL]: "true",
    "topology.kubernetes.io/region": zone.slice(0, -1),
    "topology.kubernetes.io/zone": zone,
  };
  const status = {
    capacity: { cpu: `${machine.vcpus}`, memory: `${machine.memoryMib}Mi`, pods: PODS_PER_NODE, ...gpus },
    allocatable: { cpu: `${room.cpuMillis}m`, memory: `${room.memoryMib}Mi`, pods: PODS_PER_NODE, ...gpus },
    nodeInfo: {
      architecture: "amd64",
      bootID: "",
      containerRuntimeVersion: "kwok://",
      kernelVersion: "kwok",
      kubeProxyVersion: "",
      kubeletVersion: `v${version}`,
      machineID: "",
      operatingSystem: "linux",
      osImage: "kwok",
      systemUUID: "",
    },
  };
  const digest = createHash("sha256")
    .update(JSON.stringify([labels, spec, status]))
    .digest("hex")
    .slice(0, 16);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels, annotations: { [NODE_DIGEST]: digest } },
    spec,
    status,
  };
}

function taintOf(text: string): Taint {
  const [, key = "", value, effect = ""] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(text) ?? [];
  return { key, ...(value !== undefined && { value }), effect };
}
