import type { EtlConfig } from "../../../config/schema/etl";
import { cadence, type Cadence } from "../../../config/schema/schedule";
import { Construct } from "../../shared/cdktf";
import { Alarm, type AlarmMetric, type AlarmProps } from "../../shared/observability/alarm";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { placeholder } from "../../shared/observability/placeholders";
import { durationText, type etlCommands } from "./etl-facts";
import { LOOK_SECONDS } from "./etl-freshness";
import { ETL_DIMENSION, ETL_NAMESPACE } from "./etl-names";
import { LAUNCHER_TIMEOUT_SECONDS } from "./launcher";

/** Properties of {@link EtlAlarms}. */
export interface EtlAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The ETL. */
  readonly etl: string;
  /** Its settings. */
  readonly config: EtlConfig;
  /** Its commands. */
  readonly commands: ReturnType<typeof etlCommands>;
}

/** Seconds between counts where no schedule says how often it runs. */
const ON_DEMAND_PERIOD = 3600;
/** The longest period of an alarm. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const DAY_SECONDS = 24 * 3600;
/** Share of a limit that is worth a look. */
const NEAR_LIMIT = 0.8;

/**
 * The alarms on one ETL's runs and on its launcher. Periods follow the schedule: AWS's recommendations assume steady traffic,
 * and three minutes in a row never come for what runs every fifteen.
 */
