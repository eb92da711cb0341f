import { generalGroup } from "./general-group";
import { MACHINE_TYPES, type MachineType } from "./machine-types";
import { cpuMillis, memoryMib, roomOf, type Capacity } from "./node-capacity";
import { standingPods, type StandingEnvironment, type StandingPods } from "./standing-pods";

/** What a group's nodes are, as far as room matters. */
export interface RoomyGroup {
  /** EC2 instance type. */
  readonly machineType: string;
  /** Nodes that are always there. */
  readonly minSize: number;
  /** Number of zones, over which auto scaling keeps nodes even. */
  readonly zones: number;
  /** Nodes that may be lost at once. */
  readonly spareNodes: number;
}

/** What is always on in a group, and what its nodes have for it. */
export interface GroupRoom extends RoomyGroup {
  /** Short name of the cluster. */
  readonly cluster: string;
  /** Name of the group. */
  readonly group: string;
  /** Pods that are always on, without those that stand on every node. */
  readonly pods: number;
  /** What they ask for together. */
  readonly asked: Capacity;
  /** What the nodes have for them when as many as may be are lost. */
  readonly room: Capacity;
  /** Pods that find no place, by the names of what holds them. */
  readonly unplaced: readonly string[];
  /** Thousandths of a processor that what is always on asks for beyond what the type may be busy for ever; 0 when it is enough. */
  readonly overBaselineMillis: number;
}

interface Node {
  readonly zone: number;
  cpuMillis: number;
  memoryMib: number;
  readonly held: Map<string, number>;
}

interface Pod extends Capacity {
  readonly name: string;
  readonly apart: boolean;
  readonly replicas: number;
  /** Which of its kind's volumes it has. @default - none */
  readonly volume?: number;
}

/** Nodes of a group, even over its zones, less some of one zone; where the zone has fewer, others go with them. */
function nodesOf({ machineType, minSize, zones }: RoomyGroup, zoneLost = 0, lost = 0): Node[] {
  const nodes = Array.from({ length: minSize }, (_, index) => ({
    zone: index % zones,
    ...roomOf(machine(machineType)),
    held: new Map<string, number>(),
  }));
  return nodes.sort((a, b) => Number(b.zone === zoneLost) - Number(a.zone === zoneLost)).slice(lost);
}

/** The pods of some kinds, those tied to a zone first, then the largest by their share of a node. */
function podsOf(kinds: readonly StandingPods[], room: Capacity): readonly Pod[] {
  const share = (pod: Capacity): number => Math.max(pod.cpuMillis / room.cpuMillis, pod.memoryMib / room.memoryMib);
  return kinds
    .flatMap(({ apart = false, name, pod, replicas, volumeGib }) =>
      Array.from({ length: replicas }, (_, index) => ({
        name,
        apart,
        replicas,
        ...(volumeGib !== undefined && { volume: index }),
        cpuMillis: cpuMillis(pod.cpu),
        memoryMib: memoryMib(pod.memory),
      })),
    )
    .sort((a, b) => Number(a.volume === undefined) - Number(b.volume === undefined) || share(b) - share(a));
}

/**
 * Places pods as the scheduler does by default, each on the node that has the most room left for it, and says which find none.
 * @param zoneOf - the zone of a pod's volume
 * @see https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins (NodeResourcesFit, LeastAllocated)
 */
function place(pods: readonly Pod[], nodes: readonly Node[], zoneOf: (volume: number) => number): readonly string[] {
  return pods.flatMap((pod) => {
    const { apart, name, replicas, volume } = pod;
    const inZone = nodes.filter(({ zone }) => volume === undefined || zone === zoneOf(volume));
    // Only a new node of the zone would do; where there are two of a kind, the other works on.
    if (inZone.length === 0 && volume !== undefined && replicas > 1) return [];
    const most = apart ? Math.ceil(replicas / nodes.length) : Infinity;
    const times = (node: Node): number =>
      Math.min(node.cpuMillis / Math.max(pod.cpuMillis, 1), node.memoryMib / Math.max(pod.memoryMib, 1));
    const [best] = inZone
      .filter(
        (node) =>
          node.cpuMillis >= pod.cpuMillis && node.memoryMib >= pod.memoryMib && (node.held.get(name) ?? 0) < most,
      )
      .sort((a, b) => times(b) - times(a));
    if (best === undefined) return [name];
    best.cpuMillis -= pod.cpuMillis;
    best.memoryMib -= pod.memoryMib;
    best.held.set(name, (best.held.get(name) ?? 0) + 1);
    return [];
  });
}

