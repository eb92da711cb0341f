/**
 * A moment in the life of a rule, and what must be firing then: what `promtool test rules` checks. Series are written as promtool
 * reads them, one value a minute: `{ 'kube_job_status_failed{job_name="a"}': "0x5 1x20" }`.
 * @see https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
 */
export interface RuleCase {
  /** What happens, in words. */
  readonly name: string;
  /** Values by series, one a minute. */
  readonly series: Readonly<Record<string, string>>;
  /** By minute, the labels of each alert that fires then, less those that the rule gives itself; `[]` when none does. */
  readonly alerts: Readonly<Record<number, readonly Readonly<Record<string, string>>[]>>;
}

/** An alerting rule as Prometheus reads it, with its tests beside. */
export interface PrometheusRule {
  /** Name of the alert: the alarm's full name. */
  readonly alert: string;
  /** The expression, PromQL. */
  readonly expr: string;
  /** How long it must hold, for example `15m`. */
  readonly for: string;
  /** How long it goes on after the expression holds no longer. @default - not at all */
  readonly keep_firing_for?: string;
  /** Labels that each alert gets. */
  readonly labels: Readonly<Record<string, string>>;
  /** What a notification tells. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Its unit tests. */
  readonly cases: readonly RuleCase[];
}

/** A rule as a file of Prometheus has it: without its tests. */
export function ruleSpec(rule: PrometheusRule): Omit<PrometheusRule, "cases"> {
  const { alert, annotations, expr, keep_firing_for, labels } = rule;
  return { alert, expr, for: rule.for, ...(keep_firing_for !== undefined && { keep_firing_for }), labels, annotations };
}

/**
 * The rules that a cluster's Prometheus evaluates. Whoever makes an alarm adds its rule; the one that installs Prometheus takes them
 * all, after which nobody may add one, as it would be evaluated nowhere.
 */
export class PrometheusRules {
  private readonly rules: PrometheusRule[] = [];
  private taken = false;

  /** @throws Error when Prometheus has its rules already */
  public add(rule: PrometheusRule): void {
    if (this.taken) throw new Error(`${rule.alert}: must be made before Prometheus, which has taken its rules`);
    this.rules.push(rule);
  }

  /** Every rule, in the order in which they were made. */
  public take(): readonly PrometheusRule[] {
    this.taken = true;
    return this.rules;
  }
}

/** What is wrong with a rule's tests; empty when they show it firing, silent, and ending. */
export function caseProblems(cases: readonly RuleCase[]): string[] {
  const timelines = cases.map(({ alerts }) =>
    Object.entries(alerts)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, firing]) => firing.length > 0),
  );
  const fires = timelines.some((line) => line.includes(true));
  const silent = timelines.some((line) => line[0] === false);
  const ends = timelines.some((line) => line.some((firing, at) => firing && line[at + 1] === false));
  return [
    ...(fires ? [] : ["cases must show it firing"]),
    ...(silent ? [] : ["cases must show it silent from the start"]),
    ...(ends ? [] : ["cases must show it ending after it fired"]),
  ].map((problem) => `${problem}, got ${cases.length === 0 ? "none" : cases.map(({ name }) => name).join("; ")}`);
}
