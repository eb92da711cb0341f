import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { CloudwatchMetricAlarmMetricQuery } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct, type IConstruct } from "../cdktf";
import { refuse } from "../props-error";
import type { Severity } from "./monitoring-context";
import type { AlarmMetric, AlarmProps } from "./alarm-props";
import { proseProblems, stepProblems, type Step } from "./steps";
import { dashboardLink, runbookLink, runbookPage, systemOf } from "./system";
import { isSingle, thresholdOf, type ThresholdFacts } from "./threshold";

export type { AlarmMetric, AlarmProps } from "./alarm-props";

/** One metric that an alarm watches. */
export interface AlarmWatch {
  /** The metric. */
  readonly metric: AlarmMetric;
  /** The threshold, in the metric's unit. */
  readonly threshold: number;
  /** Whom it reaches. */
  readonly severity: Severity;
  /** Length of a period in seconds. */
  readonly periodSeconds: number;
}

/** What the runbook and the alarm table know of an alarm. */
export interface AlarmFacts {
  /** Name without the environment's prefix, for example `db-cpu-high`. */
  readonly name: string;
  /** Name in CloudWatch. */
  readonly alarmName: string;
  /** What it has in common with the alarms that watch the same elsewhere: the heading of their entry. */
  readonly kind: string;
  /** What tells it from them, by placeholder. */
  readonly of: NonNullable<AlarmProps["of"]>;
  /** What is wrong when it fires. */
  readonly intent: string;
  /** Whether it wakes somebody. */
  readonly severity: Severity;
  /** Who answers for its system. */
  readonly owner: string;
  /** What to do when it fires. */
  readonly steps: readonly Step[];
  /** When it fires, in words. */
  readonly condition: string;
  /** Its threshold, and where that comes from. */
  readonly threshold: ThresholdFacts;
}

/** Metadata key under which an alarm's facts stand on its node. */
export const ALARM_METADATA = "opsdx:alarm";

const OPERATORS = {
  ">": "GreaterThanThreshold",
  ">=": "GreaterThanOrEqualToThreshold",
  "<": "LessThanThreshold",
  "<=": "LessThanOrEqualToThreshold",
  outside: "LessThanLowerOrGreaterThanUpperThreshold",
} as const;

/**
 * CloudWatch's limits on an alarm's range: a day, or a week where a period is an hour or more.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
const DAY_SECONDS = 24 * 3600;
const WEEK_SECONDS = 7 * DAY_SECONDS;
/** CloudWatch's limit on an alarm's description, and on its name. */
const MAX_DESCRIPTION = 1024;
const MAX_NAME = 255;

const STATISTICS = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"];
/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html */
const EXTENDED_STATISTIC = /^((p|tm|wm|tc|ts)\d{1,2}(\.\d+)?|p100|IQM|(TM|WM|TC|TS|PR)\([\d.%]*:[\d.%]*\))$/;

/** Alarm names in use, by tree: CloudWatch would let the second alarm of a name replace the first. */
const namesInUse = new WeakMap<IConstruct, Set<string>>();

/** What is wrong with the name of an alarm, and with the heading of its entry; empty when nothing is. */
export function nameProblems(names: Readonly<Record<"name" | "kind", string>>): string[] {
  return Object.entries(names).flatMap(([prop, text]) =>
    /^[a-z0-9][a-z0-9-]*$/.test(text) ? [] : [`${prop} must be lower-case letters, digits and hyphens, got "${text}"`],
  );
}

/** Takes the full name of an alarm, whichever system evaluates it; says what is wrong when it is taken or too long. */
export function claimAlarmName(alarm: IConstruct, alarmName: string): string[] {
  const taken = namesInUse.get(alarm.node.root) ?? new Set<string>();
  const problems = [
    ...(alarmName.length <= MAX_NAME
      ? []
      : [`the alarm's name must fit ${MAX_NAME} characters, got ${alarmName.length}`]),
    ...(taken.has(alarmName) ? [`name must be unique, as one of two alarms would be lost, got "${alarmName}"`] : []),
  ];
  if (problems.length === 0) namesInUse.set(alarm.node.root, taken.add(alarmName));
  return problems;
}

/**
 * A CloudWatch alarm: the only way this program makes one. It cannot exist without an intent, a severity and runbook steps,
 * and it must stand inside a system (see `describeSystem`), whose owner it inherits.
 */
export class Alarm extends Construct {
  /** The alarm's name in AWS, as a plain string. */
  public readonly alarmName: string;
  /** The alarm's ARN. */
  public readonly arn: string;
  /** What it watches, when that is one metric and a fixed threshold: dashboards mark it. */
  public readonly watch?: AlarmWatch;

