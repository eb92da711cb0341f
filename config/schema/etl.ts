import { z } from "zod";
import { etlNamespace } from "./kubernetes-names";
import { owner, sentences, words } from "./primitives";
import { rule, valid, type Fault, type Rule } from "./rule";
import { cadence, scheduleSchema } from "./schedule";
import {
  cpuQuantity,
  groupFacts,
  image,
  literalSecrets,
  memoryQuantity,
  notSecret,
  podMisfits,
  secretReference,
  variableName,
} from "./workload";

/** A variable's name. `ETL_` belongs to the launcher. */
const etlVariableName = variableName.regex(/^(?!ETL_)/, "must not start with ETL_: those variables are the launcher's");

/**
 * Names that no ETL may have: `all` is the command line's word for every one, the rest are what else the runbook and the stack call
 * by such a name. Tests keep the list complete.
 */
const RESERVED_NAMES = [
  ...["alarms", "all", "apex-zone", "audit", "ci", "clarity-staging", "clusters", "code", "container-registry", "core"],
  ...[
    "dashboard",
    "db",
    "dns",
    "elb-access-logs",
    "etl",
    "etl-freshness",
    "fluent-bit",
    "freshness",
    "freshness-code",
    "global",
    "headlamp",
    "health",
    "key",
  ],
  ...["kops-state", "launcher-role", "log-shipping", "logs", "oidc-discovery", "phi-discovery", "resource"],
  ...["terraform-state", "trews-rest-api", "web"],
];
/** Starts of names that belong to others. */
const RESERVED_STARTS = /^(namespace|query|scheduler)-|^k8s(-|$)/;

/** Longest name of an ETL: IAM, Lambda and Kubernetes take what is made of it, with the longest name of an environment. */
const MAX_NAME = 32;

/** An ETL's name: part of the names of all that it consists of. A word starts with a letter, so that no two names give one address. */
const etlName = z
  .string()
  .max(MAX_NAME, `must be at most ${MAX_NAME} characters long, for names are made of it`)
  .regex(
    /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/,
    "must be lower-case words of letters and digits, each starting with a letter, joined by hyphens",
  )
  .refine(
    (name) => !RESERVED_NAMES.includes(name) && !RESERVED_STARTS.test(name),
    "must be another name: this one belongs to something else",
  );

const DAY = 24 * 3600;
/** Seconds between which a longest time without a success lies: CloudWatch keeps a success for 455 days. */
const [MIN_FRESHNESS, MAX_FRESHNESS] = [900, 400 * DAY];

/** The Kubernetes Job of one run. */
const jobSchema = z.strictObject({
  /** A run that takes longer is killed. */
  deadlineSeconds: z.int().min(60).max(604_800),
  /** Tries after the first. */
  backoffLimit: z.int().min(0).max(6),
  /** Seconds that a finished Job is kept, for its name guards its slot. */
  ttlSeconds: z.int().min(3600).max(2_592_000),
  /** Processor request, such as `1000m`; there is no limit. */
  cpu: cpuQuantity,
  /** Memory request and limit. */
  memory: memoryQuantity,
});

