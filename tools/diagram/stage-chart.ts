import {
  foldHubs,
  isGroup,
  liftArrows,
  mergeArrows,
  nodesOf,
  type Chart,
  type ChartArrow,
  type ChartGroup,
  type ChartNode,
} from "./chart";
import type { Graph, Unit } from "./graph";
import { NODE_LIMIT } from "./mermaid";

/** Address of a page of the runbook. */
export type LinkTo = (page: string) => string;

/** The box of a unit. */
export function unitNode(unit: Unit, linkTo: LinkTo): ChartNode {
  return {
    key: unit.path,
    lines: [unit.name, ...(unit.system === undefined ? wrapped(partsOf(unit)) : [])],
    category: unit.category,
    link: unit.system && linkTo(unit.system.page),
  };
}

/** The constructs that hold what belongs to no system. */
const partsOf = ({ resources }: Unit): readonly string[] =>
  unique(resources.map(({ path }) => path.split("/")[1] ?? path));

/** A drawing of one stack: its systems, what they use elsewhere, and which stages use them. */
export function stageChart({ edges, units }: Graph, stack: string, linkTo: LinkTo): Chart {
  const own = units.filter(({ place }) => place.stack === stack);
  const drawn = edges.filter(({ from, to }) => from.place.stack === stack || to.place.stack === stack);
  const keyOf = (unit: Unit, end: "from" | "to"): string =>
    // Who uses a stage is drawn as one box: their own stage's page tells them apart.
    end === "from" && unit.place.stack !== stack ? userKey(unit) : unit.path;
  const arrows = mergeArrows(
    drawn.map(({ from, to, kind }) => ({ from: keyOf(from, "from"), to: keyOf(to, "to"), kinds: [kind] })),
  );
  const frame = `${stack} systems`;
  const { arrows: unfolded, hubs } = foldHubs(
    arrows,
    frame,
    own.map(({ path }) => path),
  );
  const [hubNodes, others] = [
    own.filter(({ path }) => hubs.includes(path)),
    own.filter(({ path }) => !hubs.includes(path)),
  ];
  const used = unique(drawn.flatMap(({ to }) => (to.place.stack === stack ? [] : [to])));
  const users = unique(drawn.flatMap(({ from }) => (from.place.stack === stack ? [] : [userKey(from)])));
  const place = own[0]?.place.stage ?? stack;
  const inner = grouped(others, linkTo);
  return withinLimit({
    children: [
      ...users.map((key) => ({ key, lines: [key] })),
      hubNodes.length === 0
        ? { key: frame, label: place, children: inner }
        : {
            key: stack,
            label: place,
            children: [
              { key: frame, label: "systems", children: inner },
              ...hubNodes.map((unit) => unitNode(unit, linkTo)),
            ],
          },
      ...unique(used.map((unit) => unit.place.stack)).map((other) => {
        const there = used.filter((unit) => unit.place.stack === other);
        return { key: other, label: there[0]?.place.stage ?? other, children: grouped(there, linkTo) };
      }),
    ],
    arrows: unfolded,
  });
}

const userKey = ({ place }: Unit): string => place.stage;

/** Units of one kind, which share a page of the runbook, in a frame of their own. */
function grouped(units: readonly Unit[], linkTo: LinkTo): readonly (ChartNode | ChartGroup)[] {
  return unique(units.map(pageOf)).flatMap((page): readonly (ChartNode | ChartGroup)[] => {
    const nodes = units.filter((unit) => pageOf(unit) === page).map((unit) => unitNode(unit, linkTo));
    const [first] = units.filter((unit) => pageOf(unit) === page);
    if (nodes.length < 2 || first?.system === undefined) return nodes;
    return [{ key: `${first.place.stack} ${page}`, label: first.system.page, children: nodes }];
  });
}

const pageOf = ({ path, system }: Unit): string => system?.page ?? path;

/** Draws what the boxes of a frame have in common once, and the largest frames as one box while there are too many. */
function withinLimit({ children, arrows }: Chart): Chart {
  const frames = framesOf(children);
  const members = new Map(frames.map(({ key, children: inner }) => [key, inner.map((child) => child.key)]));
  const chart = { children, arrows: liftArrows(arrows, members) };
  if (nodesOf(children).length <= NODE_LIMIT) return chart;
  const [largest] = [...frames].sort((one, other) => other.children.length - one.children.length);
  return largest === undefined ? chart : withinLimit(collapsed(chart, largest));
}

/** The frames that hold boxes of one kind. */
function framesOf(children: Chart["children"]): readonly ChartGroup[] {
  return children.flatMap((child) => {
    if (!isGroup(child)) return [];
    const inner = framesOf(child.children);
    return child.key.includes(" ") && child.children.every((node) => !isGroup(node)) && !child.key.endsWith(" systems")
      ? [child]
      : inner;
  });
}

/** The boxes of a frame as one, which names them all. */
function collapsed({ children, arrows }: Chart, frame: ChartGroup): Chart {
  const nodes = nodesOf(frame.children);
  const inside = new Set(nodes.map(({ key }) => key));
  const [first] = nodes;
  const one: ChartNode = {
    key: frame.key,
    lines: [frame.label, ...wrapped(nodes.flatMap(({ lines }) => lines[0] ?? []))],
    category: first?.category,
    link: first?.link,
  };
  const replace = (list: Chart["children"]): Chart["children"] =>
    list.map((child) => {
      if (child.key === frame.key) return one;
      return isGroup(child) ? { ...child, children: replace(child.children) } : child;
    });
  const end = (key: string): string => (inside.has(key) ? frame.key : key);
  const moved = arrows.map((arrow): ChartArrow => ({ ...arrow, from: end(arrow.from), to: end(arrow.to) }));
  return { children: replace(children), arrows: mergeArrows(moved.filter(({ from, to }) => from !== to)) };
}

/** Names in lines of a readable length. */
export function wrapped(names: readonly string[], width = 30): readonly string[] {
  const lines: string[] = [];
  for (const [index, name] of names.entries()) {
    const word = index < names.length - 1 ? `${name},` : name;
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Without repetitions, in order. */
export const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
