import type { MachineType } from "./machine-types";

/** Processor time and memory that a pod asks for, or a node has. */
export interface Capacity {
  /** Thousandths of a processor. */
  readonly cpuMillis: number;
  /** MiB. */
  readonly memoryMib: number;
}

/**
 * Share of an instance type's memory that its node never sees: hypervisor, firmware and kernel.
 * @see https://karpenter.sh/docs/reference/settings/ (vm-memory-overhead-percent: 0.075)
 */
const VM_OVERHEAD = 0.075;
/**
 * Memory below which the kubelet evicts. kops reserves nothing else (no kubeReserved, no systemReserved).
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/components/kubelet.go (memory.available<100Mi)
 */
const EVICTION_MIB = 100;
/** What stands on every node asks for this together, rounded up: a test adds up what `config/standing-pods.ts` lists. */
export const EVERY_NODE: Capacity = { cpuMillis: 350, memoryMib: 640 };

/**
 * What a node of an instance type has for pods that are placed on it: processors less DaemonSets, and memory × (1 − overhead of
 * the virtual machine) less the eviction threshold less DaemonSets.
 */
export function roomOf({ vcpus, memoryMib }: MachineType): Capacity {
  return {
    cpuMillis: vcpus * 1000 - EVERY_NODE.cpuMillis,
    memoryMib: Math.floor(memoryMib * (1 - VM_OVERHEAD)) - EVICTION_MIB - EVERY_NODE.memoryMib,
  };
}

/** How pods of one size fill a node. */
export interface Packing {
  /** Pods that one node holds. */
  readonly podsPerNode: number;
  /** Percentage of the node's processors that no further such pod can use. */
  readonly cpuWastePercent: number;
  /** Percentage of the node's memory that no further such pod can use. */
  readonly memoryWastePercent: number;
}

/** How many pods of a size a node holds, and what is left over. */
export function packing(pod: Capacity, room: Capacity): Packing {
  const podsPerNode = Math.min(Math.floor(room.cpuMillis / pod.cpuMillis), Math.floor(room.memoryMib / pod.memoryMib));
  const waste = (each: number, all: number): number => Math.round((1 - (podsPerNode * each) / all) * 100);
  return {
    podsPerNode,
    cpuWastePercent: waste(pod.cpuMillis, room.cpuMillis),
    memoryWastePercent: waste(pod.memoryMib, room.memoryMib),
  };
}

/** Thousandths of a processor in a Kubernetes quantity such as `1000m` or `2`. */
export function cpuMillis(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000;
}

/** MiB in a Kubernetes quantity such as `2816Mi` or `4Gi`. */
export function memoryMib(quantity: string): number {
  return Number(quantity.slice(0, -2)) * (quantity.endsWith("Gi") ? 1024 : 1);
}

/**
 * Pods of one size that a group holds at its largest. Auto scaling keeps zones even; where pods must be spread evenly over zones,
 * the emptiest zone holds the others back: each of them takes at most one pod more.
 *
 * @param group - most nodes of the group, and its number of zones
 * @param podsPerNode - pods that one node holds
 * @param evenZones - whether pods must be spread over zones with a skew of at most one
 */
export function podsHeld(
  group: { readonly maxSize: number; readonly zones: number },
  podsPerNode: number,
  evenZones: boolean,
): number {
  if (!evenZones || group.maxSize === 0) return group.maxSize * podsPerNode;
  const zones = Math.min(group.zones, group.maxSize);
  const fewest = Math.floor(group.maxSize / zones);
  const fuller = group.maxSize % zones;
  const emptiest = fewest * podsPerNode;
  return (zones - fuller) * emptiest + fuller * Math.min((fewest + 1) * podsPerNode, emptiest + 1);
}
