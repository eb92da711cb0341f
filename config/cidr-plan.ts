import ipaddr from "ipaddr.js";

/** What a subnet is for: load balancers and NAT, nodes, control planes, databases. */
export const SUBNET_ROLES = ["utility", "node", "master", "db"] as const;

/** One of the four subnet roles. */
export type SubnetRole = (typeof SUBNET_ROLES)[number];

/** One planned subnet. */
export interface PlannedSubnet {
  /** What the subnet is for. */
  readonly role: SubnetRole;
  /** Availability zone name. */
  readonly zone: string;
  /** Address block in CIDR notation. */
  readonly cidr: string;
}

/** The part of the network settings that the address plan is made from. */
export interface AddressPlan {
  /** Availability zones and their slots. */
  readonly zones: Readonly<Record<string, { readonly slot: number }>>;
  /** Range of each role. */
  readonly subnets: Readonly<Record<SubnetRole, { readonly prefix: number; readonly first: string }>>;
}

/** Slots that a zone may have, 0 to 15. */
export const SLOTS: readonly number[] = Array.from({ length: 16 }, (_, slot) => slot);

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((number, byte) => number * 256 + byte, 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** First and last address of a block, as numbers. */
function bounds(cidr: string): readonly [number, number] {
  const [address = "", prefix = "32"] = cidr.split("/");
  const first = toNumber(address);
  return [first, first + 2 ** (32 - Number(prefix)) - 1];
}

/** Whether two IPv4 blocks share an address. */
export function overlaps(a: string, b: string): boolean {
  const [firstA, lastA] = bounds(a);
  const [firstB, lastB] = bounds(b);
  return firstA <= lastB && firstB <= lastA;
}

/** Whether the inner IPv4 block lies wholly inside the outer one. */
export function contains(outer: string, inner: string): boolean {
  const [firstOuter, lastOuter] = bounds(outer);
  const [firstInner, lastInner] = bounds(inner);
  return firstOuter <= firstInner && lastInner <= lastOuter;
}

/**
 * The subnets of a VPC, by role and then by zone name. A subnet depends only on its own role's range and its own zone's
 * slot, so adding or removing a zone or a role never moves another.
 */
export function planSubnets(plan: AddressPlan): readonly PlannedSubnet[] {
  const zones = Object.entries(plan.zones).sort(([a], [b]) => (a < b ? -1 : 1));
  return SUBNET_ROLES.flatMap((role) => {
    const { first, prefix } = plan.subnets[role];
    return zones.map(([zone, { slot }]) => ({
      role,
      zone,
      cidr: `${toAddress(toNumber(first) + slot * 2 ** (32 - prefix))}/${prefix}`,
    }));
  });
}

/** Whether every subnet lies inside the VPC, and clear of every other. */
function fits(cidr: string, plan: AddressPlan): boolean {
  const subnets = planSubnets(plan);
  return subnets.every(
    (subnet, index) =>
      contains(cidr, subnet.cidr) && subnets.slice(index + 1).every((other) => !overlaps(subnet.cidr, other.cidr)),
  );
}

/**
 * The slots that one more zone may have, lowest first: in each of them the subnet of every role lies inside the VPC and clear of all that
 * are planned. None where the plan itself does not fit, and none below the slots in use: the lowest has the only NAT gateway.
 *
 * @param cidr - block of the VPC
 */
export function freeSlots(cidr: string, { zones, subnets }: AddressPlan): readonly number[] {
  const used = Object.values(zones).map(({ slot }) => slot);
  const lowest = used.length === 0 ? -1 : Math.min(...used);
  return SLOTS.filter((slot) => slot > lowest && fits(cidr, { zones: { ...zones, "": { slot } }, subnets }));
}

/**
 * The zones whose slot is at fault when a plan does not fit: those that don't fit by themselves, or the one with the highest slot, if the
 * plan fits without them and another slot is left. None where the ranges are at fault, or nothing is.
 *
 * @param cidr - block of the VPC
 */
export function misplacedZones(cidr: string, { zones, subnets }: AddressPlan): readonly string[] {
  const slots = Object.values(zones).map(({ slot }) => slot);
  // Of zones that share a slot one is enough: that they do is another fault.
  const all = Object.entries(zones).filter(([, { slot }], index) => slots.indexOf(slot) === index);
  const without = (gone: readonly string[]): AddressPlan => ({
    zones: Object.fromEntries(all.filter(([zone]) => !gone.includes(zone))),
    subnets,
  });
  if (fits(cidr, without([]))) return [];
  const alone = all.filter(([zone, slot]) => !fits(cidr, { zones: { [zone]: slot }, subnets })).map(([zone]) => zone);
  const [highest] = all.sort(([, a], [, b]) => b.slot - a.slot).map(([zone]) => zone);
  const suspects = alone.length > 0 || highest === undefined ? alone : [highest];
  return suspects.length < all.length && freeSlots(cidr, without(suspects)).length > 0 ? suspects : [];
}
