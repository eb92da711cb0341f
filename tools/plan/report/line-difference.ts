import { diffArrays } from "diff";
import { isShownList, isShownMap, shownText, written, type Shown } from "../shown-value";

/** Most lines that are told of one value; above it nothing is compared further. */
const MOST_LINES = 24;
/** Longest line that is told. */
const LONGEST_LINE = 160;

/** The lines in which two long values differ, if few enough tell it. */
export function lineDifference(
  before: Shown | undefined,
  after: Shown | undefined,
  unknown: string,
): readonly string[] | undefined {
  const old = linesOf(before, unknown);
  const next = linesOf(after, unknown);
  if (old === undefined || next === undefined) return undefined;
  const parts = diffArrays([...old], [...next], { maxEditLength: MOST_LINES }) ?? [];
  const lines = parts.flatMap(({ added, removed, value }) =>
    added || removed ? value.map((line) => `${added ? "+" : "-"} ${shortened(line)}`) : [],
  );
  return lines.length === 0 ? undefined : lines;
}

function shortened(line: string): string {
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}…`;
}

/** A value line by line, as people would write it; undefined where it is one long word. */
function linesOf(value: Shown | undefined, unknown: string): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (isShownList(value)) return value.map((item) => shownText(item, unknown));
  if (isShownMap(value)) {
    return Object.entries(value).map(([key, item]) => `${written(key)}: ${shownText(item, unknown)}`);
  }
  if (typeof value !== "string") return [shownText(value, unknown)];
  const document = parsed(value);
  const lines = (document === undefined ? value : JSON.stringify(document, undefined, 2)).split(/\r?\n/);
  return lines.length < 2 && document === undefined ? undefined : lines.map(written);
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
