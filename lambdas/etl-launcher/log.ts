import { withoutTokens } from "./token";

/** Writes one line. */
export type Write = (line: string) => void;

/** Metrics of a launch. Each is written every time, as 0 or 1, so that an alarm recovers by data and not by its absence. */
export const METRICS = ["Launched", "Skipped", "Duplicate", "LaunchFailed"] as const;

/** Name of a launch's metric. */
export type Metric = (typeof METRICS)[number];

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
 * The fields that make a log line a metric of one ETL.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metric(namespace: string, etl: string, counted: Metric, now: Date): Readonly<Record<string, unknown>> {
  return {
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [
        { Namespace: namespace, Dimensions: [["Etl"]], Metrics: METRICS.map((Name) => ({ Name, Unit: "Count" })) },
      ],
    },
    Etl: etl,
    ...Object.fromEntries(METRICS.map((name) => [name, name === counted ? 1 : 0])),
  };
}
