import { REDASH_LOG_METRICS, type RedashMetric } from "../../../../constructs/stage3/redash/alarms";

/** What Redash 25.8.0 wrote on 2026-11-29, run from its source against PostgreSQL 15 and Redis 7.0: a query that worked, two that did not, and what goes on beside. */
const JOB =
  "[2026-11-29 09:03:12,501][PID:30006][INFO][rq.job.redash.tasks.queries.execution] job.func_name=redash.tasks.queries.execution.execute_query job.id=b922bfa4-8153-4dc6-8888-6bea41af674d";
const HEALTH =
  "2026/11/29 09:09:01 [worker_healthcheck] WorkerHealthcheck: Worker rq:worker:0ed654b30a764ea79277e57516f14277 healthcheck: Is busy? False. Seen lately? False (348 seconds ago).";
const LINES = {
  worked: `${JOB} job=execute_query query_hash=f6bf37efedbc0a2dfffc1caf5088d86e ds_id=1 data_length=1290 error=[None]`,
  noTable: `${JOB} job=execute_query query_hash=252267ca166a156adcb903a4cfc5d468 ds_id=1 data_length=None error=[relation "nope" does not exist`,
  byZero: `${JOB} job=execute_query query_hash=39825758fe07c5dd0bacee697ede9754 ds_id=1 data_length=None error=[division by zero`,
  started: `${JOB} job=execute_query state=executing_query query_hash=f6bf37efedbc0a2dfffc1caf5088d86e type=pg ds_id=1 job_id=b922bfa4 queue=queries query_id=adhoc username=admin@opsdx.io`,
  done: "[2026-11-29 09:03:12,750][PID:30008][INFO][rq.worker] queries: Job OK (904f4ad1-a8bd-4e69-b813-22782c16e88f)",
  idle: `${HEALTH} Has nothing to do? True (0 jobs in watched queues). ==> Is healthy? True`,
  waiting: `${HEALTH} Has nothing to do? False (3 jobs in watched queues). ==> Is healthy? True`,
  tick: "2026/11/29 09:03:01 [worker_healthcheck] Received TICK_60 event from supervisor",
  round: `[2026-11-29 09:03:42,438][PID:31014][INFO][rq.job.redash.tasks.queries.maintenance] job.func_name=redash.tasks.queries.maintenance.refresh_queries job.id=305c0cae Done refreshing queries: {'started_at': 1795943213.48}`,
} as const;

/** A pattern of quoted terms matches a line that holds each of them. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
function matched(metric: RedashMetric): readonly string[] {
  const terms = [...REDASH_LOG_METRICS[metric].matchAll(/"([^"]+)"/g)].map(([, term = ""]) => term);
  return Object.entries(LINES).flatMap(([name, line]) => {
    // As fluent-bit hands it on: a line that is no JSON is one field of a record.
    const record = JSON.stringify({ log: line });
    return terms.every((term) => record.includes(term)) ? [name] : [];
  });
}

it.each([
  ["Queries", ["worked", "noTable", "byZero"]],
  ["FailedQueries", ["noTable", "byZero"]],
  ["LooksAtWorkers", ["idle", "waiting"]],
  ["LooksAtWaiting", ["waiting"]],
  ["Rounds", ["round"]],
] as const)("%s counts these lines of Redash, and no others", (metric, lines) => {
  expect(matched(metric)).toEqual(lines);
});
