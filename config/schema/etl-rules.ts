import { z } from "zod";
import { etlSchema, jobSchema, MAX_FRESHNESS, MIN_FRESHNESS } from "./etl";
import { etlNameRules } from "./etl-names";
import { rule, valid, type Fault, type Rule } from "./rule";
import { cadence, scheduleSchema } from "./schedule";
import { groupFacts, literalSecrets, notSecret, podMisfits } from "./workload";

const DAY = 24 * 3600;

/** ETLs that the launchers' role has room for: it names each, and IAM takes 6,144 characters. */
const MAX_ETLS = 16;

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
  ...etlNameRules,
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