/** One ETL: what launches it, where it runs, and when somebody is told. */
export const etlSchema = z.strictObject({
  /** What it is for: the first sentences of its chapter in the runbook. */
  purpose: sentences,
  /** A name that it goes by elsewhere. @default - none */
  alias: words.optional(),
  /**
   * Name that it had until its next deployment: what can be kept is moved, what AWS or Kubernetes keys on the name is made anew before
   * the old one goes, and its freshness counts from its last success under either name. docs/recipes/rename-an-etl.md says the rest.
   * @default - it was not renamed
   */
  renamedFrom: etlName.optional(),
  /** Kinds of files that a run leaves in the staging bucket. */
  reports: z.array(words).min(1).default(["the task graph of each run"]),
  /** Name of its launcher, where people and scripts know one. @default - `opsdx-<env>-<etl>-etl-lambda` */
  functionName: z
    .string()
    .regex(/^opsdx-[A-Za-z0-9-]{1,58}$/, "must be a function's name: opsdx-, letters, digits, hyphens, at most 64")
    .optional(),
  /**
   * Stream of its log in the cluster's log group, where people know one; one that ends in `/` gets the pod's name behind it.
   * @default - `kubernetes/default/<etl>/<env>`
   */
  logStream: z
    .string()
    .regex(/^kubernetes\/[A-Za-z0-9._/-]{1,200}$/, "must be a stream's name: kubernetes/ and letters, digits, . _ / -")
    .optional(),
  /** Whether the schedule launches it. Off, it can still be launched by hand. */
  enabled: z.boolean(),
  /** When it runs. @default - on demand only, which `onDemand` must say */
  schedule: scheduleSchema.optional(),
  /** That nothing but people launches it. @default - it has a schedule */
  onDemand: z.literal(true).optional(),
  /**
   * What the scheduler does when it can't deliver.
   * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
   */
  retry: z.strictObject({
    /** Age at which a slot is given up. */
    maxAgeSeconds: z.int().min(60).max(86_400),
    /** Tries after the first. */
    attempts: z.int().min(0).max(185),
  }),
  job: jobSchema,
  /** Image by digest. @default - none was pushed yet: there is no template to launch */
  image: image.optional(),
  /** Cluster that it runs on. */
  cluster: z.enum(["k8s", "k8s-ml"]),
  /** Group of the cluster's `nodeGroups`. */
  nodeGroup: z.string().min(1),
  /** Namespace. */
  namespace: etlNamespace,
  /** Variables of the Job: names, addresses, switches. */
  env: z.record(etlVariableName, z.string()).default({}),
  /** AWS secrets, `opsdx/<env>/<etl>/<reference>`: the Job finds the name of each in `<VARIABLE>_SECRET_ID`, and reads it. */
  secrets: z.record(etlVariableName, secretReference).default({}),
  /** Variables of `env` that are no secrets although they are called like one. */
  notSecret: notSecret.default([]),
  /** Longest range, in days, that one run may load again. */
  backfillMaxDays: z.int().min(1).max(366),
  /** Who answers for it. */
  owner,
  /** Longest time without a success, in seconds. @default - on demand only, so there is none */
  freshnessSeconds: z.int().min(MIN_FRESHNESS).max(MAX_FRESHNESS).optional(),
  /** When failed runs raise an alarm, and how urgent the ETL's alarms are. */
  alarms: z.strictObject({
    /** Whom missing or failing runs reach. */
    severity: z.enum(["page", "ticket"]),
    /** Slots with a failed run… */
    failedSlots: z.int().min(1),
    /** …among this many. */
    ofSlots: z.int().min(1).max(7),
  }),
});

/** ETLs that the launchers' role has room for: it names each, and IAM takes 6,144 characters. */
const MAX_ETLS = 16;

/** The ETLs of an environment, by name; dashboards and lists show them in this order. */
export const etlsSchema = z.record(etlName, etlSchema);

/** Names that an ETL's settings may give in place of derived ones. */
export type EtlOwnNames = Pick<z.output<typeof etlSchema>, "functionName" | "logStream">;

/** Name of an ETL's launcher. */
export function launcherFunctionName(environment: string, etl: string, { functionName }: EtlOwnNames): string {
  return functionName ?? `opsdx-${environment}-${etl}-etl-lambda`;
}

/** Stream, or start of the streams, of an ETL's log. */
export function etlLogStream(environment: string, etl: string, { logStream }: EtlOwnNames): string {
  return logStream ?? `kubernetes/default/${etl}/${environment}`;
}

