import { KIND_ORDER, type Category, type Kind } from "./kinds";

/** A box. */
export interface ChartNode {
  /** Tells it from the others. */
  readonly key: string;
  /** What stands in it, line by line; the first is its name. */
  readonly lines: readonly string[];
  /** Its colour. @default - none */
  readonly category?: Category;
  /** Where a click leads. @default - nowhere */
  readonly link?: string;
}

/** A frame around boxes. */
export interface ChartGroup {
  /** Tells it from the others: arrows may begin and end at it. */
  readonly key: string;
  /** What stands above it. */
  readonly label: string;
  /** What is in it. */
  readonly children: readonly (ChartNode | ChartGroup)[];
}

/** An arrow from one who refers to what is referred to. */
export interface ChartArrow {
  /** Key of a box or a frame. */
  readonly from: string;
  /** Key of a box or a frame. */
  readonly to: string;
  /** What it means, what matters most first. */
  readonly kinds: readonly Kind[];
  /** What stands beside the kinds. @default - nothing */
  readonly note?: string;
}

/** A drawing. */
export interface Chart {
  /** Boxes and frames. */
  readonly children: readonly (ChartNode | ChartGroup)[];
  /** Arrows. */
  readonly arrows: readonly ChartArrow[];
}

/** Whether something drawn is a frame. */
export const isGroup = (child: ChartNode | ChartGroup): child is ChartGroup => "children" in child;

/** The boxes of a drawing. */
export function nodesOf(children: Chart["children"]): readonly ChartNode[] {
  return children.flatMap((child) => (isGroup(child) ? nodesOf(child.children) : [child]));
}

/** Whether an arrow is drawn weakly: it says who may what, and who is told, not what the system does. */
export function isWeak({ kinds }: ChartArrow): boolean {
  return kinds.every((kind) => kind === "rights" || kind === "key" || kind === "watch");
}

/** The arrows between the same two ends as one. */
export function mergeArrows(arrows: readonly ChartArrow[]): readonly ChartArrow[] {
  const merged = new Map<string, ChartArrow>();
  for (const arrow of arrows) {
    const key = `${arrow.from} ${arrow.to} ${arrow.note ?? ""}`;
    const known = new Set([...(merged.get(key)?.kinds ?? []), ...arrow.kinds]);
    merged.set(key, { ...arrow, kinds: KIND_ORDER.filter((kind) => known.has(kind)) });
  }
  return [...merged.values()];
}

/**
 * Draws once, from a frame or to it, what all boxes of the frame have in common.
 * @param groups - keys of the boxes by the key of their frame
 */
export function liftArrows(
  arrows: readonly ChartArrow[],
  groups: ReadonlyMap<string, readonly string[]>,
): readonly ChartArrow[] {
  let lifted = mergeArrows(arrows);
  for (const [group, members] of groups) {
    if (members.length < 2) continue;
    for (const [near, far] of [
      ["from", "to"],
      ["to", "from"],
    ] as const) {
      const ends = new Set(lifted.filter((arrow) => members.includes(arrow[near])).map((arrow) => arrow[far]));
      for (const end of ends) {
        if (members.includes(end)) continue;
        const between = (member: string) =>
          lifted.find((arrow) => arrow[near] === member && arrow[far] === end)?.kinds ?? [];
        const common = KIND_ORDER.filter((kind) => members.every((member) => between(member).includes(kind)));
        if (common.length === 0) continue;
        const rest = lifted.flatMap((arrow) => {
          if (arrow[far] !== end || !members.includes(arrow[near])) return [arrow];
          const kinds = arrow.kinds.filter((kind) => !common.includes(kind));
          return kinds.length === 0 ? [] : [{ ...arrow, kinds }];
        });
        const whole = { from: near === "from" ? group : end, to: near === "from" ? end : group, kinds: common };
        lifted = [...rest, whole];
      }
    }
  }
  return mergeArrows(lifted);
}

/** From this many boxes on, arrows to the same place are drawn as one. */
const HUB = 4;

/**
 * Draws arrows from many boxes of a frame to the same place as one arrow from the frame, which says from how many.
 * @param frame - key of the frame
 * @param members - keys of the boxes in it
 * @param folds - which arrows may be folded: by default weak ones
 * @returns the arrows, and the ends that are no longer told apart: they must stand outside of the frame
 */
export function foldHubs(
  arrows: readonly ChartArrow[],
  frame: string,
  members: readonly string[],
  folds: (arrow: ChartArrow) => boolean = isWeak,
): { readonly arrows: readonly ChartArrow[]; readonly hubs: readonly string[] } {
  const hubs = [...new Set(arrows.map(({ to }) => to))].flatMap((hub) => {
    const folded = arrows.filter((arrow) => arrow.to === hub && members.includes(arrow.from) && folds(arrow));
    const others = members.filter((member) => member !== hub);
    // What is used by the frame's boxes and uses one of them stays among them.
    const leaves = !arrows.some((arrow) => arrow.from === hub && members.includes(arrow.to));
    if (folded.length < HUB || !leaves) return [];
    const told = KIND_ORDER.filter((kind) => folded.some((arrow) => arrow.kinds.includes(kind)));
    const note = folded.length === others.length ? undefined : `${folded.length} of ${others.length}`;
    return [{ hub, folded: new Set(folded), arrow: { from: frame, to: hub, kinds: told, note } }];
  });
  return {
    arrows: [
      ...arrows.filter((arrow) => !hubs.some(({ folded }) => folded.has(arrow))),
      ...hubs.map(({ arrow }) => arrow),
    ],
    hubs: hubs.map(({ hub }) => hub),
  };
}
