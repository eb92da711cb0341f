/** Part of a text that may be told shorter when there is no room. */
export interface Piece {
  /** From the whole text to the shortest; an empty one is left out. */
  readonly variants: readonly [string, ...string[]];
  /** How much it matters: what is lowest is cut first. @default - it is never cut */
  readonly rank?: number;
  /** What is cut, as people say it: `attributes of updates`. @default - nothing to speak of */
  readonly what?: string;
  /** Its stack. @default - none in particular */
  readonly stack?: string;
}

/** What was cut. */
export interface Cut {
  /** What it is. */
  readonly what: string;
  /** How many of it. */
  readonly count: number;
  /** In which stacks. */
  readonly stacks: readonly string[];
}

/** Pieces as a text. */
export interface Fitted {
  /** The text. */
  readonly text: string;
  /** What was cut for it. */
  readonly cuts: readonly Cut[];
  /** Whether it is within the limit. */
  readonly fits: boolean;
}

/** Joins pieces line by line; where that is above the limit, what matters least is cut first, from the end of the text on. */
export function fit(pieces: readonly Piece[], limit: number, sizeOf: (text: string) => number): Fitted {
  const chosen = pieces.map(() => 0);
  const textAt = (index: number, variant: number): string => pieces[index]?.variants[variant] ?? "";
  const roomOf = (text: string): number => (text === "" ? 0 : sizeOf(text) + 1);
  let size = pieces.reduce((total, { variants }) => total + roomOf(variants[0]), 0);
  const ranks = [...new Set(pieces.flatMap(({ rank }) => (rank === undefined ? [] : [rank])))].sort(
    (one, other) => one - other,
  );
  for (const rank of ranks) {
    const members = pieces.flatMap((piece, index) => (piece.rank === rank ? [index] : [])).reverse();
    const most = Math.max(...members.map((index) => (pieces[index]?.variants.length ?? 1) - 1));
    for (let variant = 1; variant <= most && size > limit; variant += 1) {
      for (const index of members) {
        if (size <= limit) break;
        if (variant >= (pieces[index]?.variants.length ?? 1)) continue;
        size += roomOf(textAt(index, variant)) - roomOf(textAt(index, variant - 1));
        chosen[index] = variant;
      }
    }
  }
  return {
    text: pieces
      .map((_, index) => textAt(index, chosen[index] ?? 0))
      .filter((text) => text !== "")
      .join("\n"),
    cuts: cutsOf(pieces.filter((_, index) => chosen[index] !== 0)),
    fits: size <= limit,
  };
}

function cutsOf(pieces: readonly Piece[]): readonly Cut[] {
  const found = new Map<string, { count: number; stacks: Set<string> }>();
  for (const { stack, what } of pieces) {
    if (what === undefined) continue;
    const cut = found.get(what) ?? { count: 0, stacks: new Set() };
    cut.count += 1;
    if (stack !== undefined) cut.stacks.add(stack);
    found.set(what, cut);
  }
  return [...found].map(([what, { count, stacks }]) => ({ what, count, stacks: [...stacks] }));
}
