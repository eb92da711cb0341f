/** A resource type, or one of its arguments, that the emulator does not serve. */
export interface EmulatorLimit {
  /** Terraform resource type. */
  readonly type: string;
  /** Top-level argument that is replaced or dropped. @default - the whole resource is left out */
  readonly argument?: string;
  /** Value used instead. @default - the argument is dropped */
  readonly value?: unknown;
  /** What happens otherwise. */
  readonly reason: string;
}

/**
 * What moto 5.2.1 cannot do with AWS provider 5.100.0. Left out of the sandbox's Terraform only, and printed by it.
 */
export const EMULATOR_LIMITS: readonly EmulatorLimit[] = [];

type Json = Record<string, unknown>;

/** A stack's Terraform JSON without what the emulator cannot do; the input is not changed. */
export function withinEmulatorLimits(json: Json, limits: readonly EmulatorLimit[] = EMULATOR_LIMITS): Json {
  const resources = Object.entries((json["resource"] ?? {}) as Record<string, Record<string, Json>>);
  const left = resources
    .filter(([type]) => !limits.some((limit) => limit.type === type && limit.argument === undefined))
    .map(([type, instances]) => [type, mapValues(instances, (body) => withoutArguments(type, body, limits))]);
  return resources.length === 0 ? json : { ...json, resource: Object.fromEntries(left) as Json };
}

function withoutArguments(type: string, body: Json, limits: readonly EmulatorLimit[]): Json {
  return limits
    .filter((limit) => limit.type === type && limit.argument !== undefined)
    .reduce((rest, { argument, value }) => {
      const others = Object.entries(rest).filter(([name]) => name !== argument);
      return Object.fromEntries(value === undefined ? others : [...others, [argument, value]]) as Json;
    }, body);
}

function mapValues(record: Record<string, Json>, map: (value: Json) => Json): Record<string, Json> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
