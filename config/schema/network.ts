import { z } from "zod";
import { cidr, ipv4, zoneName } from "./primitives";
import { planSubnets, SUBNET_ROLES, overlaps, contains } from "../cidr-plan";

/** kops numbers pods and services inside this block, so no subnet may touch it. */
export const KOPS_NON_MASQUERADE_CIDR = "100.64.0.0/10";

const subnetRange = z.strictObject({
  /** Prefix length of each subnet of this role; AWS allows /16 to /28. */
  prefix: z.int().min(16).max(28),
  /** Network address of the subnet in slot 0. */
  first: ipv4,
});

/** The VPC: its address plan, its way out, its endpoints and its flow logs. */
export const networkSchema = z
  .strictObject({
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
    interfaceEndpoints: z.array(z.string().regex(/^[a-z0-9.-]+$/, "must be a service name such as ecr.api")),
    /** Alarm above this many packets dropped by a NAT gateway in a minute: 0.01 % of its usual traffic. */
    natPacketsDropThreshold: z.int().min(1),
  })
  .superRefine((network, context) => {
    const plan = planSubnets(network);
    for (const [index, subnet] of plan.entries()) {
      const path = ["subnets", subnet.role];
      if (!contains(network.cidr, subnet.cidr)) {
        context.addIssue({
          code: "custom",
          path,
          input: subnet.cidr,
          message: `the subnet of ${subnet.zone} must lie inside the VPC ${network.cidr}`,
        });
      }
      for (const other of plan.slice(0, index)) {
        if (overlaps(subnet.cidr, other.cidr)) {
          context.addIssue({
            code: "custom",
            path,
            input: subnet.cidr,
            message: `the subnet of ${subnet.zone} must not overlap ${other.role} of ${other.zone} (${other.cidr})`,
          });
        }
      }
    }
    if (overlaps(network.cidr, KOPS_NON_MASQUERADE_CIDR)) {
      context.addIssue({
        code: "custom",
        path: ["cidr"],
        input: network.cidr,
        message: `must not overlap ${KOPS_NON_MASQUERADE_CIDR}, where kops numbers pods and services`,
      });
    }
  });

/** Validated network settings. */
export type NetworkConfig = z.output<typeof networkSchema>;
export { SUBNET_ROLES };
