import { databaseReaderUser, monitorsFunction } from "../../../config/names";
import { monitorPeriods, type MonitorConfig } from "../../../config/schema/monitors";
import { MONITOR_DIMENSION, RUN_METRICS, VALUE_DIMENSION } from "../../../lambdas/behavior-monitor/metrics";
import { WHOLE } from "../../../lambdas/behavior-monitor/monitor";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { Alarm, type AlarmMetric, type AlarmProps } from "../../shared/observability/alarm";
import { aws, jobAgain, kubectl, opsdx } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import type { Step } from "../../shared/observability/steps";
import { BEHAVIOR, MONITORS } from "./names";

/** Properties of {@link MonitorAlarms}. */
export interface MonitorAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name of the monitor. */
  readonly monitor: string;
  /** Its settings. */
  readonly config: MonitorConfig;
  /** What makes the role that it logs in as: name of the Job's template, and full name of its cluster. */
  readonly reader: { readonly job: string; readonly cluster: string };
}

/** Share of its time from which a statement is slow. */
const SLOW_SHARE = 0.8;

/** The metric of a value of a monitor, or of the whole. */
export function valueMetric(monitor: string, value: string, statistic: string): AlarmMetric {
  return { namespace: BEHAVIOR, name: monitor, dimensions: { [VALUE_DIMENSION]: value }, statistic };
}

/** What a monitor raises: numbers outside of what they should be, and that there are none. */
export class MonitorAlarms extends Construct {
  /** The alarms. */
  public readonly alarms: readonly Alarm[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: MonitorAlarmsProps,
  ) {
    super(scope, id);
    const { config } = props;
    this.alarms = [
      ...(config.values ?? [WHOLE]).flatMap((value) => this.ofValue(value)),
      ...this.ofRuns(),
      ...(config.values === undefined ? [] : [this.unlisted()]),
    ];
  }

  private alarm(id: string, what: string, props: Omit<AlarmProps, "monitoring" | "name" | "periodSeconds">): Alarm {
    const { config, monitor, monitoring } = this.props;
    const { seconds } = monitorPeriods(config);
    return new Alarm(this, id, { monitoring, name: `behavior-${monitor}-${what}`, periodSeconds: seconds, ...props });
  }

  /** What a person does first: look at the number, then what the settings say. */
  private steps(...more: readonly Step[]): readonly Step[] {
    const { config, monitor, monitoring } = this.props;
    return [
      ["What is the number now?", opsdx(`monitors run ${monitoring.environment} ${monitor}`)],
      ...config.steps,
      ...more,
    ];
  }

  private ofValue(value: string): readonly Alarm[] {
    const { config, monitor } = this.props;
    const { band, ceiling, floor, purpose, severity, values } = config;
    const of = values === undefined ? "" : ` for ${value}`;
    const tail = values === undefined ? [] : [value];
    const name = (what: string): string => [...tail, what].join("-");
    // A period in which it did not run has no number: the alarm on no data says so.
    const shared = { periods: 1, missingData: "ignore" } as const;
    const bound = (what: "below-floor" | "above-ceiling", limit: number): Alarm =>
      this.alarm(constructId(...tail, what), name(what), {
        ...shared,
        intent: `The monitor ${monitor}${of} is ${what === "below-floor" ? "below its floor" : "above its ceiling"}. ${purpose}`,
        severity,
        steps: this.steps(),
        metric: valueMetric(monitor, value, what === "below-floor" ? "Minimum" : "Maximum"),
        comparison: what === "below-floor" ? "<" : ">",
        threshold: limit,
        thresholdSetting: `monitors.watched.${monitor}.${what === "below-floor" ? "floor" : "ceiling"}`,
      });
    return [
      ...(floor === undefined ? [] : [bound("below-floor", floor)]),
      ...(ceiling === undefined ? [] : [bound("above-ceiling", ceiling)]),
      ...(band === undefined
        ? []
        : [this.outOfBand(constructId(...tail, "out-of-band"), name("out-of-band"), value, band)]),
    ];
  }

