import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { CACHE_NODE_TYPES } from "../cache-node-types";
import { memoryMib } from "../node-capacity";
import { email, hostLabel, owner, percentage, words } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { dailyWindow, parseWindow, weeklyWindow } from "./time";
import { clashes, loadObstacle, loadWindowSchema } from "./windows";
import { cpuQuantity, memoryQuantity } from "./workload";

/**
 * MiB that a pod of Redash needs, idle: what is always there, and each process that serves or works. Seen with Redash 25.8.0 and the
 * query runner of PostgreSQL alone: 131 MB a process, 160 MB for a worker's supervisor and its health check. As much again is left for
 * results, which a process holds whole.
 */
export const MEMORY_MIB = { base: 192, process: 256 } as const;

const pod = z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity });

/** Pods of one kind. */
const podsSchema = z.strictObject({
  /** How many there are. */
  replicas: z.int().min(1).max(10),
  /** Processes in each: requests, or queries, that it does at a time. */
  processes: z.int().min(1).max(16),
  /** What each asks for. Memory is its limit too; there is none on processors. */
  pod,
});

const nodeType = z.string().superRefine((value, context) => {
  if (Object.hasOwn(CACHE_NODE_TYPES, value)) return;
  context.addIssue({
    code: "custom",
    message: "must be a node type of config/cache-node-types.ts, from which its alarms are sized",
    params: { nearest: closest(value, Object.keys(CACHE_NODE_TYPES)) },
  });
});

const httpsUrl = z.url({ protocol: /^https$/, error: "must be an address, https://…" });

/** A name that is part of a database role, of a secret and of a variable. */
const sourceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "must be at most 31 lower-case letters, digits and hyphens, a letter first");

/** A view in a schema: PostgreSQL folds other names to lower case, where they are not quoted. */
const viewName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, "must be <schema>.<view>, lower-case");

const sourceSchema = z.strictObject({
  /** The database that it reads. */
  database: z.enum(["db", "dw"]),
  /** All that it may read: the role that it reads with must see these, and nothing else. */
  views: z.array(viewName).min(1, "must name a view"),
  /** Groups of Redash whose members may query it. */
  groups: z.array(words).min(1, "must name a group: without one nobody but administrators sees it"),
});

/** Redash: queries and dashboards on the databases, for people. */
export const redashSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Its host, by the label below the zone. @default "redash" */
  host: hostLabel.default("redash"),
  /** Its first account, made before anybody could find the page that makes one. */
  administrator: z.strictObject({ name: words, email }),
  /** What answers people. */
  server: podsSchema,
  /** What does the work, by queue. */
  workers: z.strictObject({
    /** Queries that somebody waits for. */
    adhoc: podsSchema,
    /** Queries on a schedule, and the look at which tables there are. */
    scheduled: podsSchema,
    /** Mail, alerts, and what keeps house. */
    generic: podsSchema,
  }),
  /** What puts scheduled work into the queues. One alone does. */
  scheduler: pod,
  /** Its queues, on ElastiCache. */
  cache: z.strictObject({
    nodeType,
    /** Copies in other zones, one of which takes over. */
    replicas: z.int().min(0).max(2),
    /** Days that a daily snapshot is kept. Queued work is asked for again, so one is enough. @default 1 */
    snapshotDays: z.int().min(1).max(35).default(1),
    /** Daily snapshot window, UTC, `hh:mm-hh:mm`, an hour or more. */
    snapshotWindow: dailyWindow,
    /** Weekly maintenance window, UTC, `ddd:hh:mm-ddd:hh:mm`, an hour or more. */
    maintenanceWindow: weeklyWindow,
  }),
  /** Days after which a result that no query shows any more is deleted. Results are PHI. */
  resultDays: z.int().min(1).max(90),
  /** Seconds after which a query is canceled. */
  timeLimits: z.strictObject({
    /** One that somebody waits for. */
    adhocSeconds: z.int().min(10).max(3600),
    /** One on a schedule. */
    scheduledSeconds: z.int().min(10).max(14_400),
  }),
  /** Let whoever has the link see a dashboard, without signing in. @default false */
  publicLinks: z.boolean().default(false),
  /** Let whoever has a key fetch results as CSV or JSON, without signing in. @default false */
  apiKeys: z.boolean().default(false),
  /**
   * Sign in through an identity provider, and no longer by passwords. Redash speaks SAML, and no OpenID Connect but Google's.
   * @default - passwords
   */
  saml: z
    .strictObject({
      /** Address of the provider's metadata. */
      metadataUrl: httpsUrl,
      /** Name of this Redash at the provider. */
      entityId: z.string().min(1).max(1024),
    })
    .optional(),
  /** Server that mail goes out through: invitations and alerts. @default - no mail: an administrator hands links on */
  mail: z
    .strictObject({
      /** Host name. */
      server: z.string().regex(/^[a-z0-9.-]+$/, "must be a host name"),
      /** 465 speaks TLS from the start, 587 after a word in clear. */
      port: z.literal([465, 587]),
      /** Who the mail is from. */
      sender: email,
      /** User name; its password is the secret `redash/mail-password`. */
      user: z.string().min(1),
    })
    .optional(),
  /** What people may query, by name. */
  dataSources: z.record(sourceName, sourceSchema).default({}),
  /** When its metrics raise an alarm. */
  thresholds: z.strictObject({
    /** Share of queries that fail in half an hour. People's own mistakes are among them. */
    failedPercent: percentage,
    /** Queries in half an hour below which a share says nothing. */
    minQueries: z.int().min(1),
    /** Minutes in which a queue was never found empty. */
    waitingMinutes: z.int().min(5).max(120),
  }),
});

