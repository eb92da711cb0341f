import type { HelmValue } from "../../constructs/shared/helm/helm-release";
import type { Values } from "./releases";

/** Keys and indexes that lead to a value. */
export type ValuePath = readonly (string | number)[];

/** A value with nothing below it. */
export interface Leaf {
  /** Where it stands. */
  readonly path: ValuePath;
  /** What stands there. */
  readonly value: HelmValue;
}

/** A path as people write it: `config.outputs[0].name`. */
export function pathText(path: ValuePath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

/** Every value with nothing below it, in the order of the values; an empty list or object is one. */
export function leavesOf(values: Values): readonly Leaf[] {
  const visit = (value: HelmValue | undefined, path: ValuePath): readonly Leaf[] => {
    if (value === undefined) return [];
    if (typeof value !== "object" || value === null) return [{ path, value }];
    const inner: readonly (readonly [string | number, HelmValue | undefined])[] = isList(value)
      ? value.map((item, index) => [index, item] as const)
      : Object.entries(value);
    if (inner.length === 0) return [{ path, value }];
    return inner.flatMap(([step, below]) => visit(below, [...path, step]));
  };
  return Object.entries(values).flatMap(([key, value]) => visit(value, [key]));
}

const isList = (value: HelmValue): value is readonly HelmValue[] => Array.isArray(value);

/** Another value of the same type: what a chart makes of it differs, if it reads it. Nothing stands for taking the value away. */
export function changed(value: HelmValue): HelmValue | undefined {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return changedText(value);
  if (value === null) return undefined;
  return isList(value) ? ["changed"] : { changed: "changed" };
}

/** Quantities, versions and durations stay what they are: their number grows. */
function changedText(value: string): string {
  if (value === "true" || value === "false") return value === "true" ? "false" : "true";
  const [, number] = /^(\d+)/.exec(value) ?? [];
  return number === undefined ? `${value}x` : `${Number(number) + 1}${value.slice(number.length)}`;
}

/** The values with another one at a path, or without it. */
export function withValue(values: Values, path: ValuePath, value: HelmValue | undefined): Values {
  return replaced(values, path, value) as Values;
}

function replaced(
  whole: HelmValue | undefined,
  [step, ...rest]: ValuePath,
  value: HelmValue | undefined,
): HelmValue | undefined {
  if (step === undefined) return value;
  if (Array.isArray(whole)) {
    return (whole as readonly HelmValue[]).map((item, index) =>
      index === step ? replaced(item, rest, value) : item,
    ) as HelmValue;
  }
  const map = whole as Readonly<Record<string, HelmValue | undefined>>;
  return { ...map, [step]: replaced(map[step], rest, value) };
}

/** A word that a chart may compare with: the name of a mode, a kind, a protocol. */
const WORD = /^[A-Za-z][A-Za-z-]{0,31}$/;

/**
 * What of the values decides which of them a chart reads: all but texts of a release's own, such as an address. Releases of a chart with
 * the same shape are as good as one.
 */
export function shapeOf(values: Values): string {
  return JSON.stringify(values, (_, value: unknown) =>
    typeof value === "string" && !WORD.test(value) && value !== "" ? "…" : value,
  );
}
