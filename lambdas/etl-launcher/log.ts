import { withoutTokens } from "./token";

/** Writes one line. */
export type Write = (line: string) => void;

/** Metrics of a launch. Each is written every time, as 0 or 1, so that an alarm recovers by data and not by its absence. */
export const METRICS = ["Launched", "Skipped", "Duplicate", "LaunchFailed"] as const;

/** Name of a launch's metric. */
export type Metric = (typeof METRICS)[number];

/** Metrics of a run that the cluster gave up: that it failed, and whether for want of memory. */
export const RUN_METRICS = ["RunFailed", "OutOfMemory"] as const;

/** That somebody has looked at the runs: its absence is what an alarm watches. */
export const LOOKED = "RunsLooked";

/**
 * Past `console`, which Lambda replaces: it would wrap the line, and CloudWatch finds a metric only at the top of a line.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export const writeToLog: Write = (line) => process.stdout.write(`${line}\n`);

/** Logs one thing that happened. */
export function log(write: Write, fields: Readonly<Record<string, unknown>>): void {
  write(withoutTokens(JSON.stringify(fields)));
}

/**
 * The fields that make a log line metrics of one ETL.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @param counts - the metrics, by name
 * @param at - the moment that they belong to
 */
export function metrics(
  namespace: string,
  etl: string,
  counts: Readonly<Record<string, number>>,
  at: Date,
): Readonly<Record<string, unknown>> {
  const names = Object.keys(counts).map((Name) => ({ Name, Unit: "Count" }));
  return {
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [["Etl"]], Metrics: names }],
    },
    Etl: etl,
    ...counts,
  };
}

/** The metrics of a launch: one is counted, the others are 0. */
export function metric(namespace: string, etl: string, counted: Metric, now: Date): Readonly<Record<string, unknown>> {
  const counts = Object.fromEntries(METRICS.map((name) => [name, name === counted ? 1 : 0]));
  return metrics(namespace, etl, counts, now);
}
