import { stringify } from "yaml";
import { ruleSpec, type PrometheusRule } from "../../constructs/shared/prometheus/rules";

/** Rules as Prometheus reads them from a file. */
export function ruleFile(rules: readonly PrometheusRule[]): string {
  return stringify({ groups: [{ name: "opsdx", rules: rules.map(ruleSpec) }] });
}

/**
 * A rule's cases as `promtool test rules` reads them.
 * @param file - file that holds the rule alone: promtool evaluates all of a file for each case
 */
export function testFile({ alert, annotations, cases, labels }: PrometheusRule, file: string): string {
  return stringify({
    rule_files: [file],
    evaluation_interval: "1m",
    tests: cases.map(({ alerts, name, series }) => ({
      name: `${alert}: ${name}`,
      interval: "1m",
      input_series: Object.entries(series).map(([written, values]) => ({ series: written, values })),
      alert_rule_test: Object.entries(alerts).map(([minute, firing]) => ({
        eval_time: `${minute}m`,
        alertname: alert,
        exp_alerts: firing.map((own) => ({ exp_labels: { ...own, ...labels }, exp_annotations: annotations })),
      })),
    })),
  });
}
