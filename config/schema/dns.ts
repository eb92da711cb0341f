import { z } from "zod";
import { domainName, hostLabel } from "./primitives";
import { rule, type Rule } from "./rule";

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
      /**
       * Host to connect to over HTTPS, by its label below the zone.
       * @default - the web service's, for the check `web`; the check's name, for any other
       */
      host: hostLabel.optional(),
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

/** Rules between the DNS settings of one environment. */
export const dnsRules: readonly Rule[] = [trustedKeysSign];

/** An endpoint that is checked from outside, its host by its full name. */
export type HealthCheckConfig = z.output<typeof dnsSchema>["healthChecks"][string] & { readonly host: string };

/** Validated DNS settings. */
export type DnsConfig = Omit<z.output<typeof dnsSchema>, "healthChecks"> & {
  readonly healthChecks: Readonly<Record<string, HealthCheckConfig>>;
};

/** Label of the host that a check of an environment asks for. */
export function checkedLabel(name: string, host: string | undefined, webHost: string | undefined): string | undefined {
  return host ?? (name === "web" ? webHost : name);
}
