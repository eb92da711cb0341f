import { EMULATOR_AMNESIA, EMULATOR_LIMITS, type EmulatorAmnesia, type EmulatorLimit } from "./emulator-limits";
import { withoutResources } from "../without-resources";

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
  const { json: possible, dropped } = withoutResources(
    "resource" in json ? { ...json, resource: resources } : json,
    ({ type }) => rules.limits.find((limit) => limit.type === type && limit.argument === undefined)?.reason,
    LEFT_OUT_VALUE,
  );
  leftOut.push(...[...dropped].map(([address, reason]) => ({ address, reason })));
  return { ...possible, "//": { ...(json["//"] as Json | undefined), leftOut } };
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