  /** @throws PropsError when the name is taken, a property is not what CloudWatch takes, or a text holds a command or says nothing */
  public constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const { kind = props.name, monitoring, periods, periodSeconds } = props;
    const thresholdFacts = thresholdOf(props, monitoring.thresholds);
    const threshold = thresholdFacts.value;
    const metric = props.comparison === "outside" ? widened(props.metric, props.threshold, threshold) : props.metric;
    const intent =
      threshold === props.threshold
        ? props.intent
        : `${props.intent} Here the threshold is ${threshold} instead of ${props.threshold}.`;
    const datapoints = props.datapoints ?? periods;
    const faults: string[] = [];
    const check = (holds: boolean, rule: string, received: string | number): void => {
      if (!holds) faults.push(`${rule}, got ${received}`);
    };
    faults.push(...nameProblems({ name: props.name, kind }));
    check(props.steps.length > 0, "steps must hold at least one step", "none");
    faults.push(...proseProblems(props.intent), ...props.steps.flatMap(stepProblems));
    check(Number.isInteger(periods) && periods >= 1, "periods must be a whole number from 1", periods);
    check(
      Number.isInteger(datapoints) && datapoints >= 1 && datapoints <= periods,
      `datapoints must be a whole number from 1 to periods (${periods})`,
      datapoints,
    );
    check(
      [10, 20, 30].includes(periodSeconds) || (periodSeconds >= 60 && periodSeconds % 60 === 0),
      "periodSeconds must be 10, 20, 30 or a multiple of 60",
      periodSeconds,
    );
    const [limit, range] = periodSeconds >= 3600 ? [WEEK_SECONDS, "7 days"] : [DAY_SECONDS, "a day"];
    check(periods * periodSeconds <= limit, `periods × periodSeconds must be within ${range}`, periods * periodSeconds);
    check(Number.isFinite(threshold), "threshold must be a number", threshold);

    const system = systemOf(this);
    this.alarmName = `${monitoring.namePrefix}-${props.name}`;
    const single = isSingle(metric) ? metric : undefined;
    this.watch = single && { metric: single, threshold, severity: props.severity, periodSeconds };
    const band = props.comparison === "outside" ? bandOf(metric, threshold) : undefined;
    check(
      props.comparison !== "outside" || band !== undefined,
      `metric must hold a query ANOMALY_DETECTION_BAND(…, ${threshold}) for a comparison with "outside"`,
      "none",
    );
    if (single === undefined) {
      const returning = (metric as readonly CloudwatchMetricAlarmMetricQuery[]).filter(
        ({ returnData }) => returnData === true,
      );
      const expected = band === undefined ? 1 : 2;
      check(
        returning.length === expected,
        `metric must hold ${expected === 1 ? "one query" : "two queries"} with returnData`,
        returning.length,
      );
    } else {
      check(
        STATISTICS.includes(single.statistic) || EXTENDED_STATISTIC.test(single.statistic),
        `metric.statistic must be one of ${STATISTICS.join(", ")} or a percentile such as p90`,
        `"${single.statistic}"`,
      );
    }
    const dashboard = dashboardLink(monitoring, system);
    const where = `${dashboard === undefined ? "" : `Dashboard: ${dashboard} `}Runbook: ${runbookLink(monitoring, runbookPage(system).name, kind)}`;
    const description = `${intent} Owner: ${system.owner}. ${where}`;
    check(
      description.length <= MAX_DESCRIPTION,
      `intent, owner and runbook link must fit ${MAX_DESCRIPTION} characters`,
      description.length,
    );
    refuse(this, [...faults, ...claimAlarmName(this, this.alarmName)]);

    const resource = new CloudwatchMetricAlarm(this, "Resource", {
      alarmName: this.alarmName,
      alarmDescription: description,
      comparisonOperator: OPERATORS[props.comparison],
      ...(band === undefined ? { threshold } : { thresholdMetricId: band }),
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
            ...(STATISTICS.includes(single.statistic)
              ? { statistic: single.statistic }
              : { extendedStatistic: single.statistic }),
          }),
    });
    this.arn = resource.arn;
    const what = single === undefined ? "expression" : `${single.namespace} ${single.name} ${single.statistic}`;
    this.node.addMetadata(ALARM_METADATA, {
      name: props.name,
      alarmName: this.alarmName,
      kind,
      of: props.of ?? {},
      intent,
      severity: props.severity,
      owner: system.owner,
      steps: props.steps,
      condition: `${what} ${props.comparison} ${threshold}, ${datapoints} of ${periods} × ${periodSeconds} s, no data = ${props.missingData}`,
      threshold: thresholdFacts,
    } satisfies AlarmFacts);
  }
}

/** The queries with a band of another width. */
function widened(metric: AlarmProps["metric"], from: number, to: number): AlarmProps["metric"] {
  if (isSingle(metric) || from === to) return metric;
  return metric.map((query) => ({
    ...query,
    ...(query.expression !== undefined && {
      expression: query.expression.replace(new RegExp(`^(ANOMALY_DETECTION_BAND\\(\\w+), ${from}\\)$`), `$1, ${to})`),
    }),
  }));
}

/** Id of the query that gives the band. */
function bandOf(metric: AlarmProps["metric"], width: number): string | undefined {
  if (isSingle(metric)) return undefined;
  return metric.find(
    ({ expression = "" }) =>
      /^ANOMALY_DETECTION_BAND\(\w+, [\d.]+\)$/.test(expression) && expression.endsWith(`, ${width})`),
  )?.id;
}
