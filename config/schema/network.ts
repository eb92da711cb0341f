import { z } from "zod";
import { endpointServices } from "./aws-names";
import { cidr, ipv4, networkAddress, zoneName } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { contains, freeSlots, misplacedZones, overlaps, planSubnets, SUBNET_ROLES } from "../cidr-plan";

/** kops numbers pods and services inside this block, so no subnet may touch it. */
export const KOPS_NON_MASQUERADE_CIDR = "100.64.0.0/10";

/** Networks that nobody routes on the internet. @see https://www.rfc-editor.org/rfc/rfc1918 */
export const PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

const isPrivate = (block: string): boolean => PRIVATE_NETWORKS.some((outer) => contains(outer, block));

const subnetRange = z.strictObject({
  /** Prefix length of each subnet of this role; AWS allows /16 to /28. */
  prefix: z.int().min(16).max(28),
  /** Network address of the subnet in slot 0. */
  first: ipv4,
});

/** The VPC: its address plan, its way out, its endpoints and its flow logs. */
export const networkSchema = z.strictObject({
  /** The VPC's address block. */
  cidr,
  /**
   * The availability zones in use, keyed by name. A zone's slot fixes its addresses for good: subnet = first + slot × size.
   */
  zones: z.record(zoneName, z.strictObject({ slot: z.int().min(0).max(15) })),
  /** Address range of each subnet role. */
  subnets: z.strictObject({ utility: subnetRange, node: subnetRange, master: subnetRange, db: subnetRange }),
  /** One NAT gateway for the VPC, or one per zone so that losing a zone leaves the others a way out. */
  nat: z.enum(["single", "per-az"]),
  /** AWS services reached through interface endpoints, by the last part of the endpoint's name. */
  interfaceEndpoints: endpointServices,
  /** Alarm above this many packets dropped by a NAT gateway in a minute: 0.01 % of its usual traffic. */
  natPacketsDropThreshold: z.int().min(1),
  /** Alarm above this many packets dropped by an interface endpoint in a minute. */
  endpointPacketsDropThreshold: z.int().min(0),
});

/** What the address plan is made from. */
const addressPlan = z.object({
  network: z.object({
    cidr,
    zones: z.record(zoneName, z.object({ slot: z.int().min(0).max(15) })),
    subnets: z.object({ utility: subnetRange, node: subnetRange, master: subnetRange, db: subnetRange }),
  }),
});

/**
 * AWS takes VPCs of these sizes.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */
const vpcSize = rule(z.object({ network: z.object({ cidr }) }), function* ({ network }) {
  const [address = "", prefix] = network.cidr.split("/");
  const size = Math.min(28, Math.max(16, Number(prefix)));
  if (size === Number(prefix)) return;
  const nearest = `${networkAddress(`${address}/${size}`)}/${size}`;
  yield {
    path: ["network", "cidr"],
    rule: "must be a block from /16 to /28, the sizes of a VPC",
    received: network.cidr,
    nearest: isPrivate(nearest) ? nearest : undefined,
  };
});

/**
 * A VPC has private addresses. AWS refuses some others (loopback, link-local, multicast), and the owners of the rest could not
 * be reached from inside.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */
const vpcPrivate = rule(z.object({ network: z.object({ cidr }) }), function* ({ network }) {
  if (overlaps(network.cidr, KOPS_NON_MASQUERADE_CIDR)) return;
  if (PRIVATE_NETWORKS.some((outer) => overlaps(outer, network.cidr))) return;
  yield {
    path: ["network", "cidr"],
    rule: `must lie inside a private network (${PRIVATE_NETWORKS.join(", ")})`,
    received: network.cidr,
  };
});

/**
 * A load balancer takes subnets of /27 and larger only.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#availability-zones
 */
const roomForLoadBalancers = rule(
  z.object({ network: z.object({ subnets: z.object({ utility: subnetRange }) }) }),
  function* ({ network: { subnets } }) {
    if (subnets.utility.prefix <= 27) return;
    yield {
      path: ["network", "subnets", "utility", "prefix"],
      rule: "must be at most 27: a load balancer takes no smaller subnet",
      received: subnets.utility.prefix,
      nearest: 27,
    };
  },
);

