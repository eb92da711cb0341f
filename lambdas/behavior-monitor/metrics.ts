import type { Measured } from "./measure";

/** Dimension of a value's metric, which is called like its monitor. */
export const VALUE_DIMENSION = "Of";
/** Dimension of what the function says of a monitor's run. */
export const MONITOR_DIMENSION = "Monitor";
/** What it says of each run: that there was a number, that there was none, rows that are not on the list, and how long it took. */
export const RUN_METRICS = {
  measured: "Measured",
  failed: "Failed",
  unlisted: "Unlisted",
  seconds: "Seconds",
} as const;

/** How a run of a monitor ended. */
export type Ended = { readonly seconds: number } & (
  { readonly measured: Measured } | { readonly fault: string; readonly sqlState?: string }
);

/**
 * Log lines of a run that CloudWatch makes metrics of: they hold numbers, values of the list and the kind of a fault.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricLines(namespace: string, now: number, monitor: string, ended: Ended): readonly string[] {
  const line = (dimension: string, metrics: Readonly<Record<string, number>>, fields: object): string =>
    JSON.stringify({
      _aws: {
        Timestamp: now,
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: [[dimension]],
            Metrics: Object.keys(metrics).map((Name) => ({
              Name,
              Unit: Name === RUN_METRICS.seconds ? "Seconds" : "None",
            })),
          },
        ],
      },
      ...fields,
      ...metrics,
    });
  const { seconds } = ended;
  const own = { event: "monitor.ran", [MONITOR_DIMENSION]: monitor };
  if (!("measured" in ended)) {
    const { fault, sqlState } = ended;
    const metrics = { [RUN_METRICS.failed]: 1, [RUN_METRICS.seconds]: seconds };
    return [line(MONITOR_DIMENSION, metrics, { ...own, fault, ...(sqlState !== undefined && { sqlState }) })];
  }
  const { unlisted, values } = ended.measured;
  return [
    ...Object.entries(values).map(([value, number]) =>
      line(VALUE_DIMENSION, { [monitor]: number }, { event: "monitor.measured", [VALUE_DIMENSION]: value }),
    ),
    line(
      MONITOR_DIMENSION,
      {
        [RUN_METRICS.measured]: 1,
        [RUN_METRICS.failed]: 0,
        [RUN_METRICS.unlisted]: unlisted,
        [RUN_METRICS.seconds]: seconds,
      },
      own,
    ),
  ];
}
