import type { Change } from "./terraform-plan";

/** Stands where a value is sensitive: the value itself is in no {@link Shown}. */
export const SENSITIVE = Symbol("sensitive");
/** Stands where a value is known after the apply only. */
export const UNKNOWN = Symbol("unknown");

/** A value without what nobody may see. Whatever is printed of a plan is made of these. */
export type Shown = typeof SENSITIVE | typeof UNKNOWN | null | boolean | number | string | readonly Shown[] | ShownMap;

/** An object of {@link Shown}. */
export interface ShownMap {
  /** By key. */
  readonly [key: string]: Shown;
}

/** What stood before and stands after, as it may be shown. Undefined where there is no such side. */
export interface ShownChange {
  /** Before. @default - it is made */
  readonly before?: Shown;
  /** After. @default - it goes */
  readonly after?: Shown;
}

/**
 * Both sides of a change as they may be shown. What is marked on one side is hidden on both: a value is often the same, or all but the
 * same, before it is marked.
 */
export function shownChange(change: Change): ShownChange {
  const { actions, after_sensitive: afterMarks, after_unknown: unknown, before_sensitive: beforeMarks } = change;
  const isThere = (value: unknown): boolean => value !== undefined && value !== null;
  const goes =
    !isThere(change.after) && !isMarked(unknown) && actions.every((one) => one === "delete" || one === "forget");
  return {
    ...(isThere(change.before) ? { before: shown(change.before, [beforeMarks, afterMarks], undefined) } : {}),
    ...(goes ? {} : { after: shown(change.after, [afterMarks, beforeMarks], unknown) }),
  };
}

function shown(value: unknown, marks: readonly unknown[], unknown: unknown): Shown {
  if (marks.includes(true)) return SENSITIVE;
  if (unknown === true) return UNKNOWN;
  if (Array.isArray(value) || (!isMap(value) && Array.isArray(unknown))) {
    const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
    // What Terraform does not know of a list may be missing at its end.
    const length = Math.max(items.length, Array.isArray(unknown) ? unknown.length : 0);
    return Array.from({ length }, (_, index) =>
      shown(
        items[index],
        marks.map((mark) => inside(mark, index)),
        inside(unknown, index),
      ),
    );
  }
  if (isMap(value) || isMap(unknown)) {
    const keys = new Set([...Object.keys(isMap(value) ? value : {}), ...Object.keys(isMap(unknown) ? unknown : {})]);
    return Object.fromEntries(
      [...keys].sort().map((key) => [
        key,
        shown(
          isMap(value) ? value[key] : undefined,
          marks.map((mark) => inside(mark, key)),
          inside(unknown, key),
        ),
      ]),
    );
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

function inside(mark: unknown, key: string | number): unknown {
  if (Array.isArray(mark)) return (mark as readonly unknown[])[Number(key)];
  return isMap(mark) && Object.hasOwn(mark, key) ? mark[key] : undefined;
}

/** Whether anything in a tree of marks is marked. */
function isMarked(mark: unknown): boolean {
  if (mark === true) return true;
  return typeof mark === "object" && mark !== null && Object.values(mark).some(isMarked);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a shown value is an object. */
export function isShownMap(value: Shown | undefined): value is ShownMap {
  return isMap(value);
}

/** Whether a shown value is a list. */
export function isShownList(value: Shown | undefined): value is readonly Shown[] {
  return Array.isArray(value);
}

/** Where a value is in a resource: `["tags", "Name"]`. */
export type ValuePath = readonly (string | number)[];

/**
 * The value at a path; undefined where there is none. What is hidden or unknown hides all below it. Terraform's JSON writes a single
 * block as an object or as a list of one.
 */
export function shownAt(value: Shown | undefined, path: ValuePath): Shown | undefined {
  let inner = value;
  for (const step of path) {
    if (inner === SENSITIVE || inner === UNKNOWN) return inner;
    if (isShownList(inner)) inner = inner[Number(step)];
    else if (isShownMap(inner)) inner = typeof step === "number" ? (step === 0 ? inner : undefined) : own(inner, step);
    else return undefined;
  }
  return inner;
}

function own(map: ShownMap, key: string): Shown | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Whether anything in a value is known after the apply only. */
export function isUnknownWithin(value: Shown | undefined): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some((inner) => isUnknownWithin(inner));
}

/** A path as people read it: `rule[0].days`. */
export function pathText(path: ValuePath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

/** A value as text in one line; characters that steer a terminal are written out. */
export function shownText(value: Shown | undefined, unknown = "known after apply"): string {
  if (value === undefined || value === null) return "none";
  if (value === SENSITIVE) return "(sensitive)";
  if (value === UNKNOWN) return `(${unknown})`;
  if (typeof value === "string") return written(JSON.stringify(value));
  if (isShownList(value)) return `[${value.map((item) => shownText(item, unknown)).join(", ")}]`;
  if (isShownMap(value)) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${written(key)}: ${shownText(inner, unknown)}`)
      .join(", ")}}`;
  }
  return String(value);
}

/** Control, format and direction characters: with them a text could look like another. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text in which nothing steers a terminal or hides: such characters are written out. */
export function written(text: string): string {
  return text.replace(STEERING, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
