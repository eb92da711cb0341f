import { isDeepStrictEqual } from "node:util";
import {
  isShownList,
  isShownMap,
  pathText,
  SENSITIVE,
  shownAt,
  shownChange,
  shownText,
  written,
  type Shown,
  type ValuePath,
} from "../shown-value";
import type { Change } from "../terraform-plan";
import type { AttributeReport } from "./model";
import { lineDifference } from "./line-difference";
import { numberText } from "./words";

/** A value longer than this is no longer read in a line. */
const LONG = 120;

/** How what waits for other stacks is told: by the attribute's name. */
export type Waiting = Readonly<Record<string, readonly string[]>>;

/**
 * The attributes that differ, leaf by leaf, in the order of their paths.
 * @param waiting - by attribute: the stacks that it waits for
 */
export function attributeReports(change: Change, waiting: Waiting = {}): readonly AttributeReport[] {
  const { before, after } = shownChange(change);
  const reports = differing([], before, after)
    .filter(([path, old, next]) => old !== SENSITIVE || next !== SENSITIVE || !isSame(change, path))
    .map(([path, old, next]) => attributeReport(path, old, next, waiting));
  const told = new Set(reports.map(({ path, text }) => `${path}\n${text}`));
  // AWS's provider tells a tag twice: as it is written, and among all that a resource gets.
  return reports.filter(
    ({ path, text }) => !path.startsWith("tags_all.") || !told.has(`tags.${path.slice(9)}\n${text}`),
  );
}

/** The attributes that force a replacement. What differs within them stands in one line. */
export function forcingReports(
  change: Change,
  paths: readonly ValuePath[],
  waiting: Waiting = {},
): readonly AttributeReport[] {
  const { before, after } = shownChange(change);
  return paths.map((path) => attributeReport(path, shownAt(before, path), shownAt(after, path), waiting));
}

function attributeReport(
  path: ValuePath,
  before: Shown | undefined,
  after: Shown | undefined,
  waiting: Waiting,
): AttributeReport {
  const name = String(path[0] ?? "");
  const stacks = Object.hasOwn(waiting, name) ? (waiting[name] ?? []) : [];
  const unknown = stacks.length === 0 ? "known after apply" : `waits for ${stacks.join(", ")}`;
  const label = written(pathText(path));
  const [old, next] = [shownText(before, unknown), shownText(after, unknown)];
  if (old.length <= LONG && next.length <= LONG) return { path: label, text: `${old} -> ${next}` };
  const sizes = `${sizeOf(before, old)} -> ${sizeOf(after, next)}`;
  const lines = typeof after === "symbol" ? undefined : lineDifference(before, after, unknown);
  return lines === undefined
    ? { path: label, text: `changed (${sizes})` }
    : { path: label, text: `changed (${sizes})`, lines };
}

function sizeOf(value: Shown | undefined, text: string): string {
  if (text.length <= LONG) return text;
  return `${numberText(typeof value === "string" ? value.length : text.length)} characters`;
}

/** Whether a hidden value stays what it is: that alone is told of it. */
function isSame({ before, after }: Change, path: ValuePath): boolean {
  const at = (value: unknown): unknown =>
    path.reduce<unknown>(
      (inner, step) => (inner as Readonly<Record<string, unknown>> | null | undefined)?.[step],
      value,
    );
  return isDeepStrictEqual(at(before), at(after));
}

type Leaf = readonly [path: ValuePath, before: Shown | undefined, after: Shown | undefined];

function differing(path: ValuePath, before: Shown | undefined, after: Shown | undefined): readonly Leaf[] {
  if (isNone(before) && isNone(after)) return [];
  if (isShownMap(before) && isShownMap(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => differing([...path, key], before[key], after[key]));
  }
  // At the top stands the resource itself: what is made or goes is told attribute by attribute.
  if (path.length === 0) {
    const whole = isShownMap(before) ? before : isShownMap(after) ? after : {};
    return Object.keys(whole).flatMap((key) => differing([key], shownAt(before, [key]), shownAt(after, [key])));
  }
  if (
    isShownList(before) &&
    isShownList(after) &&
    before.length === after.length &&
    [...before, ...after].every(isShownMap)
  ) {
    return before.flatMap((item, index) => differing([...path, index], item, after[index]));
  }
  if (shownText(before) === shownText(after) && typeof before !== "symbol") return [];
  return [[path, before, after]];
}

/** Terraform's providers write nothing in many ways. */
function isNone(value: Shown | undefined): boolean {
  return value === undefined || value === null || value === "" || (isShownList(value) && value.length === 0);
}
