import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { CloudwatchMetricAlarmMetricQuery } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct } from "../cdktf";
import type { Monitoring, Severity } from "./monitoring";
import { systemOf } from "./system";

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
  readonly monitoring: Monitoring;
  /** Name after the environment's prefix, for example `db-cpu-high`; also the runbook's anchor. */
  readonly name: string;
  /** What it means for people when this fires: one or two sentences. */
  readonly intent: string;
  /** Whom it reaches. */
  readonly severity: Severity;
  /** What to do, in order; each step is a sentence or a command in backquotes. */
  readonly steps: readonly string[];
  /** The metric, or a metric math query whose one result has `returnData`. */
  readonly metric: AlarmMetric | readonly CloudwatchMetricAlarmMetricQuery[];
  /** How the metric is compared with the threshold. */
  readonly comparison: ">" | ">=" | "<" | "<=";
  /** Threshold, in the metric's unit. */
  readonly threshold: number;
  /** Length of a period in seconds: 10, 20, 30 or a multiple of 60. */
  readonly periodSeconds: number;
  /** Periods looked at. */
  readonly periods: number;
  /** Periods that must breach. @default - all of them */
  readonly datapoints?: number;
  /** What a period without data counts as: there is no right default. */
  readonly missingData: "breaching" | "notBreaching" | "ignore" | "missing";
}

/** What the runbook and the alarm table know of an alarm. */
export interface AlarmFacts {
  readonly name: string;
  readonly alarmName: string;
  readonly intent: string;
  readonly severity: Severity;
  readonly owner: string;
  readonly steps: readonly string[];
  readonly condition: string;
}

/** Metadata key under which an alarm's facts stand on its node. */
export const ALARM_METADATA = "opsdx:alarm";

const OPERATORS = {
  ">": "GreaterThanThreshold",
  ">=": "GreaterThanOrEqualToThreshold",
  "<": "LessThanThreshold",
  "<=": "LessThanOrEqualToThreshold",
} as const;

/** CloudWatch's limit on an alarm's range. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const MAX_RANGE_SECONDS = 7 * 24 * 3600;

/**
 * A CloudWatch alarm: the only way this program makes one. It cannot exist without an intent, a severity and runbook steps,
 * and it must stand inside a system (see `describeSystem`), whose owner it inherits.
 */
export class Alarm extends Construct {
  /** The alarm's name in AWS, as a plain string. */
  public readonly alarmName: string;
  /** The alarm's ARN. */
  public readonly arn: string;

  /** @throws Error when the periods, the data points or the period's length are not what CloudWatch takes */
  public constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const { metric, monitoring, periods, periodSeconds } = props;
    const datapoints = props.datapoints ?? periods;
    const fail = (rule: string, received: string | number): never => {
      throw new Error(`${this.node.path}: ${rule}, got ${received}`);
    };
    if (!/^[a-z0-9][a-z0-9-]*$/.test(props.name))
      fail("name must be lower-case letters, digits and hyphens", props.name);
    if (props.steps.length === 0) fail("steps must hold at least one step", "none");
    if (datapoints < 1 || datapoints > periods) fail(`datapoints must be 1 to periods (${periods})`, datapoints);
    if (![10, 20, 30].includes(periodSeconds) && (periodSeconds < 60 || periodSeconds % 60 !== 0)) {
      fail("periodSeconds must be 10, 20, 30 or a multiple of 60", periodSeconds);
    }
    if (periods * periodSeconds > MAX_RANGE_SECONDS)
      fail("periods × periodSeconds must be within 7 days", periods * periodSeconds);

    const system = systemOf(this);
    this.alarmName = `${monitoring.namePrefix}-${props.name}`;
    const single = isSingle(metric) ? metric : undefined;
    const percentile = single !== undefined && /^(p|tm|wm|tc|ts|pr)\d|^IQM$/i.test(single.statistic);
    const resource = new CloudwatchMetricAlarm(this, "Resource", {
      alarmName: this.alarmName,
      alarmDescription: `${props.intent} Owner: ${system.owner}. Runbook: ${monitoring.runbookUrl}#${props.name}`,
      comparisonOperator: OPERATORS[props.comparison],
      threshold: props.threshold,
      evaluationPeriods: periods,
      datapointsToAlarm: datapoints,
      treatMissingData: props.missingData,
      alarmActions: [monitoring.topics[props.severity]],
      okActions: [monitoring.topics[props.severity]],
      ...(single === undefined
        ? { metricQuery: metric as CloudwatchMetricAlarmMetricQuery[] }
        : {
            namespace: single.namespace,
            metricName: single.name,
            dimensions: single.dimensions,
            period: periodSeconds,
            ...(percentile ? { extendedStatistic: single.statistic } : { statistic: single.statistic }),
          }),
    });
    this.arn = resource.arn;
    const what = single === undefined ? "expression" : `${single.namespace} ${single.name} ${single.statistic}`;
    this.node.addMetadata(ALARM_METADATA, {
      name: props.name,
      alarmName: this.alarmName,
      intent: props.intent,
      severity: props.severity,
      owner: system.owner,
      steps: props.steps,
      condition: `${what} ${props.comparison} ${props.threshold}, ${datapoints} of ${periods} × ${periodSeconds} s, no data = ${props.missingData}`,
    } satisfies AlarmFacts);
  }
}

function isSingle(metric: AlarmProps["metric"]): metric is AlarmMetric {
  return !Array.isArray(metric);
}
