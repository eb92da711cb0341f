import type { StackModel } from "../constructs/shared/policy/model";
import pinned from "./stateful-addresses.json";

/** What holds data, keys, names or addresses that cannot be made again. */
const STATEFUL: ReadonlySet<string> = new Set([
  "aws_backup_vault",
  "aws_cloudtrail",
  "aws_cloudwatch_log_group",
  "aws_db_instance",
  "aws_ebs_volume",
  "aws_ecr_repository",
  "aws_eip",
  "aws_kms_key",
  "aws_route53_delegation_set",
  "aws_route53_key_signing_key",
  "aws_route53_zone",
  "aws_s3_bucket",
  "aws_subnet",
  "aws_vpc",
]);

/** Addresses by stack. */
export type Addresses = Readonly<Record<string, readonly string[]>>;

/** The addresses that are known to be in use. What isn't there any more would be destroyed by the next deploy. */
export const PINNED_ADDRESSES: Addresses = pinned;

/** File of {@link PINNED_ADDRESSES}. */
export const PINNED_FILE = "stacks/stateful-addresses.json";

/** Where a person reads what to do before something stateful goes. */
export const REMOVAL_PAGE = "docs/recipes/remove-a-zone.md";

/** The stateful addresses of some stacks, sorted. */
export function statefulAddresses(models: readonly Pick<StackModel, "name" | "resources">[]): Addresses {
  return Object.fromEntries(
    models.map(({ name, resources }) => [
      name,
      resources.flatMap(({ type, address }) => (STATEFUL.has(type) ? [address] : [])).sort(),
    ]),
  );
}

/**
 * What a program's stateful addresses have become: a line for each that is gone, with what to do, and one for each that is not pinned yet.
 * Terraform does not refuse the first: `prevent_destroy` goes with the block that it stands in.
 *
 * @param actual - of the program
 * @param known - @default - the pinned ones
 */
export function addressFaults(actual: Addresses, known: Addresses = PINNED_ADDRESSES): readonly string[] {
  const missing = (these: Addresses, others: Addresses): string[] =>
    Object.entries(these).flatMap(([stack, addresses]) =>
      addresses.filter((address) => others[stack]?.includes(address) !== true).map((address) => `${stack}: ${address}`),
    );
  return [
    ...missing(known, actual).map(
      (place) =>
        `${place} is gone, and the next deploy would destroy it: follow ${REMOVAL_PAGE}, or give the new address a \`moved\` block; then take it out of ${PINNED_FILE}`,
    ),
    ...missing(actual, known).map((place) => `${place} is new: add it to ${PINNED_FILE}`),
  ];
}
