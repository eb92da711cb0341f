import type { AlarmProps } from "./alarm-props";

/**
 * What an alarm looks at that tells of the first event which a rule of EventBridge matched and could not hand on.
 * @param ruleName - name of the rule
 */
export function undeliveredEvents(
  ruleName: string,
): Pick<AlarmProps, "comparison" | "metric" | "missingData" | "periodSeconds" | "periods" | "threshold"> {
  return {
    metric: {
      namespace: "AWS/Events",
      name: "FailedInvocations",
      dimensions: { RuleName: ruleName },
      statistic: "Sum",
    },
    comparison: ">=",
    threshold: 1,
    periodSeconds: 300,
    periods: 1,
    missingData: "notBreaching",
  };
}
