import { closest } from "fastest-levenshtein";
import { gt } from "semver";
import { z } from "zod";
import { contains } from "../cidr-plan";
import { KOPS_VERSION, KUBERNETES_MINORS, KUBERNETES_TESTED } from "../kops";
import { MACHINE_TYPES } from "../machine-types";
import { clusterSchema, nodeGroupSchema } from "./cluster";
import { PRIVATE_NETWORKS } from "./network";
import { cidr, domainName } from "./primitives";
import { rule, valid, type Fault, type Rule } from "./rule";

const { minSize, maxSize, machineType, labels, taints, zones, gpu, mixedInstances } = nodeGroupSchema.shape;
const { controlPlane, kubernetesVersion, apiAccess, serviceAccounts } = clusterSchema.shape;

/** What a group is checked by; a part that is wrong is left out, and reported by the schema. */
const groupFacts = z.object({
  minSize: valid(minSize),
  maxSize: valid(maxSize),
  machineType: valid(machineType),
  labels: valid(labels),
  taints: valid(taints),
  zones: valid(zones),
  gpu: valid(gpu),
  mixedInstances: valid(mixedInstances),
});

/** What a cluster is checked by. */
const clusterFacts = z.object({
  controlPlane: valid(controlPlane),
  kubernetesVersion: valid(kubernetesVersion),
  apiAccess: valid(apiAccess),
  serviceAccounts: valid(serviceAccounts),
  nodeGroups: valid(z.record(z.string(), valid(groupFacts))),
});

/** What the rules read of an environment. */
const facts = z.object({
  network: valid(z.object({ cidr: valid(cidr), zones: valid(z.record(z.string(), z.unknown())) })),
  dns: valid(z.object({ zone: domainName })),
  clusters: z.record(z.string(), valid(clusterFacts)),
});
type Facts = z.output<typeof facts>;

/** A rule on each cluster. */
function clusterRule(
  check: (cluster: z.output<typeof clusterFacts>, path: readonly string[], environment: Facts) => Iterable<Fault>,
): Rule {
  return rule(facts, function* (environment) {
    for (const [name, cluster] of Object.entries(environment.clusters)) {
      if (cluster !== undefined) yield* check(cluster, ["clusters", name], environment);
    }
  });
}

/** A rule on each node group. */
function groupRule(
  check: (group: z.output<typeof groupFacts>, path: readonly string[], environment: Facts) => Iterable<Fault>,
): Rule {
  return clusterRule(function* ({ nodeGroups = {} }, path, environment) {
    for (const [name, group] of Object.entries(nodeGroups)) {
      if (group !== undefined) yield* check(group, [...path, "nodeGroups", name], environment);
    }
  });
}

/** The indices of entries whose key an earlier entry has. */
function repeated<T>(entries: readonly T[], keyOf: (entry: T) => string): readonly number[] {
  const keys = entries.map(keyOf);
  return [...keys.keys()].filter((index) => keys.indexOf(keys[index] ?? "") < index);
}

/** etcd has a member in each control-plane zone. */
const oddControlPlane = clusterRule(function* ({ controlPlane }, path) {
  const zones = controlPlane?.zones ?? [""];
  if (zones.length % 2 === 1 && new Set(zones).size === zones.length) return;
  yield {
    path: [...path, "controlPlane", "zones"],
    rule: "must be an odd number of zones, each once, so that etcd keeps its majority when one is lost",
    received: zones,
  };
});

function* unknownZones(path: readonly string[], zones: readonly string[] = [], { network }: Facts): Generator<Fault> {
  if (network?.zones === undefined) return;
  const known = Object.keys(network.zones);
  for (const [index, zone] of zones.entries()) {
    if (known.includes(zone)) continue;
    yield {
      path: [...path, "zones", index],
      rule: "must be one of network.zones",
      received: zone,
      nearest: known.length === 0 ? undefined : closest(zone, known),
    };
  }
}

/** The control plane stands on the network's zones. */
const controlPlaneZonesExist = clusterRule(({ controlPlane }, path, environment) =>
  unknownZones([...path, "controlPlane"], controlPlane?.zones, environment),
);

/** Groups stand on the network's zones. */
const groupZonesExist = groupRule(({ zones }, path, environment) => unknownZones(path, zones, environment));

/** A group's sizes leave it room. */
const sizesOrdered = groupRule(function* ({ minSize = 0, maxSize = Infinity }, path) {
  if (minSize <= maxSize) return;
  yield {
    path: [...path, "minSize"],
    rule: `must be at most maxSize (${maxSize})`,
    received: minSize,
    nearest: maxSize,
  };
});

/** The tags that let the autoscaler know an empty group's taints carry one value for each key. */
const taintKeysDiffer = groupRule(function* ({ taints = [] }, path) {
  for (const index of repeated(taints, (taint) => taint.split(/[=:]/)[0] ?? taint)) {
    yield {
      path: [...path, "taints", index],
      rule: "must have a key of its own: the autoscaler's tag of a taint is named by its key alone",
      received: taints[index],
    };
  }
});

