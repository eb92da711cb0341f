import { MACHINE_TYPES } from "../../../config/machine-types";
import { roomOf } from "../../../config/node-capacity";
import { loadConfig } from "../../../config/load";
import type { ClusterConfig } from "../../../config/schema/cluster";
import { NODE_DIGEST, nodesOf, type Node } from "../../../tools/control-plane/nodes";

const ZONES = ["us-east-1a", "us-east-1c", "us-east-1d"];
const base = loadConfig().environments[0]?.clusters["k8s"];

function nodes(groups: Record<string, Partial<ClusterConfig["nodeGroups"][string]>>, zones = ZONES): readonly Node[] {
  if (base === undefined) throw new Error("config has no cluster k8s");
  const nodeGroups = Object.fromEntries(
    Object.entries(groups).map(([name, group]) => [
      name,
      {
        machineType: "m6i.xlarge",
        minSize: 1,
        maxSize: 3,
        labels: {},
        taints: [],
        rootVolumeGib: 128,
        gpu: false,
        ...group,
      },
    ]),
  );
  return nodesOf({ config: { ...base, nodeGroups }, zones });
}

it("makes as many nodes as a group's smallest size, over its zones in turn", () => {
  const made = nodes({ nodes: { minSize: 4 }, etl: { minSize: 0 }, web: { minSize: 1, zones: ["us-east-1d"] } });
  expect(made.map(({ metadata }) => [metadata.name, metadata.labels["topology.kubernetes.io/zone"]])).toEqual([
    ["nodes-1", "us-east-1a"],
    ["nodes-2", "us-east-1c"],
    ["nodes-3", "us-east-1d"],
    ["nodes-4", "us-east-1a"],
    ["web-1", "us-east-1d"],
  ]);
});

it("gives them the group's labels and taints, and kops' own", () => {
  const [node] = nodes({
    etl: { labels: { opsdx_nodegroup: "etl" }, taints: ["opsdx_nodegroup=etl:NoSchedule", "spot:PreferNoSchedule"] },
  });
  expect(node?.metadata.labels).toMatchObject({
    opsdx_nodegroup: "etl",
    "kops.k8s.io/instancegroup": "etl",
    "kubernetes.io/hostname": "etl-1",
    "node.kubernetes.io/instance-type": "m6i.xlarge",
    "topology.kubernetes.io/region": "us-east-1",
  });
  expect(node?.spec.taints).toEqual([
    { key: "opsdx_nodegroup", value: "etl", effect: "NoSchedule" },
    { key: "spot", effect: "PreferNoSchedule" },
  ]);
  expect(node?.status.nodeInfo["kubeletVersion"]).toBe(`v${base?.kubernetesVersion ?? ""}`);
});

it("lets pods use what the configuration counts on", () => {
  const [node] = nodes({ etl: {} });
  const room = roomOf(MACHINE_TYPES["m6i.xlarge"] ?? { vcpus: 0, memoryMib: 0, gpus: 0, instanceStoreDisks: 0 });
  expect(node?.status.capacity).toEqual({ cpu: "4", memory: "16384Mi", pods: "110" });
  expect(node?.status.allocatable).toEqual({ cpu: `${room.cpuMillis}m`, memory: `${room.memoryMib}Mi`, pods: "110" });
});

it("has GPUs, with the label and taint that kops gives them", () => {
  const [node] = nodes({ gpu: { machineType: "g5.xlarge", gpu: true } });
  expect(node?.status.allocatable["nvidia.com/gpu"]).toBe("1");
  expect(node?.metadata.labels["kops.k8s.io/gpu"]).toBe("1");
  expect(node?.spec.taints).toEqual([{ key: "nvidia.com/gpu", effect: "NoSchedule" }]);
});

it("tells by a digest whether a node is still the same", () => {
  const digest = (group: Parameters<typeof nodes>[0][string]): string | undefined =>
    nodes({ etl: group })[0]?.metadata.annotations[NODE_DIGEST];
  expect(digest({})).toBe(digest({ maxSize: 2 }));
  expect(digest({})).not.toBe(digest({ machineType: "m6i.2xlarge" }));
  expect(digest({})).not.toBe(digest({ taints: ["a=b:NoSchedule"] }));
});

it("names a machine type that nobody knows", () => {
  expect(() => nodes({ etl: { machineType: "x1.huge" } })).toThrow(
    "nodeGroups.etl.machineType: must be one of config/machine-types.ts, got x1.huge",
  );
});