/** What an ETL is checked by; a part that is wrong is left out, and reported by the schema. A wrong schedule leaves out the ETL. */
const etlFacts = z.object({
  enabled: valid(z.boolean()),
  functionName: valid(etlSchema.shape.functionName),
  logStream: valid(etlSchema.shape.logStream),
  schedule: scheduleSchema.optional(),
  onDemand: z.unknown().optional(),
  retry: valid(etlSchema.shape.retry),
  job: valid(jobSchema),
  image: z.unknown().optional(),
  cluster: valid(etlSchema.shape.cluster),
  nodeGroup: valid(z.string()),
  env: valid(z.record(z.string(), z.string())),
  secrets: valid(z.record(z.string(), z.string())),
  notSecret: valid(notSecret),
  freshnessSeconds: valid(z.int()),
  alarms: valid(etlSchema.shape.alarms),
});
const facts = z.object({
  clusters: valid(z.record(z.string(), valid(z.object({ nodeGroups: z.record(z.string(), valid(groupFacts)) })))),
  etls: z.record(z.string(), valid(etlFacts)),
  network: valid(z.object({ interfaceEndpoints: valid(z.array(z.string())) })),
});
type EtlFacts = z.output<typeof etlFacts>;

/** A rule on each ETL. */
function etlRule(
  check: (etl: EtlFacts, path: readonly string[], environment: z.output<typeof facts>) => Iterable<Fault>,
): Rule {
  return rule(facts, function* (environment) {
    for (const [name, etl] of Object.entries(environment.etls)) {
      if (etl !== undefined) yield* check(etl, ["etls", name], environment);
    }
  });
}

/** What launches something launches something that exists. */
const enabledHasImage = etlRule(function* ({ enabled, image, schedule }, path) {
  if (enabled !== true) return;
  if (image === undefined) {
    yield {
      path: [...path, "enabled"],
      rule: "must be false until image names one that was pushed: every slot would fail",
      received: true,
      nearest: false,
    };
  }
  if (schedule === undefined) {
    yield {
      path: [...path, "enabled"],
      rule: "must be false where there is no schedule: it runs on demand only",
      received: true,
      nearest: false,
    };
  }
});

/** A schedule is left out because somebody decided so, never by mistake. */
const scheduleDecided = etlRule(function* ({ schedule, onDemand }, path) {
  if (schedule === undefined && onDemand !== true) {
    yield {
      path: [...path, "schedule"],
      rule: "is required: one that is not decided yet is proposed here, with enabled: false; what only people launch says onDemand: true",
      received: undefined,
    };
  } else if (schedule !== undefined && onDemand === true) {
    yield { path: [...path, "onDemand"], rule: "must be left out where there is a schedule", received: true };
  }
});

/** Somebody loads data, and not more ETLs than fit. */
const etlCount = rule(z.object({ etls: z.record(z.string(), z.unknown()) }), function* ({ etls }) {
  const count = Object.keys(etls).length;
  if (count >= 1 && count <= MAX_ETLS) return;
  yield {
    path: ["etls"],
    rule: `must hold 1 to ${MAX_ETLS} ETLs, which the launchers' role names one by one`,
    received: count,
  };
});

const namesOfEtls = z.object({
  name: z.string(),
  etls: z.record(
    z.string(),
    valid(
      z.object({
        cluster: valid(etlSchema.shape.cluster),
        functionName: valid(etlSchema.shape.functionName),
        logStream: valid(etlSchema.shape.logStream),
        renamedFrom: valid(etlName),
      }),
    ),
  ),
});

/** An ETL gets one new name, and gives its old one up. */
const renamesAreClear = rule(namesOfEtls, function* ({ etls }) {
  const seen = new Map<string, string>();
  for (const [etl, { renamedFrom } = {}] of Object.entries(etls)) {
    if (renamedFrom === undefined) continue;
    const other = seen.get(renamedFrom);
    const broken =
      renamedFrom === etl
        ? "must be another name than its own"
        : Object.hasOwn(etls, renamedFrom)
          ? `must be the name of an ETL that is no longer there: etls.${renamedFrom} is`
          : other === undefined
            ? undefined
            : `must differ from that of ${other}: one ETL gets one new name`;
    seen.set(renamedFrom, other ?? etl);
    if (broken !== undefined) yield { path: ["etls", etl, "renamedFrom"], rule: broken, received: renamedFrom };
  }
});

const renames = z.object({
  name: z.string(),
  etls: z.record(
    z.string(),
    valid(
      z.object({
        functionName: z.unknown().optional(),
        logStream: z.unknown().optional(),
        renamedFrom: valid(etlName),
      }),
    ),
  ),
});

