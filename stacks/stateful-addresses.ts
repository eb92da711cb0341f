import type { StackModel } from "../constructs/shared/policy/model";
import { KEPT_TYPES } from "./resource-types";
import pinned from "./stateful-addresses.json";

/** Addresses by stack. */
export type Addresses = Readonly<Record<string, readonly string[]>>;

/** The addresses that are known to be in use. What isn't there any more would be destroyed by the next deploy. */
export const PINNED_ADDRESSES: Addresses = pinned;

/** File of {@link PINNED_ADDRESSES}. */
export const PINNED_FILE = "stacks/stateful-addresses.json";

/** The command that writes {@link PINNED_FILE}. */
export const PIN_COMMAND = "npx opsdx pin";

/** Where a person reads what to do before something stateful goes. */
export const REMOVAL_PAGE = "docs/recipes/remove-a-zone.md";

/** The stateful addresses of some stacks, sorted. */
export function statefulAddresses(models: readonly Pick<StackModel, "name" | "resources">[]): Addresses {
  return Object.fromEntries(
    models.map(({ name, resources }) => [
      name,
      resources.flatMap(({ type, address }) => (Object.hasOwn(KEPT_TYPES, type) ? [address] : [])).sort(),
    ]),
  );
}

/** Where Terraform moves what some stacks declare: the addresses that their `moved` blocks start from. */
export function movedAddresses(models: readonly Pick<StackModel, "name" | "json">[]): Addresses {
  return Object.fromEntries(
    models.map(({ name, json }) => [name, ((json["moved"] ?? []) as readonly Move[]).map(({ from }) => from)]),
  );
}

interface Move {
  readonly from: string;
}

/** What differs between a program and what is pinned. Places are `<stack>:<address>`. */
export interface AddressChanges {
  /** What the next deploy would destroy. Terraform does not refuse it: `prevent_destroy` goes with the block that it stands in. */
  readonly gone: readonly string[];
  /** What is not pinned yet. */
  readonly added: readonly string[];
}

/**
 * Compares a program's stateful addresses with the pinned ones.
 *
 * @param actual - of the program
 * @param moved - of the program: what moves is not gone
 * @param known - @default - the pinned ones
 */
export function addressChanges(
  actual: Addresses,
  moved: Addresses = {},
  known: Addresses = PINNED_ADDRESSES,
): AddressChanges {
  const missing = (these: Addresses, ...others: readonly Addresses[]): string[] =>
    Object.entries(these).flatMap(([stack, addresses]) =>
      addresses
        .filter((address) => !others.some((other) => other[stack]?.includes(address) === true))
        .map((address) => `${stack}:${address}`),
    );
  return { gone: missing(known, actual, moved), added: missing(actual, known) };
}

/** A line for each change of {@link addressChanges}, with what to do. */
export function addressFaults({ added, gone }: AddressChanges): readonly string[] {
  return [
    ...gone.map(
      (place) =>
        `${place} is gone, and the next deploy would destroy it: give its new address a \`moved\` block, or follow ${REMOVAL_PAGE}, and then run \`${PIN_COMMAND} --gone ${place}\` and commit the result`,
    ),
    ...added.map((place) => `${place} is new: run \`${PIN_COMMAND}\` and commit the result`),
  ];
}
