import { z } from "zod";
import { auditSchema } from "./audit";
import { databasesSchema } from "./database";
import { dnsSchema } from "./dns";
import { accountSchema, alarmsSchema } from "./global";
import { networkSchema } from "./network";
import { logRetentionDays } from "./primitives";

/** Everything a human decides about one environment. */
export const environmentSchema = z.strictObject({
  /** Environment name: the prefix of its stacks, and part of the names of what they hold. */
  name: z.string().regex(/^[a-z][a-z0-9]{1,7}$/, "must be 2 to 8 lower-case letters and digits"),
  account: accountSchema,
  network: networkSchema,
  audit: auditSchema,
  databases: databasesSchema,
  dns: dnsSchema,
  alarms: alarmsSchema,
  /** Days that logs are kept. */
  retention: z.strictObject({
    /** Audit logs. */
    auditDays: logRetentionDays,
    /** Every other log. */
    logDays: logRetentionDays,
  }),
  /** Who answers for each system. */
  owners: z.strictObject({
    core: z.string().min(1),
    audit: z.string().min(1),
    db: z.string().min(1),
    dns: z.string().min(1),
  }),
  /** The daily Clarity load: neither backups nor maintenance may run in it. */
  loadWindow: z.strictObject({
    /** Local time, `hh:mm`. */
    start: z.string(),
    /** Local time, `hh:mm`. */
    end: z.string(),
    /** IANA time zone. */
    timeZone: z.string(),
  }),
});

/** Validated settings of one environment. */
export type EnvironmentConfig = z.output<typeof environmentSchema>;