/** What has the old name in its own and holds data keeps it, or loses it because somebody wrote another. */
const renameKeepsLogs = rule(renames, function* ({ name: environment, etls }) {
  for (const [etl, { functionName, logStream, renamedFrom } = {}] of Object.entries(etls)) {
    if (renamedFrom === undefined) continue;
    if (functionName === undefined) {
      yield {
        path: ["etls", etl, "functionName"],
        rule: "is required where renamedFrom is: the launcher's log group has its name, and goes with its lines when it changes",
        received: undefined,
        nearest: launcherFunctionName(environment, renamedFrom, {}),
      };
    }
    if (logStream === undefined) {
      yield {
        path: ["etls", etl, "logStream"],
        rule: "is required where renamedFrom is: its log would go on in another stream than the one that people know",
        received: undefined,
        nearest: etlLogStream(environment, renamedFrom, {}),
      };
    }
  }
});

/** Two ETLs share neither a launcher nor lines of their logs, of which people ask for all that start alike. */
const namesDiffer = rule(namesOfEtls, function* ({ name: environment, etls }) {
  const seen: { etl: string; cluster?: string; fn: string; stream: string }[] = [];
  for (const [etl, settings = {}] of Object.entries(etls)) {
    const fn = launcherFunctionName(environment, etl, settings);
    const stream = etlLogStream(environment, etl, settings);
    const path = ["etls", etl];
    const sameFunction = seen.find((other) => other.fn === fn);
    if (sameFunction !== undefined) {
      yield { path: [...path, "functionName"], rule: `must differ from that of ${sameFunction.etl}`, received: fn };
    }
    const sameStream = seen.find(
      (other) =>
        other.cluster === settings.cluster && (stream.startsWith(other.stream) || other.stream.startsWith(stream)),
    );
    if (sameStream !== undefined) {
      yield {
        path: [...path, "logStream"],
        rule: `must neither start with the stream of ${sameStream.etl}, ${sameStream.stream}, nor be its start`,
        received: stream,
      };
    }
    seen.push({ etl, cluster: settings.cluster, fn, stream });
  }
});

/** A run is over, or killed, before the next begins: otherwise the next slot is skipped. */
const deadlineBelowCadence = etlRule(function* ({ schedule, job }, path) {
  if (schedule === undefined || job === undefined) return;
  const { shortest } = cadence(schedule);
  if (job.deadlineSeconds < shortest) return;
  yield {
    path: [...path, "job", "deadlineSeconds"],
    rule: `must be below ${shortest}, the shortest time between two slots of ${schedule.expression}`,
    received: job.deadlineSeconds,
    nearest: shortest - 60,
  };
});

/** A slot that is given up only after the next one is due would be loaded twice. */
const retryBelowCadence = etlRule(function* ({ schedule, retry }, path) {
  if (schedule === undefined || retry === undefined) return;
  const { shortest } = cadence(schedule);
  if (retry.maxAgeSeconds < shortest) return;
  yield {
    path: [...path, "retry", "maxAgeSeconds"],
    rule: `must be below ${shortest}, the shortest time between two slots of ${schedule.expression}: a late delivery would meet the next`,
    received: retry.maxAgeSeconds,
    nearest: shortest - 60,
  };
});