/** kops refuses other minors, and whether a newer patch than the tested one exists is found out on a cluster only. */
const kubernetesSupported = clusterRule(function* ({ kubernetesVersion }, path) {
  const minors: readonly string[] = KUBERNETES_MINORS;
  if (kubernetesVersion === undefined) return;
  const fault = { path: [...path, "kubernetesVersion"], received: kubernetesVersion };
  const [, minor = ""] = kubernetesVersion.split(".");
  if (!minors.includes(`1.${minor}`)) {
    const [oldest = "", newest = ""] = [minors.at(0), minors.at(-1)];
    yield {
      ...fault,
      rule: `must be one that kops ${KOPS_VERSION} supports: ${oldest} to ${newest}`,
      // Every minor has a patch 0; a later one is looked up where Kubernetes lists its releases.
      nearest: `${`1.${minor}`.localeCompare(oldest, "en", { numeric: true }) < 0 ? oldest : newest}.0`,
    };
  } else if (gt(kubernetesVersion, KUBERNETES_TESTED)) {
    yield {
      ...fault,
      rule: `must be at most ${KUBERNETES_TESTED}, the newest that was tested: test a newer one, then raise KUBERNETES_TESTED in config/kops.ts`,
      nearest: KUBERNETES_TESTED,
    };
  }
});

/** The driver is installed where there is a GPU, and nowhere else. */
const gpuDriver = groupRule(function* ({ machineType, gpu }, path) {
  if (machineType === undefined || gpu === undefined) return;
  const hasGpu = (MACHINE_TYPES[machineType]?.gpus ?? 0) > 0;
  if (gpu === hasGpu) return;
  yield {
    path: [...path, "gpu"],
    rule: hasGpu ? `must be set: ${machineType} has a GPU` : `must not be set: ${machineType} has no GPU`,
    received: gpu,
    nearest: hasGpu,
  };
});

/** Who may reach an API whose load balancer has private addresses only. */
const apiPrivate = clusterRule(function* ({ apiAccess = [] }, path, { network }) {
  for (const [index, block] of apiAccess.entries()) {
    if (PRIVATE_NETWORKS.some((outer) => contains(outer, block))) continue;
    yield {
      path: [...path, "apiAccess", index],
      rule: `must lie inside a private network (${PRIVATE_NETWORKS.join(", ")}): only the VPC and its peers reach the API`,
      received: block,
      nearest: network?.cidr,
    };
  }
});

/**
 * The autoscaler reckons with the first type: a smaller node would leave pods waiting for ever.
 * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
 */
const mixedInstancesAlike = groupRule(function* ({ machineType, mixedInstances }, path) {
  if (machineType === undefined || mixedInstances === undefined) return;
  const place = [...path, "mixedInstances", "machineTypes"];
  const [first, ...others] = mixedInstances.machineTypes;
  if (first !== machineType) {
    yield { path: [...place, 0], rule: "must be machineType", received: first, nearest: machineType };
    return;
  }
  for (const [index, other] of others.entries()) {
    if (isAsLarge(other, first)) continue;
    yield {
      path: [...place, index + 1],
      rule: `must have at least the processors and memory of ${first}, and as many GPUs: the autoscaler reckons with the first type`,
      received: other,
    };
  }
});

function isAsLarge(other: string, first: string): boolean {
  const [a, b] = [MACHINE_TYPES[other], MACHINE_TYPES[first]];
  return a !== undefined && b !== undefined && a.vcpus >= b.vcpus && a.memoryMib >= b.memoryMib && a.gpus === b.gpus;
}

/** IAM's limit on role names, less kops' prefix. */
const MAX_CLUSTER_NAME = 64 - "masters.".length;

/** kops cuts longer names and puts a hash behind them, which nobody would recognise. */
const namesFit = clusterRule(function* (_, path, { dns }) {
  const name = `${path.at(-1) ?? ""}.${dns?.zone ?? ""}`;
  if (name.length <= MAX_CLUSTER_NAME) return;
  yield {
    path,
    rule: `must have a full name of at most ${MAX_CLUSTER_NAME} characters, for the names of its roles`,
    received: name,
  };
});

/** Groups do not take the names of the control plane's. */
const groupNamesFree = groupRule(function* (_, path) {
  const name = path.at(-1) ?? "";
  if (!name.startsWith("control-plane-")) return;
  yield { path, rule: "must not start with control-plane-, as the groups of the control plane do", received: name };
});

/** Groups are known to Terraform by their names without hyphens. */
const groupNamesDiffer = clusterRule(function* ({ nodeGroups = {} }, path) {
  const names = Object.keys(nodeGroups);
  for (const index of repeated(names, (name) => name.replaceAll("-", ""))) {
    const name = names[index] ?? "";
    yield {
      path: [...path, "nodeGroups", name],
      rule: "must differ from every other group's name by more than hyphens",
      received: name,
    };
  }
});

/** A service account has one role. */
const serviceAccountsDiffer = clusterRule(function* ({ serviceAccounts = [] }, path) {
  for (const index of repeated(serviceAccounts, ({ namespace, name }) => `${namespace}/${name}`)) {
    yield {
      path: [...path, "serviceAccounts", index, "name"],
      rule: "must be listed once, with all its policies",
      received: serviceAccounts[index]?.name,
    };
  }
});

/** Rules of the clusters; they read the whole environment. */
export const clusterRules: readonly Rule[] = [
  oddControlPlane,
  controlPlaneZonesExist,
  groupZonesExist,
  sizesOrdered,
  taintKeysDiffer,
  kubernetesSupported,
  gpuDriver,
  apiPrivate,
  mixedInstancesAlike,
  namesFit,
  groupNamesFree,
  groupNamesDiffer,
  serviceAccountsDiffer,
];