/** Pods and services have addresses of their own. */
const clearOfPods = rule(z.object({ network: z.object({ cidr }) }), function* ({ network }) {
  if (!overlaps(network.cidr, KOPS_NON_MASQUERADE_CIDR)) return;
  yield {
    path: ["network", "cidr"],
    rule: `must not overlap ${KOPS_NON_MASQUERADE_CIDR}, where kops numbers pods and services`,
    received: network.cidr,
  };
});

/** Two zones never share a slot, or their subnets would be the same. */
const slotsDiffer = rule(
  z.object({
    network: z.object({
      cidr: valid(cidr),
      zones: z.record(zoneName, z.object({ slot: z.int() })),
      subnets: valid(z.strictObject({ utility: subnetRange, node: subnetRange, master: subnetRange, db: subnetRange })),
    }),
  }),
  function* ({ network: { cidr, zones, subnets } }) {
    const bySlot = new Map<number, string>();
    for (const [zone, { slot }] of Object.entries(zones)) {
      const first = bySlot.get(slot);
      bySlot.set(slot, first ?? zone);
      if (first === undefined) continue;
      const others = Object.fromEntries(Object.entries(zones).filter(([name]) => name !== zone));
      yield {
        path: ["network", "zones", zone, "slot"],
        rule: `must differ from the slot of ${first}`,
        received: slot,
        nearest: cidr && subnets && freeSlots(cidr, { zones: others, subnets })[0],
      };
    }
  },
);

/** A range starts where a subnet of its size can start. */
const rangesAligned = rule(
  z.object({ network: z.object({ subnets: z.record(z.string(), valid(subnetRange)) }) }),
  function* ({ network: { subnets } }) {
    for (const [role, range] of Object.entries(subnets)) {
      if (range === undefined) continue;
      const start = networkAddress(`${range.first}/${range.prefix}`);
      if (start === range.first) continue;
      yield {
        path: ["network", "subnets", role, "first"],
        rule: `must be the network address of a /${range.prefix}`,
        received: range.first,
        nearest: start,
      };
    }
  },
);

/**
 * Subnets nest in the VPC and keep clear of each other: one fault for a zone whose slot is not for it, and else one a role, however many
 * zones it has.
 */
const subnetsFit = rule(addressPlan, function* ({ network }) {
  const misplaced = misplacedZones(network.cidr, network);
  if (misplaced.length > 0) {
    const zones = Object.fromEntries(Object.entries(network.zones).filter(([zone]) => !misplaced.includes(zone)));
    const free = freeSlots(network.cidr, { ...network, zones });
    for (const [index, zone] of misplaced.entries()) {
      yield {
        path: ["network", "zones", zone, "slot"],
        rule: "must be a slot whose subnets lie inside the VPC, and clear of all others, for every role",
        received: network.zones[zone]?.slot,
        nearest: free[index],
      };
    }
    return;
  }
  const plan = planSubnets(network);
  for (const [index, role] of SUBNET_ROLES.entries()) {
    const path = ["network", "subnets", role];
    const own = plan.filter((subnet) => subnet.role === role);
    const outside = own.filter((subnet) => !contains(network.cidr, subnet.cidr));
    if (outside.length > 0) {
      yield {
        path,
        rule: `must lie inside the VPC ${network.cidr} in every zone, but does not in ${outside.map(({ zone }) => zone).join(", ")}`,
        received: outside.map(({ cidr }) => cidr),
      };
    }
    for (const otherRole of SUBNET_ROLES.slice(0, index)) {
      const [clash] = plan
        .filter((other) => other.role === otherRole)
        .flatMap((other) => own.filter(({ cidr }) => overlaps(cidr, other.cidr)).map((subnet) => ({ subnet, other })));
      if (clash === undefined) continue;
      const { subnet, other } = clash;
      yield {
        path,
        rule: `must not overlap subnets.${otherRole}, but in ${subnet.zone} does with ${other.zone} (${other.cidr})`,
        received: subnet.cidr,
      };
    }
  }
});

/** Rules of the address plan; they read the whole environment. */
export const networkRules: readonly Rule[] = [
  vpcSize,
  vpcPrivate,
  clearOfPods,
  roomForLoadBalancers,
  rangesAligned,
  slotsDiffer,
  subnetsFit,
];

/** Validated network settings. */
export type NetworkConfig = z.output<typeof networkSchema>;
export { SUBNET_ROLES };