/**
 * What finds no place on a group with all its nodes, or with those lost that may be, whichever zone they stood in, and in whichever zones
 * volumes came to be: those of one kind in one after the other.
 */
export function unplacedIn(group: RoomyGroup, kinds: readonly StandingPods[]): readonly string[] {
  const { machineType, minSize, spareNodes } = group;
  const pods = podsOf(kinds, roomOf(machine(machineType)));
  const zones = Math.min(group.zones, minSize);
  const every = [...Array(zones).keys()];
  const found = every.flatMap((first) =>
    (spareNodes === 0 ? [0] : every).flatMap((zoneLost) =>
      place(pods, nodesOf(group, zoneLost, spareNodes), (volume) => (first + volume) % zones),
    ),
  );
  return zones === 0 ? [...new Set(kinds.map(({ name }) => name))] : [...new Set(found)];
}

/** The smallest number of nodes on which everything finds its place; undefined when none of up to 100 does. */
export function nodesThatFit(group: RoomyGroup, kinds: readonly StandingPods[]): number | undefined {
  return Array.from({ length: 100 }, (_, nodes) => nodes + 1).find(
    (minSize) => unplacedIn({ ...group, minSize }, kinds).length === 0,
  );
}

/** A cluster, as far as room matters. */
interface RoomyCluster {
  readonly spareNodes: number;
  readonly nodeGroups: Readonly<
    Record<
      string,
      {
        readonly machineType: string;
        readonly minSize: number;
        readonly zones?: readonly string[];
        readonly labels: Readonly<Record<string, string>>;
        readonly taints: readonly string[];
        readonly gpu: boolean;
      }
    >
  >;
}

/** What of an environment's settings says how much room there is. */
export interface RoomyEnvironment extends StandingEnvironment {
  /** The network's zones. */
  readonly network: { readonly zones: Readonly<Record<string, unknown>> };
  /** The clusters by short name. */
  readonly clusters: Readonly<Record<string, RoomyCluster>>;
}

/** How everything that is always on fits the general group of each cluster. */
export function roomOfGroups(
  environment: RoomyEnvironment,
): readonly (GroupRoom & { readonly kinds: readonly StandingPods[] })[] {
  const standing = standingPods(environment);
  return Object.entries(environment.clusters).flatMap(([cluster, { nodeGroups, spareNodes }]) => {
    const name = generalGroup(nodeGroups);
    const settings = name === undefined ? undefined : nodeGroups[name];
    if (name === undefined || settings === undefined) return [];
    const here = standing.filter((pods) => pods.cluster === cluster);
    const kinds = here.filter(({ group }) => group === "general");
    const group: RoomyGroup = {
      machineType: settings.machineType,
      minSize: settings.minSize,
      zones: (settings.zones ?? Object.keys(environment.network.zones)).length,
      spareNodes,
    };
    const room = roomOf(machine(group.machineType));
    const nodes = Math.max(group.minSize - spareNodes, 0);
    const asked = sum(kinds);
    return [
      {
        ...group,
        cluster,
        group: name,
        kinds,
        pods: kinds.reduce((count, { replicas }) => count + replicas, 0),
        asked,
        room: { cpuMillis: room.cpuMillis * nodes, memoryMib: room.memoryMib * nodes },
        unplaced: unplacedIn(group, kinds),
        overBaselineMillis: overBaseline(group, asked, sum(here.filter(({ group }) => group === "every"))),
      },
    ];
  });
}

function machine(name: string): MachineType {
  const type = MACHINE_TYPES[name];
  if (type === undefined) throw new Error(`machine type must be one of config/machine-types.ts, got "${name}"`);
  return type;
}

function sum(kinds: readonly StandingPods[]): Capacity {
  return {
    cpuMillis: kinds.reduce((total, { pod, replicas }) => total + replicas * cpuMillis(pod.cpu), 0),
    memoryMib: kinds.reduce((total, { pod, replicas }) => total + replicas * memoryMib(pod.memory), 0),
  };
}

/** What is asked for beyond the baseline of a type that bursts. */
function overBaseline({ machineType, minSize }: RoomyGroup, asked: Capacity, everyNode: Capacity): number {
  const { baselinePercent, vcpus } = machine(machineType);
  if (baselinePercent === undefined) return 0;
  const baseline = minSize * vcpus * 10 * baselinePercent;
  return Math.max(asked.cpuMillis + minSize * everyNode.cpuMillis - baseline, 0);
}
