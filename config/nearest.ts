import { show, valueAt } from "./problem";
import type { Fault } from "./schema/rule";

/** A fault and the name of its file: `global` or an environment. */
export interface FileFault {
  /** Name of the file: `global` or an environment. */
  readonly name: string;
  /** What is wrong in it. */
  readonly fault: Fault;
}

type Path = readonly PropertyKey[];

/** What stands for "no such place": the path leads through something that is neither a plain object nor a list. */
const NOWHERE = Symbol("nowhere");

/** A copy of a value with another value at a path. Only what lies on the path is copied. */
function replaced(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (root === undefined && rest.length === 0) return NOWHERE;
  if (!isContainer(root)) return NOWHERE;
  const inner = replaced(valueAt(root, [key]), rest, value);
  if (inner === NOWHERE) return NOWHERE;
  if (!Array.isArray(root)) return { ...root, [key]: inner };
  const copy = [...(root as unknown[])];
  copy[Number(key)] = inner;
  return copy;
}

/** A copy of a value in which the last name of a path is another one, in the same place. */
function renamed(root: unknown, path: Path, name: string): unknown {
  const parent = valueAt(root, path.slice(0, -1));
  if (!isContainer(parent) || Array.isArray(parent) || Object.hasOwn(parent, name)) return NOWHERE;
  const entries = Object.entries(parent as Record<string, unknown>).map(([key, value]) => [
    key === path.at(-1) ? name : key,
    value,
  ]);
  return replaced(root, path.slice(0, -1), Object.fromEntries(entries));
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.hasOwn(prototype as object, "isPrototypeOf");
}

/** A file's value after a fault's nearest value, or nearest name, was put in; undefined where that is no place to put one. */
export function withNearest(
  root: unknown,
  { path, isName = false }: Fault,
  nearest: unknown,
): { value: unknown } | undefined {
  const value = isName
    ? typeof nearest === "string"
      ? renamed(root, path, nearest)
      : NOWHERE
    : replaced(root, path, nearest);
  return value === NOWHERE ? undefined : { value };
}

/** What makes a fault the same one after an edit. */
export const faultKey = ({ name, fault }: FileFault): string =>
  JSON.stringify([name, fault.path.map(String), fault.rule]);

/** A rule's value may break another rule, whose value may do. */
const MAX_TRIES = 5;

/**
 * The nearest value of a fault that, put in alone, removes the fault and adds none: the rule's own, or what the next rule in its way
 * wants; undefined where there is none.
 *
 * @param own - the fault
 * @param before - all faults of the configuration
 * @param root - value of the fault's file
 * @param after - all faults with another value of the file
 */
export function nearestThatHolds(
  own: FileFault,
  before: readonly FileFault[],
  root: unknown,
  after: (name: string, value: unknown) => readonly FileFault[],
): unknown {
  const known = new Set(before.map(faultKey));
  known.delete(faultKey(own));
  const tried = new Set<string>();
  let candidate = own.fault.nearest;
  while (candidate !== undefined && tried.size < MAX_TRIES && !tried.has(show(candidate))) {
    tried.add(show(candidate));
    const edited = withNearest(root, own.fault, candidate);
    if (edited === undefined) return undefined;
    const added = after(own.name, edited.value).filter((fault) => !known.has(faultKey(fault)));
    if (added.length === 0) return candidate;
    const place = JSON.stringify(own.fault.path.map(String));
    candidate = added.find(
      ({ name, fault }) =>
        name === own.name && fault.isName !== true && JSON.stringify(fault.path.map(String)) === place,
    )?.fault.nearest;
  }
  return undefined;
}
