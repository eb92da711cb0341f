import { StackModel } from "../../constructs/shared/policy/model";
import type { Built } from "./support";

/** What an edit does to a stack, as Terraform addresses. */
export interface Changes {
  /** New. */
  readonly added: readonly string[];
  /** Gone, and so destroyed. */
  readonly removed: readonly string[];
  /** Other arguments: resources, outputs and the rest of the JSON, by first two keys. */
  readonly changed: readonly string[];
}

/** Everything of a stack that has an address, as text. */
function parts(json: Record<string, unknown> | undefined): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [kind, named] of Object.entries(json ?? {})) {
    if (kind === "resource") continue;
    for (const [name, value] of Object.entries(named as object)) all.set(`${kind}.${name}`, JSON.stringify(value));
  }
  for (const { address, body } of new StackModel("", json ?? {}).resources) all.set(address, JSON.stringify(body));
  return all;
}

/** What differs in one stack. */
export function changesOf(before: Built, after: Built, stack: string): Changes {
  const [old, now] = [parts(before.stacks[stack]), parts(after.stacks[stack])];
  return {
    added: [...now.keys()].filter((address) => !old.has(address)),
    removed: [...old.keys()].filter((address) => !now.has(address)),
    changed: [...now].filter(([address, text]) => old.has(address) && old.get(address) !== text).map(([key]) => key),
  };
}

/** The types of resources among some addresses, and what is no resource as it is. */
export const typesOf = (addresses: readonly string[]): string[] =>
  [...new Set(addresses.map((address) => (address.includes("_") ? (address.split(".")[0] ?? "") : address)))].sort();
