import { isDeepStrictEqual } from "node:util";
import type { Speculation } from "./stack-plan";
import type { Change, TerraformPlan } from "./terraform-plan";
import { markedAt, stepsOf, valueAt, type Step } from "./unknowns";

type Json = Record<string, unknown>;

/** Outputs as a plan leaves them. */
export type PlannedOutputs = Readonly<Record<string, Pick<Change, "after" | "after_sensitive" | "after_unknown">>>;

/** A stack whose outputs another reads, as its plan leaves them. */
export interface Upstream {
  /** Its name. */
  readonly stack: string;
  /** Its outputs. */
  readonly outputs: PlannedOutputs;
}

/** Upstream stacks by the name of the data source that reads their state. */
export type Upstreams = ReadonlyMap<string, Upstream>;

/** Name of the resource that is never there: what refers to it is unknown to Terraform, and stays so. */
export const UNKNOWN_NAME = "opsdx_unknown";
/** Its address; no plan that is shown holds it. */
export const UNKNOWN_ADDRESS = `terraform_data.${UNKNOWN_NAME}`;
/** Of no type yet, so that it stands for a text, a list and a map alike. */
const UNKNOWN = `\${jsondecode(${UNKNOWN_ADDRESS}.id)}`;

const local = (dataSource: string): string => `upstream_${dataSource}`;

/**
 * A stack's Terraform JSON that reads, in place of states, what upstream stacks will put out: what they know is written out, and what
 * they do not know stays unknown.
 */
export function speculate(json: Json, upstreams: Upstreams): Json {
  if (upstreams.size === 0) return json;
  const text = [...upstreams.keys()].reduce(
    (rest, name) => rest.replaceAll(`data.terraform_remote_state.${name}.outputs`, `local.${local(name)}`),
    JSON.stringify(json),
  );
  const rewritten = JSON.parse(text) as Json;
  const { terraform_remote_state: states = {}, ...data } = (rewritten["data"] ?? {}) as Record<string, Json>;
  const resources = (rewritten["resource"] ?? {}) as Record<string, Json>;
  const read = Object.entries(states).filter(([name]) => !upstreams.has(name));
  const others = Object.fromEntries(Object.entries(rewritten).filter(([name]) => name !== "data"));
  const kept = { ...data, ...(read.length === 0 ? {} : { terraform_remote_state: Object.fromEntries(read) }) };
  return {
    ...others,
    ...(Object.keys(kept).length === 0 ? {} : { data: kept }),
    locals: {
      ...(rewritten["locals"] as Json | undefined),
      ...Object.fromEntries([...upstreams].map(([name, { outputs }]) => [local(name), expressionOf(outputs)])),
    },
    resource: { ...resources, terraform_data: { ...resources["terraform_data"], [UNKNOWN_NAME]: {} } },
  };
}

function expressionOf(outputs: PlannedOutputs): Json {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { after, after_sensitive: sensitive, after_unknown: unknown }]) => [
      name,
      expression(after, unknown, sensitive),
    ]),
  );
}

