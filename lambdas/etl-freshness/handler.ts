import { secondsSinceSuccess } from "./age";
import { CloudWatchMetrics, type Metrics } from "./metrics";
import { checkSettings, type Settings } from "./settings";

/** What a test gives instead of Lambda's surroundings. */
export interface Surroundings {
  /** The function's environment variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a log line. */
  readonly write: (line: string) => void;
  /** The clock. */
  readonly now: () => number;
  /** The metrics. @default - CloudWatch's */
  readonly metrics?: Metrics;
}

/** Metric of an ETL that counts its successes: a filter makes it of what a run says at its end. */
const SUCCEEDED = "RunSucceeded";
/** What this function writes: the number that alarms watch, and since when it looks, which it reads again itself. */
const AGE = "SecondsSinceSuccess";
const WATCHED_SINCE = "WatchedSince";
/** That it has looked. */
const CHECKED = "FreshnessChecked";

/** An ETL that was not looked at for so long is new again. */
const RECENT_DAYS = 14;
/** CloudWatch keeps hours for 455 days; one less for rounding. */
const ALL_DAYS = 454;

/**
 * Writes how long each ETL has gone without a success, as metrics in log lines. CloudWatch's alarms see seven days at most, a number
 * has no such end.
 */
export async function handle({
  environment,
  write,
  now: clock,
  ...given
}: Surroundings): Promise<Readonly<Record<string, number>>> {
  const { AWS_REGION: region, ETLS: watched, METRIC_NAMESPACE: namespace } = checkSettings(environment);
  const metrics = given.metrics ?? new CloudWatchMetrics(namespace, region);
  const now = clock();
  const names = watched.flatMap(namesOf);
  const recent = await metrics.newest(SUCCEEDED, names, RECENT_DAYS, now);
  const older = await metrics.newest(
    SUCCEEDED,
    names.filter((etl) => !recent.has(etl)),
    ALL_DAYS,
    now,
  );
  const known = await metrics.newest(WATCHED_SINCE, names, RECENT_DAYS, now);
  const ages = watched.map(({ etl, renamedFrom, ...ends }) => {
    const own = namesOf({ etl, renamedFrom });
    const watchedSince = Math.min(...own.map((name) => known.get(name)?.value ?? Math.floor(now / 1000))) * 1000;
    const successes = own.flatMap((name) => (recent.get(name) ?? older.get(name))?.at ?? []);
    const lastSuccess = successes.length === 0 ? undefined : Math.max(...successes);
    const age = secondsSinceSuccess({ ...ends, watchedSince, lastSuccess }, now);
    const line = { [AGE]: age, [WATCHED_SINCE]: watchedSince / 1000 };
    write(metricLine(namespace, now, line, etl));
    return [etl, age] as const;
  });
  write(metricLine(namespace, now, { [CHECKED]: ages.length }));
  return Object.fromEntries(ages);
}

/** The names under which an ETL's runs are counted: a renamed one's successes stay under its old name. */
function namesOf({ etl, renamedFrom }: Settings["ETLS"][number]): readonly string[] {
  return renamedFrom === undefined ? [etl] : [etl, renamedFrom];
}

/**
 * A log line that CloudWatch makes metrics of.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function metricLine(namespace: string, now: number, values: Readonly<Record<string, number>>, etl?: string): string {
  const metrics = Object.keys(values).map((Name) => ({ Name, Unit: Name === AGE ? "Seconds" : "None" }));
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [etl === undefined ? [] : ["Etl"]], Metrics: metrics }],
    },
    event: "freshness.checked",
    ...(etl !== undefined && { Etl: etl }),
    ...values,
  });
}

/** Lambda's entry point. The event says nothing that matters. */
export async function handler(): Promise<Readonly<Record<string, number>>> {
  // Past `console`, which Lambda would wrap: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  return await handle({ environment: process.env, write, now: Date.now });
}
