import type { ResourceModel } from "../../constructs/shared/policy/model";
import { foldHubs, mergeArrows, type Chart, type ChartArrow, type ChartNode } from "./chart";
import type { Graph, Unit } from "./graph";
import { BESIDE, categoryOf } from "./kinds";
import { unique, wrapped, type LinkTo } from "./stage-chart";

/** Types that only watch: drawn as one box. */
const WATCHING = /^aws_cloudwatch_(metric_alarm|composite_alarm|dashboard|query_definition)$/;
/** More parts than this are drawn as the largest, and the rest. */
const MOST_PARTS = 40;

/** A part of a system: what stands below one of its constructs. */
interface Part {
  readonly name: string;
  readonly resources: readonly ResourceModel[];
}

/** A drawing of one system: its parts, what they use of others, and who uses them. */
export function systemChart(graph: Graph, unit: Unit, linkTo: LinkTo): Chart {
  const parts = partsOf(unit);
  const partOf = new Map(parts.flatMap(({ name, resources }) => resources.map(({ address }) => [address, name])));
  const { stack } = unit.place;
  const others = new Map<string, Unit[]>();
  /** The box of one end of a reference; undefined for what is drawn nowhere. */
  const end = (of: Unit | undefined, address: string | undefined): string | undefined => {
    if (of === undefined) return undefined;
    if (of === unit) return partOf.get(address ?? "") ?? FRAME;
    const key = neighbourKey(of);
    others.set(key, [...(others.get(key) ?? []), of]);
    return key;
  };
  const arrows = graph.references.flatMap((reference): readonly ChartArrow[] => {
    const { from, fromUnit: source, kind, to, toUnit: target } = reference;
    if (source !== unit && target !== unit) return [];
    const [begins, ends] = [end(source, from.resource.address), end(target, to.resource?.address)];
    if (begins === undefined || ends === undefined || begins === ends) return [];
    if (source === unit && target === unit && to.stack === stack && begins === WATCH) {
      return [{ from: WATCH, to: FRAME, kinds: [kind] }];
    }
    return [{ from: begins, to: ends, kinds: [kind] }];
  });
  const inside = parts.filter(({ name }) => name !== WATCH).map(({ name }) => name);
  const users = [...others.keys()].filter((key) => !arrows.some(({ to }) => to === key));
  const used = foldHubs(withoutVague(mergeArrows(arrows), inside), USERS, users, () => true);
  const { arrows: folded, hubs } = foldHubs(used.arrows, FRAME, inside, () => true);
  const box = ({ name, resources }: Part): ChartNode => ({
    key: name,
    lines: [...(name === "Resource" ? [] : [name]), ...contents(resources)],
    category: categoryOf(resources.map(({ type }) => type)),
  });
  const outside = (key: string): ChartNode => neighbour(key, unique(others.get(key) ?? []), unit, linkTo);
  const framed = parts.filter(({ name }) => name !== WATCH && !hubs.includes(name));
  return {
    children: [
      {
        key: unit.path,
        label: unit.name,
        children: [
          { key: FRAME, label: " ", children: framed.map(box) },
          ...parts.filter(({ name }) => name === WATCH || hubs.includes(name)).map(box),
        ],
      },
      ...(users.length === 0 ? [] : [{ key: USERS, label: "used by", children: users.map(outside) }]),
      ...[...others.keys()].filter((key) => !users.includes(key)).map(outside),
    ],
    arrows: folded,
  };
}

const FRAME = "the system";
const USERS = "its users";
const WATCH = "alarms, dashboards, queries";

/** Without arrows to or from the whole where the same neighbour's to or from its parts say more. */
function withoutVague(arrows: readonly ChartArrow[], inside: readonly string[]): readonly ChartArrow[] {
  return arrows.filter(
    ({ from, to }) =>
      to !== FRAME || from === WATCH || !arrows.some((arrow) => arrow.from === from && inside.includes(arrow.to)),
  );
}

/** The parts of a unit, by the constructs below what its resources have in common. */
function partsOf({ resources }: Unit): readonly Part[] {
  const base = resources
    .map(({ path }) => path.split("/").slice(0, -1))
    .reduce((common, ids) => common.slice(0, firstDifference(common, ids)), resources[0]?.path.split("/") ?? []);
  const parts = new Map<string, ResourceModel[]>();
  for (const resource of resources) {
    const name = WATCHING.test(resource.type) ? WATCH : (resource.path.split("/")[base.length] ?? resource.path);
    parts.set(name, [...(parts.get(name) ?? []), resource]);
  }
  const all = [...parts].map(([name, members]) => ({ name, resources: members }));
  if (all.length <= MOST_PARTS) return all;
  const bySize = [...all].sort((one, other) => other.resources.length - one.resources.length);
  const rest = bySize.slice(MOST_PARTS - 1);
  return [
    ...all.filter((part) => !rest.includes(part)),
    { name: `${rest.length} more parts`, resources: rest.flatMap((part) => part.resources) },
  ];
}

function firstDifference(one: readonly string[], other: readonly string[]): number {
  const index = one.findIndex((id, at) => id !== other[at]);
  return index === -1 ? one.length : index;
}

/** What resources are, in words: the most frequent types. */
function contents(resources: readonly ResourceModel[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  // What tells it first: nearly everything has roles and logs.
  const weight = ([type, count]: readonly [string, number]): number => (BESIDE.test(type) ? count : count + 1_000);
  const ordered = [...counts].sort((one, other) => weight(other) - weight(one));
  const words = ordered
    .slice(0, 3)
    .map(([type, count]) => (count === 1 ? inWords(type) : `${count}× ${inWords(type)}`));
  return wrapped(
    [...words, ...(ordered.length > 3 ? [`${ordered.length - 3} more type${ordered.length === 4 ? "" : "s"}`] : [])],
    30,
  );
}

/** `aws_db_instance` as people say it. */
export function inWords(type: string): string {
  return type.replace(/^(aws|kubernetes)_(cloudwatch_)?|_v\d$/g, "").replaceAll("_", " ");
}

/** Systems of others by their page: of forty ETLs one box. */
const neighbourKey = ({ name, place, system }: Unit): string => `${place.stage} ${system?.page ?? name}`;

function neighbour(key: string, units: readonly Unit[], unit: Unit, linkTo: LinkTo): ChartNode {
  const [first] = units;
  if (first === undefined) throw new Error(`${key}: must stand for a unit`);
  const names = unique(units.map(({ name }) => name));
  const where = first.place.stage === unit.place.stage ? [] : [first.place.stage];
  return {
    key,
    lines: [...(names.length > 4 ? [first.system?.page ?? first.name] : wrapped(names)), ...where],
    category: first.category,
    link: first.system && linkTo(first.system.page),
  };
}
