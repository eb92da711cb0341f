import { EMULATOR_AMNESIA, EMULATOR_LIMITS, type EmulatorAmnesia, type EmulatorLimit } from "./emulator-limits";

/** Something that the sandbox's Terraform lacks, and why. */
export interface LeftOut {
  /** Resource address. */
  readonly address: string;
  /** Argument concerned. @default - the whole resource */
  readonly argument?: string;
  /** What the emulator cannot do, or which left-out resource it refers to. */
  readonly reason: string;
}

/** Stands in an output for a value of a resource that was left out. */
export const LEFT_OUT_VALUE = "left-out-of-the-sandbox";

type Json = Record<string, unknown>;
type Blocks = Record<string, Record<string, Json>>;

/** What the sandbox's Terraform is made with. */
export interface EmulatorRules {
  /** What the emulator cannot make. */
  readonly limits: readonly EmulatorLimit[];
  /** Arguments that it does not keep. */
  readonly amnesia: readonly EmulatorAmnesia[];
}

/**
 * A stack's Terraform JSON without what the emulator cannot do; the input is not changed. What refers to a resource that is
 * left out is left out too, nothing keeps `prevent_destroy`, and all of it is recorded under `"//"`, which Terraform ignores.
 */
export function withinEmulatorLimits(
  json: Json,
  rules: EmulatorRules = { limits: EMULATOR_LIMITS, amnesia: EMULATOR_AMNESIA },
): Json {
  const leftOut: LeftOut[] = [];
  const resources = mapBlocks(json["resource"], (type, name, body) => {
    const address = `${type}.${name}`;
    const limits = rules.limits.filter((limit) => limit.type === type && limit.argument !== undefined);
    const touched = limits.filter(({ argument = "", value }) => body[argument] !== value);
    leftOut.push(...touched.map(({ argument, reason }) => ({ address, argument, reason })));
    if ((body["lifecycle"] as Json | undefined)?.["prevent_destroy"] === true) {
      leftOut.push({
        address,
        argument: "lifecycle.prevent_destroy",
        reason: "the sandbox must be able to destroy it",
      });
    }
    return forgetful(type, destroyable(withoutArguments(body, touched)), rules.amnesia);
  });
  const data = (json["data"] ?? {}) as Blocks;
  const dropped = droppedAddresses(resources, data, rules.limits);
  leftOut.push(...[...dropped].map(([address, reason]) => ({ address, reason })));
  return {
    ...json,
    "//": { ...(json["//"] as Json | undefined), leftOut },
    ...("resource" in json ? { resource: withoutDropped(resources, dropped) } : {}),
    ...("data" in json ? { data: withoutDropped(data, dropped, "data.") } : {}),
    ...("output" in json ? { output: withoutReferences(json["output"], dropped) } : {}),
  };
}

/** What {@link withinEmulatorLimits} recorded in a stack's Terraform JSON. */
export function leftOutOf(json: Json): readonly LeftOut[] {
  return ((json["//"] as Json | undefined)?.["leftOut"] ?? []) as readonly LeftOut[];
}

function mapBlocks(blocks: unknown, map: (type: string, name: string, body: Json) => Json): Blocks {
  return Object.fromEntries(
    Object.entries((blocks ?? {}) as Blocks).map(([type, instances]) => [
      type,
      Object.fromEntries(Object.entries(instances).map(([name, body]) => [name, map(type, name, body)])),
    ]),
  );
}

function withoutArguments(body: Json, limits: readonly EmulatorLimit[]): Json {
  const touched = limits.map(({ argument }) => argument);
  const kept = Object.entries(body).filter(([name]) => !touched.includes(name));
  const instead = limits.flatMap(({ argument = "", value }) => (value === undefined ? [] : [[argument, value]]));
  return Object.fromEntries([...kept, ...instead]) as Json;
}

function destroyable(body: Json): Json {
  const lifecycle = body["lifecycle"] as Json | undefined;
  return lifecycle?.["prevent_destroy"] === true
    ? { ...body, lifecycle: { ...lifecycle, prevent_destroy: false } }
    : body;
}

function forgetful(type: string, body: Json, amnesia: readonly EmulatorAmnesia[]): Json {
  const forgotten = amnesia.filter((entry) => entry.type === type).map(({ argument }) => argument);
  const lifecycle = (body["lifecycle"] ?? {}) as { readonly ignore_changes?: "all" | readonly string[] };
  const { ignore_changes: ignored = [] } = lifecycle;
  if (forgotten.length === 0 || ignored === "all") return body;
  return { ...body, lifecycle: { ...lifecycle, ignore_changes: [...new Set([...ignored, ...forgotten])] } };
}

/** Addresses to leave out, with the reason: by type, then whatever refers to one that is left out. */
function droppedAddresses(
  resources: Blocks,
  data: Blocks,
  limits: readonly EmulatorLimit[],
): ReadonlyMap<string, string> {
  const blocks = [...addressed(resources), ...addressed(data, "data.")];
  const dropped = new Map(
    blocks.flatMap(({ address, type }): [string, string][] => {
      const limit = limits.find((candidate) => candidate.type === type && candidate.argument === undefined);
      return limit === undefined || address.startsWith("data.") ? [] : [[address, limit.reason]];
    }),
  );
  const references = new Map(blocks.map(({ address, body }) => [address, referencesIn(body)]));
  for (let before = -1; before < dropped.size;) {
    before = dropped.size;
    for (const [address, targets] of references) {
      const target = targets.find((candidate) => dropped.has(candidate));
      if (target !== undefined && !dropped.has(address)) dropped.set(address, `refers to ${target}`);
    }
  }
  return dropped;
}

function addressed(blocks: Blocks, prefix = ""): { address: string; type: string; body: Json }[] {
  return Object.entries(blocks).flatMap(([type, instances]) =>
    Object.entries(instances).map(([name, body]) => ({ address: `${prefix}${type}.${name}`, type, body })),
  );
}

/** Addresses that a block's arguments need; mere ordering is not a need. */
function referencesIn(body: Json): string[] {
  const ordering = ["//", "depends_on", "lifecycle"];
  return addressesIn(JSON.stringify(Object.entries(body).filter(([name]) => !ordering.includes(name))));
}

function addressesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*/g)].map(([address]) => address);
}

function withoutDropped(blocks: Blocks, dropped: ReadonlyMap<string, string>, prefix = ""): Blocks {
  const kept = Object.entries(blocks).map(([type, instances]): [string, Record<string, Json>] => [
    type,
    Object.fromEntries(Object.entries(instances).filter(([name]) => !dropped.has(`${prefix}${type}.${name}`))),
  ]);
  return mapBlocks(
    Object.fromEntries(kept.filter(([, instances]) => Object.keys(instances).length > 0)),
    (_type, _name, body) => withoutOrdering(body, dropped),
  );
}

function withoutOrdering(body: Json, dropped: ReadonlyMap<string, string>): Json {
  const order = body["depends_on"] as readonly string[] | undefined;
  return order?.some((address) => dropped.has(address)) === true
    ? { ...body, depends_on: order.filter((address) => !dropped.has(address)) }
    : body;
}

function withoutReferences(value: unknown, dropped: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") {
    return addressesIn(value).some((address) => dropped.has(address)) ? LEFT_OUT_VALUE : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutReferences(item, dropped));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutReferences(inner, dropped)]));
}
