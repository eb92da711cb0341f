import { z } from "zod";
import { owner } from "./primitives";
import { rule, valid, type Fault, type Rule } from "./rule";
import { cadence, scheduleSchema } from "./schedule";
import {
  cpuQuantity,
  groupFacts,
  image,
  literalSecrets,
  memoryQuantity,
  podMisfits,
  secretReference,
  variableName,
} from "./workload";

/** A variable's name. `ETL_` belongs to the launcher. */
const etlVariableName = variableName.regex(/^(?!ETL_)/, "must not start with ETL_: those variables are the launcher's");

const namespace = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and hyphens (RFC 1123)");

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
  /** Whether the schedule launches it. Off, it can still be launched by hand. */
  enabled: z.boolean(),
  /** When it runs. @default - on demand only */
  schedule: scheduleSchema.optional(),
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
  namespace,
  /** Variables of the Job: names, addresses, switches. */
  env: z.record(etlVariableName, z.string()).default({}),
  /** AWS secrets, `opsdx/<env>/<etl>/<reference>`: the Job finds the name of each in `<VARIABLE>_SECRET_ID`, and reads it. */
  secrets: z.record(etlVariableName, secretReference).default({}),
  /** Longest range, in days, that one run may load again. */
  backfillMaxDays: z.int().min(1).max(366),
  /** Who answers for it. */
  owner,
  /** Longest time without a success, in seconds. @default - on demand only, so there is none */
  freshnessSeconds: z.int().min(900).max(604_800).optional(),
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

/** The four ETLs. */
export const etlsSchema = z.strictObject({
  epic2op: etlSchema,
  "c2dw-daily": etlSchema,
  op2dw: etlSchema,
  c2dw: etlSchema,
});

/** What an ETL is checked by; a part that is wrong is left out, and reported by the schema. A wrong schedule leaves out the ETL. */
const etlFacts = z.object({
  enabled: valid(z.boolean()),
  schedule: scheduleSchema.optional(),
  retry: valid(etlSchema.shape.retry),
  job: valid(jobSchema),
  image: z.unknown().optional(),
  cluster: valid(etlSchema.shape.cluster),
  nodeGroup: valid(z.string()),
  env: valid(z.record(z.string(), z.string())),
  secrets: valid(z.record(z.string(), z.string())),
  freshnessSeconds: valid(z.int()),
  alarms: valid(etlSchema.shape.alarms),
});
const facts = z.object({
  clusters: valid(z.record(z.string(), valid(z.object({ nodeGroups: z.record(z.string(), valid(groupFacts)) })))),
  etls: z.record(z.string(), valid(etlFacts)),
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

/** These run by the clock, even while they are switched off. */
const SCHEDULED = ["epic2op", "c2dw-daily", "op2dw"];
const scheduleDecided = etlRule(function* ({ schedule }, path) {
  const name = path.at(-1) ?? "";
  if (!SCHEDULED.includes(name) || schedule !== undefined) return;
  yield {
    path: [...path, "schedule"],
    rule: `is required: ${name} runs by the clock; one that is not decided yet is proposed here, with enabled: false`,
    received: undefined,
  };
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

/** CloudWatch counts whole periods: quarter hours of what runs more than once an hour, hours of the rest. */
export function freshnessPeriod(usualSeconds: number): number {
  return usualSeconds < 3600 ? 900 : 3600;
}

/** Freshness is promised where there is a schedule, and no shorter than the schedule itself allows when clocks change. */
const freshnessHolds = etlRule(function* ({ schedule, freshnessSeconds }, path) {
  const place = [...path, "freshnessSeconds"];
  if (schedule === undefined) {
    if (freshnessSeconds === undefined) return;
    yield { path: place, rule: "must be left out where there is no schedule", received: freshnessSeconds };
    return;
  }
  const { usual, longest, longestAfter } = cadence(schedule);
  const period = freshnessPeriod(usual);
  const nearest = Math.ceil((longest + 1) / period) * period;
  if (freshnessSeconds === undefined) {
    yield { path: place, rule: "is required where there is a schedule", received: undefined, nearest };
  } else if (freshnessSeconds % period !== 0) {
    yield {
      path: place,
      rule: `must be a multiple of ${period}, the period that the alarm counts`,
      received: freshnessSeconds,
      nearest: Math.ceil(freshnessSeconds / period) * period,
    };
  } else if (freshnessSeconds <= longest) {
    yield {
      path: place,
      rule: `must be above ${longest}, the longest time between two slots of ${schedule.expression} in ${schedule.timeZone} (after ${longestAfter}); where that is a change of the clock, choose an hour that comes every day, or UTC`,
      received: freshnessSeconds,
      nearest,
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
  enabledHasImage,
  scheduleDecided,
  deadlineBelowCadence,
  retryBelowCadence,
  freshnessHolds,
  failuresAmongSlots,
  noLiteralSecret,
  podFits,
];

/** Validated settings of one ETL. */
export type EtlConfig = z.output<typeof etlSchema>;
/** Validated settings of the four. */
export type EtlsConfig = z.output<typeof etlsSchema>;
/** Name of an ETL. */
export type EtlName = keyof EtlsConfig;
