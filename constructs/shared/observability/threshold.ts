import data from "../policy/recommended-alarms.json";
import type { AlarmMetric, AlarmProps } from "./alarm-props";
import type { ChosenThreshold, ChosenThresholds } from "./monitoring-context";

/** Where an alarm's threshold comes from. */
export interface ThresholdFacts {
  /** The threshold that holds. */
  readonly value: number;
  /** The construct's own. */
  readonly builtIn: number;
  /** What the configuration set instead, and why. @default - nothing: the construct's own holds */
  readonly chosen?: ChosenThreshold;
  /** Path of the setting that already decides it, for example `web.thresholds.latencySeconds`. @default - none */
  readonly setting?: string;
  /** The weakest threshold that needs no reason. @default - AWS recommends no such alarm */
  readonly limit?: number;
  /** Whether a larger number makes the alarm fire later; with `<` and `<=` a smaller one does. */
  readonly largerIsWeaker: boolean;
}

type Alarming = Pick<AlarmProps, "name" | "metric" | "comparison" | "threshold" | "thresholdSetting" | "periodSeconds">;

/** An alarm's threshold: the construct's, or the one that the environment chose for it. */
export function thresholdOf(props: Alarming, chosen: ChosenThresholds): ThresholdFacts {
  const { comparison, name, threshold: builtIn, thresholdSetting: setting } = props;
  const own = Object.hasOwn(chosen, name) ? chosen[name] : undefined;
  const largerIsWeaker = comparison !== "<" && comparison !== "<=";
  const limit = weakestWithoutReason(props, largerIsWeaker);
  return {
    value: setting === undefined ? (own?.value ?? builtIn) : builtIn,
    builtIn,
    largerIsWeaker,
    ...(own !== undefined && { chosen: own }),
    ...(setting !== undefined && { setting }),
    ...(limit !== undefined && { limit }),
  };
}

/** Whether a threshold makes an alarm fire later than what AWS recommends, and than the construct's own. */
export function isWeaker(value: number, { largerIsWeaker, limit }: ThresholdFacts): boolean {
  if (limit === undefined) return false;
  return largerIsWeaker ? value > limit : value < limit;
}

/**
 * AWS's number where it gives one for the same metric, statistic and span of time; where it leaves the number to the workload, or
 * measures otherwise, the construct's own. A construct that is weaker than AWS on purpose has said why already.
 */
function weakestWithoutReason({ comparison, metric, periodSeconds, threshold }: Alarming, largerIsWeaker: boolean) {
  const single = isSingle(metric) ? metric : undefined;
  const watched = isSingle(metric)
    ? [{ namespace: metric.namespace, metricName: metric.name }]
    : metric.flatMap((query) => query.metric ?? []);
  const sense = largerIsWeaker ? "GreaterThan" : "LessThan";
  const recommended = data.alarms.filter((alarm) =>
    watched.some(
      ({ metricName, namespace }) =>
        alarm.namespace === namespace &&
        alarm.metric === metricName &&
        (comparison === "outside" || alarm.comparison.startsWith(sense)),
    ),
  );
  if (recommended.length === 0) return undefined;
  // A sum over another span of time is another number.
  const numbers = recommended.flatMap((alarm) =>
    alarm.statistic === single?.statistic &&
    (alarm.statistic !== "Sum" || alarm.period === periodSeconds) &&
    "threshold" in alarm &&
    typeof alarm.threshold === "number"
      ? [alarm.threshold]
      : [],
  );
  return largerIsWeaker ? Math.max(threshold, ...numbers) : Math.min(threshold, ...numbers);
}

/** Whether an alarm reads one metric, not queries. */
export function isSingle(metric: AlarmProps["metric"]): metric is AlarmMetric {
  return !Array.isArray(metric);
}
