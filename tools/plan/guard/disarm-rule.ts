import {
  isShownList,
  isShownMap,
  isUnknownWithin,
  pathText,
  SENSITIVE,
  shownAt,
  shownText,
  UNKNOWN,
  type Shown,
  type ValuePath,
} from "../shown-value";

/** A rule on one attribute: what takes protection away. */
export interface DisarmRule {
  /** The attribute. Of a single block: index 0. */
  readonly path: ValuePath;
  /** Whether the change takes protection away. */
  readonly disarms: (before: Shown | undefined, after: Shown | undefined) => boolean;
  /** Whether what stands before protects at all: where it does not, nothing unknown can take it away. @default - where taking it out disarms */
  readonly protects?: (before: Shown | undefined) => boolean;
  /** What it means. */
  readonly means: string;
  /** Paths within each block of a list that it reads; what is unknown elsewhere in them does not matter. @default - all of it */
  readonly reads?: readonly ValuePath[];
}

/** A rule's verdict on a change. */
export interface Disarmed {
  /** What changes and what it means: `deletion_protection true -> false: AWS would no longer refuse to delete it`. */
  readonly text: string;
  /** False where the value is known only after an apply. */
  readonly certain: boolean;
}

/** What a rule says of a change; undefined when it takes nothing away. */
export function judgeRule(
  { disarms, means, path, protects = (value) => disarms(value, undefined), reads }: DisarmRule,
  before: Shown | undefined,
  after: Shown | undefined,
): Disarmed | undefined {
  const old = shownAt(before, path);
  const next = shownAt(after, path);
  if (!isHidden(old) && shownText(old) === shownText(next) && !isOpen(next, reads)) return undefined;
  const attribute = pathText(path.filter((step) => typeof step === "string"));
  const text = `${attribute} ${shortened(old)} -> ${shortened(next)}: ${means}`;
  if (isHidden(old) || isOpen(next, reads)) {
    return isHidden(old) || protects(old) ? { text, certain: false } : undefined;
  }
  return disarms(old, next) ? { text, certain: true } : undefined;
}

/** Longest value that is written out; of more, the blocks that changed stand in the plan. */
const LONGEST = 80;

function shortened(value: Shown | undefined): string {
  const text = shownText(value);
  return text.length <= LONGEST ? text : `(${text.length} characters)`;
}

/** Whether nobody can tell yet what a rule would read. */
function isOpen(value: Shown | undefined, reads: DisarmRule["reads"]): boolean {
  if (isHidden(value)) return true;
  if (reads === undefined) return isUnknownWithin(value);
  return itemsOf(value).some((item) => isHidden(item) || reads.some((path) => isUnknownWithin(shownAt(item, path))));
}

const isHidden = (value: Shown | undefined): boolean => value === SENSITIVE || value === UNKNOWN;

const isOn = (value: Shown | undefined): boolean => value === true || value === "true";

/** A switch that protects and is turned off, or taken out. */
export function turnedOff(means: string, ...path: ValuePath): DisarmRule {
  return { path, means, disarms: (before, after) => isOn(before) && !isOn(after) };
}

/** A switch that lets go and is turned on. */
export function turnedOn(means: string, ...path: ValuePath): DisarmRule {
  return {
    path,
    means,
    protects: (before) => !isOn(before),
    disarms: (before, after) => !isOn(before) && isOn(after),
  };
}

/** A number that protects the longer the higher, and is lowered or taken out. */
export function lowered(means: string, ...path: ValuePath): DisarmRule {
  return loweredFrom(numberOf, means, ...path);
}

/** As {@link lowered}, of what a value comes to: undefined where it says nothing. */
export function loweredFrom(
  amount: (value: Shown | undefined) => number | undefined,
  means: string,
  ...path: ValuePath
): DisarmRule {
  return {
    path,
    means,
    disarms: (before, after) => {
      const [old, next] = [amount(before), amount(after)];
      return old !== undefined && (next === undefined || next < old);
    },
  };
}

/** A number or a text that holds one. */
export function numberOf(value: Shown | undefined): number | undefined {
  const found =
    typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  return Number.isNaN(found) ? undefined : found;
}

/** An attribute that protects while it has one of some values, and gets another. */
export function noLonger(values: readonly string[], means: string, ...path: ValuePath): DisarmRule {
  const isOne = (value: Shown | undefined): boolean => typeof value === "string" && values.includes(value);
  return { path, means, disarms: (before, after) => isOne(before) && !isOne(after) };
}

/** Something that protects by being there, and is taken out. */
export function removed(means: string, ...path: ValuePath): DisarmRule {
  return { path, means, disarms: (before, after) => isThere(before) && !isThere(after) };
}

/** Blocks or values of a list of which one is taken out, told apart by what stands at `key` in each. */
export function removedFrom(key: ValuePath, means: string, ...path: ValuePath): DisarmRule {
  const keys = (value: Shown | undefined): readonly string[] =>
    itemsOf(value).map((item) => shownText(shownAt(item, key)));
  return {
    path,
    means,
    reads: [key],
    disarms: (before, after) => {
      const left = new Set(keys(after));
      return keys(before).some((one) => !left.has(one));
    },
  };
}

/** What a block comes to, and the paths in it that decide that. */
export interface Amount {
  /** The number: the higher, the safer. */
  readonly of: (item: Shown) => number;
  /** What it reads. */
  readonly reads: readonly ValuePath[];
}

/** Blocks of a list, told apart by what stands at `key` in each, of which one comes to less than before. One that is gone is not told. */
export function loweredIn(key: ValuePath, amount: Amount, means: string, ...path: ValuePath): DisarmRule {
  const amounts = (value: Shown | undefined): ReadonlyMap<string, number> =>
    new Map(itemsOf(value).map((item) => [shownText(shownAt(item, key)), amount.of(item)]));
  return {
    path,
    means,
    reads: [key, ...amount.reads],
    protects: (before) => itemsOf(before).length > 0,
    disarms: (before, after) => {
      const left = amounts(after);
      return [...amounts(before)].some(([one, old]) => (left.get(one) ?? old) < old);
    },
  };
}

/** Blocks of a list of which the least comes to less than before. */
export function leastLowered(amount: Amount, means: string, ...path: ValuePath): DisarmRule {
  const least = (value: Shown | undefined): number =>
    Math.min(Number.POSITIVE_INFINITY, ...itemsOf(value).map(amount.of));
  return {
    path,
    means,
    reads: amount.reads,
    protects: () => true,
    disarms: (before, after) => least(after) < least(before),
  };
}

/** The items of a list; a single block may stand there as itself. */
export function itemsOf(value: Shown | undefined): readonly Shown[] {
  if (isShownList(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function isThere(value: Shown | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (isShownList(value)) return value.length > 0;
  return !isShownMap(value) || Object.keys(value).length > 0;
}
