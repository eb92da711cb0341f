import { Construct } from "../cdktf";
import { refuse } from "../props-error";
import { ALARM_METADATA, claimAlarmName, nameProblems, type AlarmFacts, type AlarmProps } from "./alarm";
import { caseProblems, type PrometheusRule, type PrometheusRules, type RuleCase } from "../prometheus/rules";
import { proseProblems, stepProblems } from "./steps";
import { runbookLink, runbookPage, systemOf } from "./system";
import type { ThresholdFacts } from "./threshold";

/** Properties of {@link PrometheusAlarm}. */
export interface PrometheusAlarmProps extends Pick<
  AlarmProps,
  "monitoring" | "name" | "kind" | "of" | "intent" | "severity" | "steps"
> {
  /** The rules of the cluster whose Prometheus evaluates it. */
  readonly rules: PrometheusRules;
  /**
   * The expression, PromQL, with the threshold in its place: what it returns fires, one alert for each series. It compares with the
   * threshold itself.
   */
  readonly expr: (threshold: number) => string;
  /** Threshold, in the expression's unit. The environment's `alarms.thresholds` may set another under the alarm's name. */
  readonly threshold: number;
  /** Whether a larger number makes it fire later. @default true */
  readonly largerIsWeaker?: boolean;
  /** Path of the setting of the configuration that decides the threshold. @default - none: the number is the construct's */
  readonly thresholdSetting?: string;
  /** Minutes that the expression must hold. */
  readonly forMinutes: number;
  /** Minutes that it goes on after the expression holds no longer, for what comes and goes. @default 0 */
  readonly keepFiringMinutes?: number;
  /** Unit tests, for `promtool test rules`: they must show it firing, silent, and ending. */
  readonly cases: (threshold: number) => readonly RuleCase[];
}

/**
 * An alarm that a cluster's Prometheus evaluates: the same promise to people as {@link Alarm}, which CloudWatch evaluates. It has an
 * intent, a severity, steps and a place in the runbook, and inherits its system's owner; what rings carries its full name and the
 * address of its entry. It cannot be made without unit tests.
 */
export class PrometheusAlarm extends Construct {
  /** Its full name, which is the alert's. */
  public readonly alarmName: string;
  /** Its rule, with its tests. */
  public readonly rule: PrometheusRule;

  /** @throws PropsError when the name is taken, a text holds a command or says nothing, or tests are missing */
  public constructor(scope: Construct, id: string, props: PrometheusAlarmProps) {
    super(scope, id);
    const { forMinutes, keepFiringMinutes = 0, kind = props.name, monitoring, name, severity } = props;
    const facts = thresholdFacts(props);
    const threshold = facts.value;
    const cases = props.cases(threshold);
    const system = systemOf(this);
    this.alarmName = `${monitoring.namePrefix}-${name}`;
    const whole = (minutes: number): boolean => Number.isInteger(minutes) && minutes >= 0;
    refuse(this, [
      ...nameProblems({ name, kind }),
      props.steps.length === 0 && "steps must hold at least one step, got none",
      ...proseProblems(props.intent),
      ...props.steps.flatMap(stepProblems),
      !Number.isFinite(threshold) && `threshold must be a number, got ${threshold}`,
      ...Object.entries({ forMinutes, keepFiringMinutes }).map(
        ([prop, minutes]) => !whole(minutes) && `${prop} must be a whole number of minutes, got ${minutes}`,
      ),
      ...caseProblems(cases),
      ...claimAlarmName(this, this.alarmName),
    ]);
    const expr = props.expr(threshold);
    this.rule = {
      alert: this.alarmName,
      expr,
      for: `${forMinutes}m`,
      ...(keepFiringMinutes > 0 && { keep_firing_for: `${keepFiringMinutes}m` }),
      labels: { severity, owner: system.owner },
      annotations: {
        summary: props.intent,
        runbook_url: runbookLink(monitoring, runbookPage(system).name, kind),
      },
      cases,
    };
    props.rules.add(this.rule);
    this.node.addMetadata(ALARM_METADATA, {
      name,
      alarmName: this.alarmName,
      kind,
      of: props.of ?? {},
      intent: props.intent,
      severity,
      owner: system.owner,
      steps: props.steps,
      condition: `Prometheus: ${expr.replaceAll(/\s+/g, " ")}, for ${forMinutes} min`,
      threshold: facts,
    } satisfies AlarmFacts);
  }
}

/** Its threshold, and where that comes from. Nobody recommends one but its maker: what is weaker says why. */
function thresholdFacts(props: PrometheusAlarmProps): ThresholdFacts {
  const { monitoring, name, threshold: builtIn, thresholdSetting: setting } = props;
  const chosen = Object.hasOwn(monitoring.thresholds, name) ? monitoring.thresholds[name] : undefined;
  return {
    value: setting === undefined ? (chosen?.value ?? builtIn) : builtIn,
    builtIn,
    limit: builtIn,
    largerIsWeaker: props.largerIsWeaker ?? true,
    ...(chosen !== undefined && { chosen }),
    ...(setting !== undefined && { setting }),
  };
}
