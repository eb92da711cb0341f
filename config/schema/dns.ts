import { z } from "zod";
import { domainName } from "./primitives";
import { rule, valid, type Rule } from "./rule";

/**
 * Key-signing keys of a zone, by name; an empty list leaves the zone unsigned. Two at most, while one replaces the other.
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateKeySigningKey.html
 */
export const signingKeys = z
  .array(z.string().regex(/^[a-z][a-z0-9_]{2,31}$/, "must be 3 to 32 lower-case letters, digits and underscores"))
  .max(2)
  .refine((keys) => new Set(keys).size === keys.length, "must name each key once");

/** The environment's public zone. */
export const dnsSchema = z.strictObject({
  /** The zone, delegated from the apex. */
  zone: domainName,
  /** Keys that sign the zone. */
  signingKeys,
  /**
   * The signing keys whose DS record stands in the apex, so that resolvers validate by them. Apart from `signingKeys`
   * because a key must sign for a while before it is trusted, and still sign for a while after.
   */
  trustedKeys: signingKeys,
  /** Endpoints checked from outside, by a short name. */
  healthChecks: z.record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "must be at most 32 lower-case letters, digits and hyphens"),
    z.strictObject({
      /** Host name to connect to over HTTPS. */
      host: domainName,
      /**
       * Path to request; any 2xx or 3xx answer is healthy.
       * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
       */
      path: z.string().startsWith("/").max(255),
      /** Whether the host is meant to answer. While false it has neither check nor alarm: a later stage has yet to make it. */
      live: z.boolean(),
    }),
  ),
  /** Time to live of the delegation's NS and DS records in seconds: low while moving, a day when settled. */
  delegationTtlSeconds: z.int().min(60).max(172800),
});

/** A DS record without its key makes every name of the zone unresolvable. */
const trustedKeysSign = rule(
  z.object({ dns: z.object({ signingKeys, trustedKeys: signingKeys }) }),
  function* ({ dns }) {
    for (const [index, key] of dns.trustedKeys.entries()) {
      if (dns.signingKeys.includes(key)) continue;
      yield {
        path: ["dns", "trustedKeys", index],
        rule: "must be one of signingKeys: a DS record without its key makes the zone unresolvable",
        received: key,
      };
    }
  },
);

/** A wildcard stands for one label, so the certificate covers no deeper name. */
const certificateCoversHosts = rule(
  z.object({
    dns: z.object({ zone: domainName, healthChecks: z.record(z.string(), valid(z.object({ host: domainName }))) }),
  }),
  function* ({ dns: { zone, healthChecks } }) {
    for (const [name, { host } = { host: zone }] of Object.entries(healthChecks)) {
      if (host === zone || host.slice(host.indexOf(".") + 1) === zone) continue;
      yield {
        path: ["dns", "healthChecks", name, "host"],
        rule: `must be ${zone} or one label below it: the wildcard certificate covers no other`,
        received: host,
      };
    }
  },
);

/** Rules between the DNS settings of one environment. */
export const dnsRules: readonly Rule[] = [trustedKeysSign, certificateCoversHosts];

/** Validated DNS settings. */
export type DnsConfig = z.output<typeof dnsSchema>;
