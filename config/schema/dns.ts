import { z } from "zod";
import { domainName } from "./primitives";

/** The environment's public zone. */
export const dnsSchema = z.strictObject({
  /** The zone, delegated from the apex. */
  zone: domainName,
  /** Endpoints checked from outside, by a short name. */
  healthChecks: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/, "must be lower-case letters, digits and hyphens"),
    z.strictObject({
      /** Host name to connect to over HTTPS. */
      host: domainName,
      /** Path to request; any 2xx or 3xx answer is healthy. */
      path: z.string().startsWith("/"),
    }),
  ),
  /** Time to live of the delegation's NS records in seconds: low while moving, a day when settled. */
  delegationTtlSeconds: z.int().min(60).max(172800),
});

/** Validated DNS settings. */
export type DnsConfig = z.output<typeof dnsSchema>;
