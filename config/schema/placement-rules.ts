import { z } from "zod";
import { generalGroup } from "../general-group";
import { ADDONS_ANYWHERE } from "../kops";
import { NODE_GROUP_LABEL } from "./cluster";
import { own, rule, valid, type Fault, type Rule } from "./rule";
import { WEB_NODES } from "./web";
import { workloadsOf, type Workload } from "./workloads";

/** What decides whether a pod may stand on a group's nodes. */
const group = z.object({
  labels: valid(z.record(z.string(), z.string())),
  taints: valid(z.array(z.string())),
  gpu: valid(z.boolean()),
});
type Group = z.output<typeof group>;

const facts = z.object({
  clusters: z.record(z.string(), valid(z.object({ nodeGroups: z.record(z.string(), valid(group)) }))),
});
/** The clusters, and all the rest, in which workloads are looked for. */
const placed = facts.loose();

/** Pods of one kind: which taints they bear, and where their place is written. */
interface Placed {
  /** Who they are, in words. */
  readonly name: string;
  /** Value of the label by which they find their nodes, which is that of the taint that they bear, too. @default - any node */
  readonly label?: string;
  /** Whether they ask for GPUs, and so bear the taint of nodes that have some. @default false */
  readonly gpu?: boolean;
}

/** What kops' addons and this program place on any node of a cluster without a taint. One node of any type has room for all: a test holds it. */
const ANYWHERE: readonly string[] = [...ADDONS_ANYWHERE.map(({ name }) => name), "headlamp"];

/** A taint that keeps pods away, read as kops writes it; undefined for one that only advises. */
function keepsAway(
  taint: string,
): { readonly key: string; readonly value: string; readonly effect: string } | undefined {
  const [, key = "", value = "", effect = ""] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(taint) ?? [];
  return effect === "NoSchedule" || effect === "NoExecute" ? { key, value, effect } : undefined;
}

/** The taints of a group that pods do not bear. kops taints groups with GPUs by itself. */
function unborne({ gpu: asksForGpu = false, label }: Placed, { taints = [], gpu = false }: Group): readonly string[] {
  return [...taints, ...(gpu && !asksForGpu ? ["nvidia.com/gpu:NoSchedule"] : [])].filter((taint) => {
    const away = keepsAway(taint);
    if (away === undefined) return false;
    return away.key !== NODE_GROUP_LABEL || away.value !== label || away.effect !== "NoSchedule";
  });
}

/** Pods that ask for a label land on any group of the cluster that has it: each must let them in. */
function* shutOut(
  placed: Placed & { readonly label: string },
  cluster: string,
  groups: Record<string, Group | undefined>,
) {
  for (const [name, facts] of Object.entries(groups)) {
    if (facts?.labels?.[NODE_GROUP_LABEL] !== placed.label) continue;
    const taints = unborne(placed, facts);
    if (taints.length === 0) continue;
    yield {
      path: ["clusters", cluster, "nodeGroups", name, facts.gpu === true ? "gpu" : "taints"],
      rule: `must not hold ${taints.join(", ")}: pods of ${placed.name} bear ${NODE_GROUP_LABEL}=${placed.label}:NoSchedule only, and would wait for ever`,
      received: facts.gpu === true ? true : facts.taints,
      nearest: facts.gpu === true ? undefined : facts.taints?.filter((taint) => !taints.includes(taint)),
    };
  }
}

/** The label of a group that somebody named. */
const labelOf = (groups: Record<string, Group | undefined>, name: string): string | undefined =>
  own(groups, name)?.labels?.[NODE_GROUP_LABEL];

/** Every pod that asks for a group is let in by its taints. */
const labelledPodsAreLetIn = rule(placed, function* ({ clusters, ...rest }): Generator<Fault> {
  const seen = new Set<string>();
  for (const { gpus = 0, name, cluster = "", nodeGroup = "" } of workloadsOf(rest)) {
    const groups = own(clusters, cluster)?.nodeGroups ?? {};
    const label = labelOf(groups, nodeGroup);
    // Once for a label: the next workload would say the same.
    const key = `${cluster} ${label} ${gpus > 0}`;
    if (label === undefined || seen.has(key)) continue;
    seen.add(key);
    yield* shutOut({ name, label, gpu: gpus > 0 }, cluster, groups);
  }
});

/** What asks for no group stands on one that lets it in, which stage1's matrix knows, and whose room is reckoned with. */
const anyPodIsLetIn = rule(facts, function* ({ clusters }): Generator<Fault> {
  for (const [cluster, facts] of Object.entries(clusters)) {
    if (facts === undefined) continue;
    const groups = Object.entries(facts.nodeGroups);
    // A group that is wrong itself may be the one.
    if (groups.some(([, each]) => each === undefined)) continue;
    const general = groups.filter(([name, each]) => generalGroup({ [name]: each }) === name);
    if (general.length === 1) continue;
    yield {
      path: ["clusters", cluster, "nodeGroups"],
      rule: `must hold one group without labels, taints and GPUs, the general one: ${ANYWHERE.join(", ")} ask for no other`,
      received: general.map(([name]) => name),
    };
  }
});

/** The web service's pods have their nodes to themselves: their autoscaler reckons with all of the room. */
const webStandsAlone = rule(placed, function* ({ clusters, ...rest }): Generator<Fault> {
  const groups = own(clusters, "k8s")?.nodeGroups ?? {};
  const isWeb = ({ path }: Workload): boolean => path.join(".") === "web";
  const workloads = workloadsOf(rest);
  const web = workloads.find(isWeb);
  const label = web?.nodeGroup === undefined ? undefined : labelOf(groups, web.nodeGroup);
  // Any other label is refused where it stands.
  if (label !== WEB_NODES) return;
  for (const each of workloads) {
    const { cluster, nodeGroup, path } = each;
    if (isWeb(each) || cluster !== "k8s" || nodeGroup === undefined || labelOf(groups, nodeGroup) !== label) continue;
    yield {
      path: [...path, "nodeGroup"],
      rule: `must be a group with another ${NODE_GROUP_LABEL} than ${label}: the web service's autoscaler reckons with all the room of its nodes`,
      received: nodeGroup,
      nearest: Object.keys(groups).find((name) => ![undefined, label].includes(labelOf(groups, name))),
    };
  }
});

/** Rules by which every pod finds a node; they read the whole environment. */
export const placementRules: readonly Rule[] = [labelledPodsAreLetIn, anyPodIsLetIn, webStandsAlone];
