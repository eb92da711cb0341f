import { alarmId, RECOMMENDED_ALARMS, recommendedAlarmCoverage, type RecommendedAlarm } from "../recommended-alarms";
import type { Rule } from "../rule";

/** The rule that every alarm exists that AWS recommends for a resource. */
export const recommendedAlarmRules: readonly Rule[] = [
  {
    id: "RecommendedAlarm",
    citation:
      "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
    fix: "make an Alarm in the same stack that watches this metric of this resource in that direction",
    about: [...new Set(RECOMMENDED_ALARMS.map(alarmId))],
    check: (stack) =>
      recommendedAlarmCoverage(stack)
        .filter(({ coveredBy }) => coveredBy === undefined)
        .map(({ resource, recommended }) => ({
          resource,
          about: alarmId(recommended),
          problem: `has no alarm on ${described(recommended)}`,
        })),
  },
];

function described(alarm: RecommendedAlarm): string {
  const { comparison, datapoints, evaluationPeriods, metric, period, statistic, threshold } = alarm;
  const limit = threshold === undefined ? "a threshold of your own" : String(threshold);
  return `${metric} (AWS's: ${statistic} ${comparison} ${limit}, ${datapoints} of ${evaluationPeriods} × ${period} s)`;
}