export class EtlAlarms extends Construct {
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: EtlAlarmsProps) {
    super(scope, id);
    const { schedule } = props.config;
    const period = schedule === undefined ? ON_DEMAND_PERIOD : Math.min(cadence(schedule).usual, DAY_SECONDS);
    this.alarms = [...this.freshness(props), ...this.runs(props, period), ...this.launcher(props, period)];
  }

  private alarm({ monitoring, etl }: EtlAlarmsProps, id: string, props: Omit<AlarmProps, "monitoring">): Alarm {
    return new Alarm(this, id, { monitoring, ...props, name: `${etl}-${props.name}`, kind: props.name });
  }

  private freshness(props: EtlAlarmsProps): Alarm[] {
    const { commands, config, etl } = props;
    const { freshnessSeconds, schedule } = config;
    if (schedule === undefined || freshnessSeconds === undefined) return [];
    return [
      this.alarm(props, "Freshness", {
        name: "freshness",
        intent: `No run of ${etl} succeeded in ${durationText(freshnessSeconds)}: what it loads is out of date.`,
        severity: config.alarms.severity,
        steps: [
          [
            "Did a Job start?",
            commands.jobs,
            "None: is the schedule on, and what did the launcher say?",
            commands.launcherLog,
          ],
          ["A Job that failed or hangs: its log, and the saved query `errors by stage`.", commands.podLogs],
          ["A pod that waits for a node:", commands.pods, commands.on(`describe pod ${placeholder("pod")}`)],
          ["The cause is gone: launch one now:", commands.launchNow],
        ],
        metric: runMetric(etl, "SecondsSinceSuccess", "Maximum"),
        comparison: ">",
        threshold: freshnessSeconds,
        thresholdSetting: `etls.${etl}.freshnessSeconds`,
        periodSeconds: LOOK_SECONDS,
        periods: 1,
        // Who looks has an alarm on its own silence; nothing is written of an ETL that is switched off.
        missingData: config.enabled ? "ignore" : "notBreaching",
      }),
    ];
  }

  private runs(props: EtlAlarmsProps, periodSeconds: number): Alarm[] {
    const { commands, config, etl, monitoring } = props;
    const { deadlineSeconds } = config.job;
    return [
      this.alarm(props, "RunFailed", {
        name: "run-failed",
        intent: `Runs of ${etl} fail: ${config.alarms.failedSlots} of ${config.alarms.ofSlots}.`,
        severity: config.alarms.severity,
        steps: [
          ["Did the cluster give it up? `Reason` says why:", commands.failedRuns],
          "OOMKilled: more memory at `job.memory`, or less at once. DeadlineExceeded: see the alarm on slow runs. ErrImagePull, ImagePullBackOff: is the digest in the registry? CreateContainerConfigError: a secret or a setting is missing. Evicted, DeletionByTaintManager: the node went; see the page of the clusters.",
          ["It ended by itself: the end of the log, and the saved query `errors by stage`:", commands.podLogs],
          "Exit codes 64 to 78 are errors of configuration, which no further try mends: look at what was deployed last.",
          "A deadlock, a refused connection or a timeout: the saved query `deadlocks, connections, timeouts`, then the page of the databases.",
          ["Mended: run the slot again:", commands.launchSlot],
        ],
        metric: runMetric(etl, "RunFailed", "Sum"),
        comparison: ">=",
        threshold: 1,
        periodSeconds,
        periods: config.alarms.ofSlots,
        datapoints: config.alarms.failedSlots,
        missingData: "notBreaching",
      }),
      this.alarm(props, "RunsUnwatched", {
        name: "runs-unwatched",
        intent: `Nobody has looked at the runs of ${etl} for a quarter of an hour: one that is killed would not be noticed.`,
        severity: config.alarms.severity,
        steps: [
          ["What did the looks say?", commands.looks],
          ["None at all: is their schedule on?", commands.lookSchedule, "This turns it on again:", commands.deploy],
          "Forbidden or Unauthorized: the role's mapping or rights in the cluster. Unreachable, Timeout: the cluster's API; see the page of the clusters.",
          ["Until it looks again:", commands.jobs],
        ],
        metric: runMetric(etl, "RunsLooked", "SampleCount"),
        comparison: "<",
        threshold: 1,
        periodSeconds: LOOK_SECONDS,
        periods: 3,
        missingData: "breaching",
      }),
      this.alarm(props, "RunSlow", {
        name: "run-slow",
        intent: `Runs of ${etl} take more than ${NEAR_LIMIT * 100} % of the ${deadlineSeconds} s after which they are killed.`,
        severity: "ticket",
        steps: [
          "Find what is slow: the saved queries `slowest tasks` and `rows by table`.",
          `Many rows: a backlog that goes away by itself. As many as ever: the databases; see the dashboard \`${monitoring.namePrefix}-performance\`.`,
          [
            `It stays that way: raise \`etls.${etl}.job.deadlineSeconds\` in config/environments/${monitoring.environment}.ts, as far as the time between two slots allows.`,
            commands.deploy,
          ],
        ],
        metric: runMetric(etl, "RunDuration", "p90"),
        comparison: ">",
        threshold: NEAR_LIMIT * deadlineSeconds,
        periodSeconds,
        periods: 1,
        missingData: "notBreaching",
      }),
      ...(config.schedule === undefined ? [] : this.scheduledRuns(props, periodSeconds, cadence(config.schedule))),
    ];
  }

  private scheduledRuns(props: EtlAlarmsProps, periodSeconds: number, { usual }: Cadence): Alarm[] {
    // An alarm looks at days: two slots that are further apart are never among them.
    const often = usual <= DAY_SECONDS;
    return [...(often ? this.rowsUnusual(props, periodSeconds) : []), this.skipped(props, periodSeconds, often)];
  }

  /** A band is learnt from two weeks: slots that are days apart teach nothing. */
  private rowsUnusual(props: EtlAlarmsProps, periodSeconds: number): Alarm[] {
    const { etl } = props;
    const { metricName, namespace, dimensions } = {
      metricName: "RowsLoaded",
      namespace: ETL_NAMESPACE,
      dimensions: { [ETL_DIMENSION]: etl },
    };
    return [
      this.alarm(props, "RowsUnusual", {
        name: "rows-unusual",
        intent: `${etl} loads many more or fewer rows than it usually does at this time.`,
        severity: "ticket",
        steps: [
          "Which tables? The saved query `rows by table`, for now and for the same time last week.",
          "Fewer: a source that answers nothing; the saved query `Epic API 4xx and 5xx`. More: a backlog or a repetition; compare with `last successful slot`.",
          "A change that is meant: CloudWatch learns it in two weeks.",
        ],
        metric: [
          {
            id: "rows",
            returnData: true,
            metric: { metricName, namespace, dimensions, stat: "Sum", period: periodSeconds },
          },
          { id: "band", returnData: true, expression: "ANOMALY_DETECTION_BAND(rows, 2)", label: "usual" },
        ],
        comparison: "outside",
        threshold: 2,
        periodSeconds,
        periods: 3,
        datapoints: 2,
        missingData: "notBreaching",
      }),
    ];
  }

  private skipped(props: EtlAlarmsProps, periodSeconds: number, often: boolean): Alarm {
    const { commands, etl } = props;
    return this.alarm(props, "Skipped", {
      name: "skipped",
      intent: `${often ? `Two slots of ${etl} in a row were` : `A slot of ${etl} was`} skipped, because an earlier run is still on its way.`,
      severity: "ticket",
      steps: [
        ["Which run, and what does it do?", commands.jobs, commands.podLogs],
        ["It hangs: stop it, and the next slot launches.", commands.stop, "It waits for a node:", commands.pods],
        "It is slow: see the alarm on slow runs.",
      ],
      metric: runMetric(etl, "Skipped", "Sum"),
      comparison: ">=",
      threshold: 1,
      periodSeconds,
      periods: often ? 2 : 1,
      missingData: "notBreaching",
    });
  }

  private launcher(props: EtlAlarmsProps, periodSeconds: number): Alarm[] {
    const { commands, etl } = props;
    const { functionName, failedQueue } = commands.names;
    const lambda = (name: string, statistic: string): AlarmMetric => ({
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName: functionName },
      statistic,
    });
    const look = ["Read why; the field `Reason` names it.", commands.launcherLog] as const;
    const launched = ["Was the slot launched after all?", commands.jobs, "If not:", commands.launchSlot] as const;
    const shared = { severity: "ticket", periodSeconds, periods: 1, missingData: "notBreaching" } as const;
    return [
      this.alarm(props, "LauncherErrors", {
        ...shared,
        name: "launcher-errors",
        intent: `The launcher of ${etl} failed at least once. Lambda tries again, and then puts the event into ${failedQueue}.`,
        steps: [
          look,
          "TemplateMissing: deploy stage3 on the cluster. Forbidden or Unauthorized: the role's mapping or rights in the cluster. Unreachable, Timeout: the cluster's API; see the page of the clusters.",
          launched,
        ],
        metric: lambda("Errors", "Sum"),
        comparison: ">",
        threshold: 0,
      }),
      this.alarm(props, "LauncherThrottles", {
        ...shared,
        name: "launcher-throttles",
        intent: `A launch of ${etl} had to wait for another: the launcher works on one event at a time. Lambda tries again for five minutes.`,
        steps: [
          [
            "Who invokes it that often? One line per launch, with executionId when it came from the scheduler.",
            commands.launcherLog,
          ],
          launched,
        ],
        metric: lambda("Throttles", "Sum"),
        comparison: ">=",
        threshold: 1,
      }),
      this.alarm(props, "LauncherSlow", {
        ...shared,
        name: "launcher-slow",
        intent: `The launcher of ${etl} takes more than ${NEAR_LIMIT * 100} % of its ${LAUNCHER_TIMEOUT_SECONDS} s.`,
        steps: [
          [...look, "`durationMs` says how long the cluster took."],
          "The API is slow or unreachable: the page of the clusters, alarm on its unhealthy control planes.",
        ],
        metric: lambda("Duration", "p90"),
        comparison: ">",
        threshold: NEAR_LIMIT * LAUNCHER_TIMEOUT_SECONDS * 1000,
      }),
    ];
  }
}

function runMetric(etl: string, name: string, statistic: string): AlarmMetric {
  return { namespace: ETL_NAMESPACE, name, dimensions: { [ETL_DIMENSION]: etl }, statistic };
}
