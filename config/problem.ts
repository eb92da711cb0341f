import { closest } from "fastest-levenshtein";
import { inspect } from "node:util";
import { z } from "zod";
import { isHidden, NOT_SHOWN, withoutSecrets } from "./secrets";
import type { Fault } from "./schema/rule";
import { RefusedError } from "./explained-error";

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** File below the project's root. */
  readonly file: string;
  /** Path of the value inside the file's object, for example `network.subnets.db`. */
  readonly path: string;
  /** What must hold, as the rest of a sentence that starts with the path. */
  readonly rule: string;
  /** The value as received, as JSON. */
  readonly received: string;
  /** The nearest value that would do, as JSON. @default - no single one */
  readonly nearest?: string;
}

/** Thrown when the configuration breaks a rule; carries every problem at once. */
export class ConfigError extends RefusedError {
  /**
   * @param problems - what is wrong
   * @param options - `cause`: what a rule threw instead of finding faults @default - none did
   */
  public constructor(
    public readonly problems: readonly ConfigProblem[],
    options: ErrorOptions = {},
  ) {
    super(
      [
        `The configuration has ${problems.length} problem${problems.length === 1 ? "" : "s"}. Correct each, then run: npx opsdx config check`,
        ...problems.map(
          ({ file, path, rule, received, nearest }) =>
            `  ${file}: ${path}: ${rule} (received ${received}${nearest === undefined ? "" : `; nearest valid: ${nearest}`})`,
        ),
      ].join("\n"),
      options,
    );
  }
}

const MAX_SHOWN = 120;

/** A value as a message shows it: JSON where JSON can, and never longer than a line. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = json(value) ?? inspect(value, { breakLength: Infinity, depth: 0 });
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 1)}…`;
}

function json(value: unknown): string | undefined {
  // JSON would write NaN and Infinity as null.
  if (typeof value === "number" && !Number.isFinite(value)) return undefined;
  try {
    return JSON.stringify(value, withoutSecrets);
  } catch {
    return undefined;
  }
}

/** The problem that a fault of a rule is. */
export function problemOf(file: string, { path, rule, received, nearest }: Fault): ConfigProblem {
  const hidden = received !== undefined && received !== path.at(-1) && isHidden(path);
  return {
    file,
    path: path.length === 0 ? "(whole file)" : path.map(String).join("."),
    rule,
    received: show(hidden ? NOT_SHOWN : received),
    ...(nearest === undefined || hidden ? {} : { nearest: show(nearest) }),
  };
}

/** The faults that a schema finds in a value. */
export function schemaFaults(schema: z.ZodType, value: unknown): readonly Fault[] {
  const result = schema.safeParse(value, { reportInput: true, error: ruleOf });
  return result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(schema, value, issue));
}

function faultsOf(schema: z.ZodType, root: unknown, issue: z.core.$ZodIssue): Fault[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const parent = valueAt(root, path);
    const unused = knownKeys(schema, path).filter((key) => valueAt(parent, [key]) === undefined);
    const known = unused.length > 0 ? unused : knownKeys(schema, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      rule: "is not a setting: rename or remove it",
      received: valueAt(parent, [key]),
      nearest: known.length === 0 ? undefined : closest(key, known),
      isName: true,
    }));
  }
  if (issue.code === "invalid_key") {
    const rule = issue.issues.map(({ message }) => message).join(" and ");
    return [{ path, rule: `${rule} (the name itself)`, received: path.at(-1), isName: true }];
  }
  const received = issue.input ?? valueAt(root, path);
  return [{ path, rule: issue.message, received, nearest: nearestOf(issue, received) }];
}

/** The value at a path; undefined where there is none. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    input,
  );
}

/** What a schema checks first, without what makes it optional or derives something of it. */
function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return bare(schema.unwrap());
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema;
}

/** The settings that an object of the schema may have. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const key of path) {
    current = bare(current);
    if (current instanceof z.ZodObject) current = valueAt(current.shape, [key]);
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else if (current instanceof z.ZodArray) current = current.element;
  }
  current = bare(current);
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  array: "a list",
  record: "an object",
  object: "an object",
};

/** The rule's text where the schema gives none of its own. */
function ruleOf(issue: z.core.$ZodRawIssue): string | undefined {
  const must = issue.input === undefined ? "is required:" : "must be";
  switch (issue.code) {
    case "invalid_type":
      return `${must} ${TYPES[issue.expected] ?? `a ${issue.expected}`}`;
    case "invalid_value":
      return `${must} ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(show).join(", ")}`;
    case "too_small":
    case "too_big": {
      const [inclusive, exclusive, limit] =
        issue.code === "too_small" ? ["at least", "above", issue.minimum] : ["at most", "below", issue.maximum];
      const bound = `${issue.inclusive === false ? exclusive : inclusive} ${limit}`;
      if (issue.origin === "string") return `must have ${bound} characters`;
      return issue.origin === "array" ? `must hold ${bound} entries` : `must be ${bound}`;
    }
    case "invalid_format":
      return issue.format === "starts_with" ? `must start with ${show(issue["prefix"])}` : undefined;
    default:
      return undefined;
  }
}

/** The nearest valid value, where the rule points to a single one. */
function nearestOf(issue: z.core.$ZodIssue, received: unknown): unknown {
  switch (issue.code) {
    case "invalid_type":
      return nearestNumber(issue.expected, received);
    case "invalid_value":
      return nearestAmong(issue.values, received);
    case "too_small":
      return typeof received === "number" && issue.inclusive !== false ? issue.minimum : undefined;
    case "too_big":
      return typeof received === "number" && issue.inclusive !== false ? issue.maximum : undefined;
    case "invalid_format":
      return issue.format === "starts_with" && "prefix" in issue && typeof received === "string"
        ? `${String(issue.prefix)}${received}`
        : undefined;
    case "custom":
      return issue.params?.["nearest"];
    default:
      return undefined;
  }
}

function nearestNumber(expected: string, received: unknown): number | undefined {
  if (expected !== "number" && expected !== "int") return undefined;
  const number = typeof received === "string" && received.trim() !== "" ? Number(received) : received;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  return expected === "int" ? Math.round(number) : number;
}

function nearestAmong(values: readonly unknown[], received: unknown): unknown {
  const numbers = values.filter((value) => typeof value === "number");
  if (typeof received === "number" && Number.isFinite(received) && numbers.length > 0) {
    return numbers.reduce((best, value) => (Math.abs(value - received) < Math.abs(best - received) ? value : best));
  }
  const texts = values.filter((value) => typeof value === "string");
  return typeof received === "string" && texts.length > 0 ? closest(received, texts) : undefined;
}