/** Freshness is promised where there is a schedule, and no shorter than the schedule itself allows when clocks change. */
const freshnessHolds = etlRule(function* ({ schedule, freshnessSeconds, job }, path) {
  const place = [...path, "freshnessSeconds"];
  if (schedule === undefined) {
    if (freshnessSeconds === undefined) return;
    yield { path: place, rule: "must be left out where there is no schedule", received: freshnessSeconds };
    return;
  }
  const { usual, longest, longestAfter } = cadence(schedule);
  if (longest >= MAX_FRESHNESS) {
    yield {
      path: [...path, "schedule", "expression"],
      rule: `must come up at least every ${MAX_FRESHNESS / DAY} days: CloudWatch forgets a success after 455`,
      received: schedule.expression,
    };
    return;
  }
  // What runs once has no next slot to be late for: it must have succeeded some time after its own.
  const once = usual === Infinity;
  const floor = once ? (job?.deadlineSeconds ?? 0) : longest;
  const nearest = Math.min(Math.max(MIN_FRESHNESS, Math.ceil((floor + 1) / 900) * 900), MAX_FRESHNESS);
  if (freshnessSeconds === undefined) {
    yield { path: place, rule: "is required where there is a schedule", received: undefined, nearest };
  } else if (freshnessSeconds <= floor) {
    yield {
      path: place,
      rule: once
        ? `must be above job.deadlineSeconds (${floor}): ${schedule.expression} comes up once, and that run may take so long`
        : `must be above ${longest}, the longest time between two slots of ${schedule.expression} in ${schedule.timeZone} (after ${longestAfter}); where that is a change of the clock, choose an hour that comes every day, or UTC`,
      received: freshnessSeconds,
      nearest,
    };
  }
});

/** The function that looks at freshness stands in the VPC, and may open connections to its endpoints only. */
const freshnessCanBeSeen = rule(facts, function* ({ etls, network }) {
  const scheduled = Object.entries(etls).flatMap(([name, etl]) =>
    etl?.schedule === undefined ? [] : [`etls.${name}`],
  );
  const endpoints = network?.interfaceEndpoints;
  if (scheduled.length === 0 || endpoints === undefined || endpoints.includes("monitoring")) return;
  yield {
    path: ["network", "interfaceEndpoints"],
    rule: `must hold "monitoring": the function that looks at the freshness of ${scheduled.join(", ")} reaches CloudWatch through it alone`,
    received: endpoints,
    nearest: [...endpoints, "monitoring"],
  };
});

/** An alarm on failed runs sees seven days in whole days: of slots that are further apart it never sees two. */
const failuresSeen = etlRule(function* ({ schedule, alarms }, path) {
  if (schedule === undefined || alarms === undefined || cadence(schedule).usual <= DAY) return;
  for (const setting of ["failedSlots", "ofSlots"] as const) {
    if (alarms[setting] <= 1) continue;
    yield {
      path: [...path, "alarms", setting],
      rule: `must be 1: slots of ${schedule.expression} are more than a day apart, and an alarm looks at days`,
      received: alarms[setting],
      nearest: 1,
    };
  }
});

/** Failed slots are among the slots. */
const failuresAmongSlots = etlRule(function* ({ alarms }, path) {
  if (alarms === undefined || alarms.failedSlots <= alarms.ofSlots) return;
  yield {
    path: [...path, "alarms", "failedSlots"],
    rule: `must be at most ofSlots (${alarms.ofSlots})`,
    received: alarms.failedSlots,
    nearest: alarms.ofSlots,
  };
});

/** A secret is a reference. */
const noLiteralSecret = etlRule((etl, path) => literalSecrets(path, etl));

/** The pod fits a node of its group. */
const podFits = etlRule(function* ({ cluster, nodeGroup, job }, path, { clusters }) {
  const groups = cluster === undefined ? undefined : clusters?.[cluster]?.nodeGroups;
  if (cluster === undefined || groups === undefined || nodeGroup === undefined) return;
  yield* podMisfits(path, job, [...path, "job"], nodeGroup, { name: cluster, groups });
});

/** Rules of the ETLs; they read the whole environment. */
export const etlRules: readonly Rule[] = [
  etlCount,
  namesDiffer,
  renamesAreClear,
  renameKeepsLogs,
  enabledHasImage,
  scheduleDecided,
  deadlineBelowCadence,
  retryBelowCadence,
  freshnessHolds,
  failuresAmongSlots,
  failuresSeen,
  freshnessCanBeSeen,
  noLiteralSecret,
  podFits,
];

/** Validated settings of one ETL. */
export type EtlConfig = z.output<typeof etlSchema>;
/** Validated settings of an environment's ETLs, by name. */
export type EtlsConfig = z.output<typeof etlsSchema>;