const allPods = z.object({
  redash: z.object({ server: valid(podsSchema), workers: z.record(z.string(), valid(podsSchema)).catch({}) }),
});

/** A pod's memory holds its processes: the kernel kills one that asks for more, and its query fails. */
const memoryHoldsProcesses = rule(allPods, function* ({ redash: { server, workers } }) {
  const kinds = Object.entries(workers).map(([name, pods]) => [["workers", name], pods] as const);
  for (const [path, pods] of [[["server"], server] as const, ...kinds]) {
    if (pods === undefined) continue;
    const least = MEMORY_MIB.base + pods.processes * MEMORY_MIB.process;
    if (memoryMib(pods.pod.memory) >= least) continue;
    yield {
      path: ["redash", ...path, "pod", "memory"],
      rule: `must be at least ${least}Mi, for ${pods.processes} processes and what is beside them`,
      received: pods.pod.memory,
      nearest: `${least}Mi`,
    };
  }
});

const cacheWindows = redashSchema.shape.cache.pick({ maintenanceWindow: true, snapshotWindow: true });

/** ElastiCache takes no window shorter than an hour; snapshot, maintenance and the Clarity load keep out of each other's way. */
const cacheWindowsApart = rule(
  z.object({ redash: z.object({ cache: cacheWindows.strip() }), loadWindow: valid(loadWindowSchema) }),
  function* ({ loadWindow, redash: { cache } }) {
    const load = loadWindow === undefined ? [] : [loadObstacle(loadWindow)];
    const snapshot = { name: `snapshotWindow ${cache.snapshotWindow}`, windows: [parseWindow(cache.snapshotWindow)] };
    for (const [key, obstacles] of [
      ["snapshotWindow", load],
      ["maintenanceWindow", [...load, snapshot]],
    ] as const) {
      const path = ["redash", "cache", key];
      if (parseWindow(cache[key]).minutes < 60) {
        yield { path, rule: "must be at least an hour long, as ElastiCache asks", received: cache[key] };
      } else yield* clashes(path, cache[key], obstacles);
    }
  },
);

/** A view is named once in a source, a group too. */
const sourcesNameOnce = rule(
  z.object({ redash: z.object({ dataSources: z.record(z.string(), valid(sourceSchema)) }) }),
  function* ({ redash: { dataSources } }) {
    for (const [name, source] of Object.entries(dataSources)) {
      for (const key of ["views", "groups"] as const) {
        const all = source?.[key] ?? [];
        for (const [index, one] of all.entries()) {
          if (all.indexOf(one) === index) continue;
          yield { path: ["redash", "dataSources", name, key, index], rule: "must be named once", received: one };
        }
      }
    }
  },
);

/** Rules between Redash's settings and the others. */
export const redashRules: readonly Rule[] = [memoryHoldsProcesses, cacheWindowsApart, sourcesNameOnce];

/** Validated settings of Redash. */
export type RedashConfig = z.output<typeof redashSchema>;
