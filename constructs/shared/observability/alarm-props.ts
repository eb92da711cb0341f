import type { CloudwatchMetricAlarmMetricQuery } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { MonitoringContext, Severity } from "./monitoring-context";
import type { PlaceholderName } from "./placeholders";
import type { Step } from "./steps";

/** A single CloudWatch metric as an alarm reads it. */
export interface AlarmMetric {
  /** Namespace, for example `AWS/RDS`. */
  readonly namespace: string;
  /** Metric name. */
  readonly name: string;
  /** Dimensions. @default - none */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p90`. */
  readonly statistic: string;
}

/** Properties of {@link Alarm}. */
export interface AlarmProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name after the environment's prefix, for example `db-cpu-high`. */
  readonly name: string;
  /**
   * What it has in common with the alarms that watch the same elsewhere, for example `cpu-high`: the runbook has one entry for all of
   * them, under this heading. @default - the name
   */
  readonly kind?: string;
  /** What tells it from them, by placeholder: `{ database: "db" }`. @default - what tells its system from others */
  readonly of?: Readonly<Partial<Record<PlaceholderName, string>>>;
  /** What it means for people when this fires: one or two sentences. */
  readonly intent: string;
  /** Whom it reaches. */
  readonly severity: Severity;
  /** What to do, in order. */
  readonly steps: readonly Step[];
  /**
   * The metric, or a metric math query whose one result has `returnData`. With `outside`, two have: the metric, and the query
   * `ANOMALY_DETECTION_BAND(…)`.
   */
  readonly metric: AlarmMetric | readonly CloudwatchMetricAlarmMetricQuery[];
  /** How the metric is compared with the threshold; `outside` a band that CloudWatch learns. */
  readonly comparison: ">" | ">=" | "<" | "<=" | "outside";
  /**
   * Threshold, in the metric's unit; with `outside`, half the band's width in standard deviations. The environment's
   * `alarms.thresholds` may set another under the alarm's name.
   */
  readonly threshold: number;
  /**
   * Path of the setting of the configuration that decides the threshold, for example `web.thresholds.latencySeconds`: it stays the
   * only one, and `alarms.thresholds` points there. @default - none: the number is the construct's
   */
  readonly thresholdSetting?: string;
  /** Length of a period in seconds: 10, 20, 30 or a multiple of 60. */
  readonly periodSeconds: number;
  /** Periods looked at. */
  readonly periods: number;
  /** Periods that must breach. @default - all of them */
  readonly datapoints?: number;
  /** What a period without data counts as: there is no right default. */
  readonly missingData: "breaching" | "notBreaching" | "ignore" | "missing";
}
