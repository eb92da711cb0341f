import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter";
import { Construct } from "../cdktf";
import { refuse } from "../props-error";
import type { LogGroup } from "./log-group";
import { writesMetrics } from "./metric-sources";

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html */
const MAX_DIMENSIONS = 3;

/** Properties of {@link MetricFilter}. */
export interface MetricFilterProps {
  /** Name of the filter, unique in its log group. */
  readonly name: string;
  /** The log group that is read. */
  readonly logGroup: LogGroup;
  /** CloudWatch Logs filter pattern. */
  readonly pattern: string;
  /** Metric that is written. */
  readonly metric: { readonly namespace: string; readonly name: string };
  /** What is written per match: a number, or a field such as `$.rows`. @default "1" */
  readonly value?: string;
  /** Dimensions, at most three, from JSON fields. A filter with dimensions has no default value. @default - none; 0 is written when nothing matches */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Turns matching log events into a metric: the only way this program makes a metric filter. */
export class MetricFilter extends Construct {
  /** @throws PropsError when there are more dimensions than a metric filter may write */
  public constructor(scope: Construct, id: string, props: MetricFilterProps) {
    super(scope, id);
    const dimensions = Object.keys(props.dimensions ?? {});
    refuse(this, [
      dimensions.length > MAX_DIMENSIONS &&
        `dimensions must be at most ${MAX_DIMENSIONS}, got ${dimensions.length}: ${dimensions.join(", ")}`,
    ]);
    writesMetrics(this, props.metric.namespace, [props.metric.name]);
    new CloudwatchLogMetricFilter(this, "Resource", {
      name: props.name,
      logGroupName: props.logGroup.logGroupName,
      pattern: props.pattern,
      metricTransformation: {
        namespace: props.metric.namespace,
        name: props.metric.name,
        value: props.value ?? "1",
        ...(props.dimensions === undefined ? { defaultValue: "0" } : { dimensions: props.dimensions }),
      },
    });
  }
}