/** A value as Terraform's JSON syntax writes it. */
function expression(value: unknown, unknown: unknown, sensitive: unknown): unknown {
  if (unknown === true) return UNKNOWN;
  const part = (of: unknown, key: string): unknown => (of === true ? true : (of as Json | undefined)?.[key]);
  if (Array.isArray(value) || Array.isArray(unknown)) {
    const [items, marks] = [(value ?? []) as unknown[], (unknown ?? []) as unknown[]];
    const longest = items.length > marks.length ? items : marks;
    return longest.map((_, at) => expression(items[at], marks[at], part(sensitive, String(at))));
  }
  if (isObject(value) || isObject(unknown)) {
    const keys = new Set([...Object.keys(value ?? {}), ...Object.keys(unknown ?? {})]);
    return Object.fromEntries(
      [...keys].map((key) => [
        escaped(key),
        expression((value as Json | undefined)?.[key], part(unknown, key), part(sensitive, key)),
      ]),
    );
  }
  const literal = typeof value === "string" ? escaped(value) : (value ?? null);
  // Written as HCL, not as JSON: only there can it be a function's argument.
  return sensitive === true && literal !== null ? `\${sensitive(${JSON.stringify(literal)})}` : literal;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences */
function escaped(text: string): string {
  return text.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** The parts of a stack's outputs that Terraform JSON reads, each a path that begins with the output's name. */
export function outputsRead(json: Json, dataSource: string): readonly (readonly Step[])[] {
  const pattern = new RegExp(
    `data\\.terraform_remote_state\\.${dataSource}\\.outputs((?:\\.[\\w-]+|\\["[^"\\]]*"\\]|\\[\\d+\\])*)`,
    "g",
  );
  const text = JSON.stringify(json).replaceAll('\\"', '"');
  return [...new Set([...text.matchAll(pattern)].map(([, traversal = ""]) => traversal))].map(stepsOf);
}

/** Whether a plan changes a part of its stack's outputs, or cannot know it to stay. */
export function changesOutput({ output_changes: changes = {} }: TerraformPlan, path: readonly Step[]): boolean {
  const [name, ...steps] = path;
  // All of them are read at once.
  if (name === undefined)
    return Object.keys(changes).some((output) => changesOutput({ output_changes: changes }, [output]));
  const { actions, after, after_unknown: unknown, before } = changes[name] ?? { actions: ["no-op"] };
  if (actions.includes("no-op")) return false;
  return markedAt(unknown, steps) || !isDeepStrictEqual(valueAt(before, steps), valueAt(after, steps));
}

/** A plan without what stands for the unknown in it. */
export function withoutUnknownResource(plan: TerraformPlan): TerraformPlan {
  return { ...plan, resource_changes: plan.resource_changes?.filter(({ address }) => address !== UNKNOWN_ADDRESS) };
}

/** What of a speculative plan waits for upstream stacks: the attributes that refer to an output which is not known yet. */
export function speculationOf(plan: TerraformPlan, upstreams: Upstreams): Speculation {
  const unknown = new Map(
    (plan.resource_changes ?? [])
      .filter(({ change: { actions } }) => !["no-op", "delete"].includes(actions.join()))
      .map(({ address, change }) => [address, change.after_unknown] as const),
  );
  const waiting: Record<string, Record<string, readonly string[]>> = {};
  for (const { address, expressions = {} } of plan.configuration?.root_module?.resources ?? []) {
    for (const { path, references } of leavesOf(expressions)) {
      const stacks = stacksWaitedFor(references, upstreams);
      // The argument itself: blocks may be in another order there.
      if (stacks.length === 0 || !markedAt(unknown.get(address), path.slice(0, 1))) continue;
      (waiting[address] ??= {})[nameOf(path)] = stacks;
    }
  }
  const all = Object.values(waiting);
  const names = [...new Set(all.flatMap((attributes) => Object.values(attributes).flat()))].sort();
  const waits =
    (stack: string) =>
    (stacks: readonly string[]): boolean =>
      stacks.includes(stack);
  return {
    waiting,
    attributes: all.flatMap((attributes) => Object.keys(attributes)).length,
    resources: all.length,
    waitsFor: names.map((stack) => ({
      stack,
      attributes: all.flatMap((attributes) => Object.values(attributes).filter(waits(stack))).length,
      resources: all.filter((attributes) => Object.values(attributes).some(waits(stack))).length,
    })),
  };
}

interface Leaf {
  readonly path: readonly Step[];
  readonly references: readonly string[];
}

/** The expressions of a resource: those of blocks, too, each with its place. */
function leavesOf(expressions: unknown, path: readonly Step[] = []): readonly Leaf[] {
  if (!isObject(expressions)) return [];
  const { references } = expressions as { readonly references?: unknown };
  if (Array.isArray(references)) return [{ path, references: references as string[] }];
  return Object.entries(expressions as Json).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, Array.isArray(expressions) ? Number(key) : key]),
  );
}

function stacksWaitedFor(references: readonly string[], upstreams: Upstreams): readonly string[] {
  // Terraform lists each reference with all that leads to it.
  const whole = references.filter((reference) => !references.some((other) => leadsTo(reference, other)));
  const stacks = [...upstreams].flatMap(([name, { stack, outputs }]) => {
    const subject = `local.${local(name)}`;
    const waits = whole
      .filter((reference) => reference === subject || leadsTo(subject, reference))
      .some((reference) => {
        const [output, ...steps] = stepsOf(reference.slice(subject.length));
        const read = output === undefined ? Object.values(outputs) : [outputs[output]];
        return read.some((one) => markedAt(one?.after_unknown, steps));
      });
    return waits ? [stack] : [];
  });
  return stacks.sort();
}

function leadsTo(reference: string, other: string): boolean {
  return other.startsWith(reference) && /^[.[]/.test(other.slice(reference.length));
}

function nameOf(path: readonly Step[]): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .slice(1);
}
