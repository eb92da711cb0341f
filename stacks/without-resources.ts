type Json = Record<string, unknown>;
type Blocks = Record<string, Record<string, Json>>;

/** A resource or data source of a stack's Terraform JSON. */
export interface AddressedBlock {
  /** Its address. */
  readonly address: string;
  /** Its type. */
  readonly type: string;
  /** Its arguments. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What {@link withoutResources} leaves, and what it left out. */
export interface Remainder {
  /** The stack's Terraform JSON without it. */
  readonly json: Json;
  /** Each address that is left out, with the reason. */
  readonly dropped: ReadonlyMap<string, string>;
}

/**
 * A stack's Terraform JSON without some resources, and without what refers to them; the input is not changed.
 *
 * @param reasonFor - why a resource is left out; undefined keeps it
 * @param instead - stands in an output for a value of what is left out
 */
export function withoutResources(
  json: Json,
  reasonFor: (block: AddressedBlock) => string | undefined,
  instead: string,
): Remainder {
  const resources = (json["resource"] ?? {}) as Blocks;
  const data = (json["data"] ?? {}) as Blocks;
  const dropped = droppedAddresses(addressed(resources), addressed(data, "data."), reasonFor);
  return {
    json: {
      ...json,
      ...("resource" in json ? { resource: withoutDropped(resources, dropped) } : {}),
      ...("data" in json ? { data: withoutDropped(data, dropped, "data.") } : {}),
      ...("output" in json ? { output: withoutReferences(json["output"], dropped, instead) } : {}),
    },
    dropped,
  };
}

/** Addresses to leave out, with the reason: those asked for, then whatever refers to one that is left out. */
function droppedAddresses(
  resources: readonly AddressedBlock[],
  data: readonly AddressedBlock[],
  reasonFor: (block: AddressedBlock) => string | undefined,
): ReadonlyMap<string, string> {
  const dropped = new Map(
    resources.flatMap((block): [string, string][] => {
      const reason = reasonFor(block);
      return reason === undefined ? [] : [[block.address, reason]];
    }),
  );
  const references = new Map([...resources, ...data].map(({ address, body }) => [address, referencesIn(body)]));
  for (let before = -1; before < dropped.size;) {
    before = dropped.size;
    for (const [address, targets] of references) {
      const target = targets.find((candidate) => dropped.has(candidate));
      if (target !== undefined && !dropped.has(address)) dropped.set(address, `refers to ${target}`);
    }
  }
  return dropped;
}

function addressed(blocks: Blocks, prefix = ""): AddressedBlock[] {
  return Object.entries(blocks).flatMap(([type, instances]) =>
    Object.entries(instances).map(([name, body]) => ({ address: `${prefix}${type}.${name}`, type, body })),
  );
}

/** Addresses that a block's arguments need; mere ordering is not a need. */
function referencesIn(body: AddressedBlock["body"]): string[] {
  const ordering = ["//", "depends_on", "lifecycle"];
  return addressesIn(JSON.stringify(Object.entries(body).filter(([name]) => !ordering.includes(name))));
}

function addressesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*/g)].map(([address]) => address);
}

function withoutDropped(blocks: Blocks, dropped: ReadonlyMap<string, string>, prefix = ""): Blocks {
  const kept = Object.entries(blocks).map(([type, instances]): [string, Record<string, Json>] => [
    type,
    Object.fromEntries(
      Object.entries(instances)
        .filter(([name]) => !dropped.has(`${prefix}${type}.${name}`))
        .map(([name, body]) => [name, withoutOrdering(body, dropped)]),
    ),
  ]);
  return Object.fromEntries(kept.filter(([, instances]) => Object.keys(instances).length > 0));
}

function withoutOrdering(body: Json, dropped: ReadonlyMap<string, string>): Json {
  const order = body["depends_on"] as readonly string[] | undefined;
  return order?.some((address) => dropped.has(address)) === true
    ? { ...body, depends_on: order.filter((address) => !dropped.has(address)) }
    : body;
}

function withoutReferences(value: unknown, dropped: ReadonlyMap<string, string>, instead: string): unknown {
  if (typeof value === "string") {
    return addressesIn(value).some((address) => dropped.has(address)) ? instead : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutReferences(item, dropped, instead));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutReferences(inner, dropped, instead)]),
  );
}
