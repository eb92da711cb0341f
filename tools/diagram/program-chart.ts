import { GLOBAL } from "../../config/names";
import { constructId } from "../../constructs/shared/construct-id";
import { text } from "../../constructs/shared/policy/model";
import { foldHubs, liftArrows, mergeArrows, type Chart, type ChartGroup, type ChartNode } from "./chart";
import type { Graph, StackPlace, Unit } from "./graph";
import { unique, unitNode, wrapped, type LinkTo } from "./stage-chart";

/** A drawing of accounts and stacks: what each stack holds, and what it takes from others. */
export function accountsChart({ edges, places, units }: Graph): Chart {
  const node = ({ stack }: StackPlace): ChartNode => ({
    key: stack,
    lines: [
      stack,
      ...wrapped(
        units.filter(({ place, system }) => place.stack === stack && system !== undefined).map(({ name }) => name),
      ),
    ],
  });
  const across = edges.filter(({ from, to }) => from.place.stack !== to.place.stack);
  const between = unique(across.map(({ from, to }) => `${from.place.stack} ${to.place.stack}`));
  return {
    children: byAccount(places, (stacks) => stacks.map(node)),
    arrows: between.flatMap((pair) => {
      const [from = "", to = ""] = pair.split(" ");
      const of = across.filter((edge) => edge.from.place.stack === from && edge.to.place.stack === to);
      const references = of.reduce((sum, edge) => sum + edge.references.length, 0);
      return mergeArrows(of.map(({ kind }) => ({ from, to, kinds: [kind], note: String(references) })));
    }),
  };
}

/** A drawing of the whole program: every system in its account, stack and tier of subnets. */
export function wholeChart(graph: Graph, linkTo: LinkTo): Chart {
  const { edges, places, units } = graph;
  const members = new Map<string, readonly string[]>();
  let arrows = mergeArrows(edges.map(({ from, to, kind }) => ({ from: from.path, to: to.path, kinds: [kind] })));
  const hubs = new Set<string>();
  for (const { stack } of places) {
    const own = units.filter(({ place }) => place.stack === stack).map(({ path }) => path);
    const folded = foldHubs(arrows, inner(stack), own);
    arrows = folded.arrows;
    for (const hub of folded.hubs) if (own.includes(hub)) hubs.add(hub);
  }
  const frame = (place: StackPlace): ChartGroup => {
    const own = units.filter((unit) => unit.place === place);
    const rest = own.filter(({ path }) => !hubs.has(path));
    const tiers = unique(rest.map((unit) => tiersOf(graph, unit)));
    const children = tiers.flatMap((tier): Chart["children"] => {
      const inTier = rest.filter((unit) => tiersOf(graph, unit) === tier);
      const nodes = kindsOfPages(inTier, members, linkTo);
      return tier === "" ? nodes : [{ key: `${place.stack} ${tier}`, label: `VPC: ${tier}`, children: nodes }];
    });
    const outside = own.filter(({ path }) => hubs.has(path)).map((unit) => unitNode(unit, linkTo));
    return outside.length === 0
      ? { key: inner(place.stack), label: place.stack, children }
      : {
          key: place.stack,
          label: place.stack,
          children: [{ key: inner(place.stack), label: "", children }, ...outside],
        };
  };
  const children = byAccount(places, (stacks) => stacks.map(frame));
  return { children, arrows: liftArrows(arrows, members) };
}

const inner = (stack: string): string => `${stack} systems`;

function byAccount(
  places: readonly StackPlace[],
  draw: (places: readonly StackPlace[]) => Chart["children"],
): readonly ChartGroup[] {
  return unique(places.map(({ environment }) => environment)).map((environment) => ({
    key: `account ${environment}`,
    label: environment === GLOBAL ? "shared account" : `account of ${environment}`,
    children: draw(places.filter((place) => place.environment === environment)),
  }));
}

/** Boxes; those of one kind in a frame. */
function kindsOfPages(
  units: readonly Unit[],
  members: Map<string, readonly string[]>,
  linkTo: LinkTo,
): Chart["children"] {
  return unique(units.map(({ path, system }) => system?.page ?? path)).flatMap((page): Chart["children"] => {
    const alike = units.filter(({ path, system }) => (system?.page ?? path) === page);
    const nodes = alike.map((unit) => unitNode(unit, linkTo));
    const [first] = alike;
    if (nodes.length < 2 || first === undefined) return nodes;
    const key = `${first.place.stack} ${page} ${first.path}`;
    members.set(
      key,
      nodes.map((node) => node.key),
    );
    return [{ key, label: page, children: nodes }];
  });
}

/** The tiers of subnets that a unit stands in, as its resources refer to them; nothing for what makes the subnets. */
function tiersOf({ references }: Graph, unit: Unit): string {
  const subnets = references.flatMap(({ fromUnit, to, toUnit }) =>
    fromUnit === unit && toUnit !== unit && to.resource?.type === "aws_subnet" ? [to.resource] : [],
  );
  const tiers = subnets.map(({ path, body }) => {
    const id = path.split("/").at(-1) ?? "";
    const zone = constructId(text(body["availability_zone"])).toLowerCase();
    return id.toLowerCase().replace(zone, "");
  });
  return tiers.length === 0 ? "" : `${[...unique(tiers)].sort().join(", ")} subnets`;
}