  private outOfBand(id: string, name: string, value: string, width: number): Alarm {
    const { config, monitor } = this.props;
    const { seconds } = monitorPeriods(config);
    const { dimensions, name: metricName, namespace } = valueMetric(monitor, value, "Average");
    return this.alarm(id, name, {
      intent: `The monitor ${monitor}${config.values === undefined ? "" : ` for ${value}`} is not what it was at such times before. ${config.purpose}`,
      severity: "ticket",
      steps: this.steps(
        "It learns for two weeks: what is new, or was planned, is no fault. A weekday that is always like this is learned, too.",
      ),
      metric: [
        {
          id: "value",
          returnData: true,
          metric: { namespace, metricName, dimensions, stat: "Average", period: seconds },
        },
        { id: "band", returnData: true, label: "expected", expression: `ANOMALY_DETECTION_BAND(value, ${width})` },
      ],
      comparison: "outside",
      threshold: width,
      thresholdSetting: `monitors.watched.${monitor}.band`,
      periods: 2,
      missingData: "ignore",
    });
  }

  private ofRuns(): readonly Alarm[] {
    const { config, monitor, monitoring, reader } = this.props;
    const { silent } = monitorPeriods(config);
    const { environment } = monitoring;
    const log = aws(
      `logs tail /aws/lambda/${monitorsFunction(environment)} --since 3h --filter-pattern '"${monitor}"'`,
    );
    const job = (args: string) => kubectl({ cluster: reader.cluster, namespace: MONITORING_NAMESPACE }, args);
    const why: readonly Step[] = [
      ["What is wrong, in a word:", opsdx(`monitors run ${environment} ${monitor}`), log],
      [
        `\`missing\` or \`denied\`: a view is not there, or the role ${databaseReaderUser({ service: MONITORS })} may not read it. This gives the role what the settings name and the database has, and says what is missing:`,
        ...jobAgain({ cluster: reader.cluster, namespace: MONITORING_NAMESPACE }, reader.job),
        job(`logs -l app=${reader.job} --tail=10`),
      ],
      "`login`: the same Job makes the role. `unreachable` or `interrupted`: see the page of the databases. `type`, `rows` or `no-row`: the statement, or what it reads, was changed.",
    ];
    return [
      this.alarm("NoData", "no-data", {
        intent: `The monitor ${monitor} has had no number for ${silent} of its runs: what it watches is unwatched.`,
        severity: "ticket",
        steps: why,
        metric: this.runMetric(RUN_METRICS.measured, "SampleCount"),
        comparison: "<",
        threshold: 1,
        periods: silent,
        missingData: "breaching",
      }),
      this.alarm("Failing", "failing", {
        intent: `The monitor ${monitor} asked its database and got no number it can use.`,
        severity: "ticket",
        steps: why,
        metric: this.runMetric(RUN_METRICS.failed, "Sum"),
        comparison: ">=",
        threshold: 1,
        periods: 2,
        missingData: "notBreaching",
      }),
      this.alarm("Slow", "slow", {
        intent: `The monitor ${monitor} takes more than ${100 * SLOW_SHARE} % of the ${config.timeoutSeconds} s after which its statement is canceled.`,
        severity: "ticket",
        steps: [
          [`How long does it take?`, log],
          "Its view reads more than it should, or wants an index: whoever made it looks at its plan. The database is slow as a whole: see the page of the databases.",
        ],
        metric: this.runMetric(RUN_METRICS.seconds, "Maximum"),
        comparison: ">",
        threshold: SLOW_SHARE * config.timeoutSeconds,
        periods: 2,
        missingData: "notBreaching",
      }),
    ];
  }

  private unlisted(): Alarm {
    const { monitor } = this.props;
    return this.alarm("Unlisted", "unlisted", {
      intent: `The monitor ${monitor} got a value of its dimension that the settings do not list; its numbers count as \`other\`.`,
      severity: "ticket",
      steps: [
        "Ask who made the view which values there are. The function names none, for one could be a patient.",
        "Add the value to the list in the settings, or take it out of the view. A patient, a bed or a clinician never stands in the list.",
      ],
      metric: this.runMetric(RUN_METRICS.unlisted, "Maximum"),
      comparison: ">",
      threshold: 0,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  private runMetric(name: string, statistic: string): AlarmMetric {
    return { namespace: BEHAVIOR, name, dimensions: { [MONITOR_DIMENSION]: this.props.monitor }, statistic };
  }
}
