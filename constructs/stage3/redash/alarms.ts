import type { RedashConfig } from "../../../config/schema/redash";
import { Construct } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import type { ClusterLogs } from "../../shared/observability/cluster-logs";
import { MetricFilter } from "../../shared/observability/metric-filter";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import type { RedashCommands } from "./commands";
import { WORKER_KINDS } from "./values";

/** Properties of {@link RedashAlarms}. */
export interface RedashAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The clusters' log groups. */
  readonly clusterLogs: ClusterLogs;
  /** Its settings. */
  readonly config: RedashConfig;
  /** What people run. */
  readonly commands: RedashCommands;
}

/** Namespace of the metrics that are made of Redash's log. */
export const REDASH_METRICS = "OpsDX/Redash";

/**
 * What Redash 25.8.0 writes, as seen: rq counts a query that failed as done, so its own numbers say nothing, and the log does. A worker's
 * supervisor asks each of its processes once a minute how it is, from five minutes after its start on.
 * @see https://github.com/getredash/redash/blob/v25.8.0/redash/tasks/queries/execution.py
 * @see https://github.com/getredash/redash/blob/v25.8.0/redash/cli/rq.py
 * @see https://github.com/getredash/redash/blob/v25.8.0/redash/tasks/queries/maintenance.py
 */
export const REDASH_LOG_METRICS = {
  Queries: '"job=execute_query" "data_length="',
  FailedQueries: '"job=execute_query" "data_length=None"',
  LooksAtWorkers: '"WorkerHealthcheck: Worker"',
  LooksAtWaiting: '"WorkerHealthcheck: Worker" "Has nothing to do? False"',
  Rounds: '"Done refreshing queries"',
} as const;

/** Name of a metric that is made of Redash's log. */
export type RedashMetric = keyof typeof REDASH_LOG_METRICS;

/** The alarms of Redash beside those of its host and its cache. */
export class RedashAlarms extends Construct {
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: RedashAlarmsProps,
  ) {
    super(scope, id);
    for (const [name, pattern] of Object.entries(REDASH_LOG_METRICS)) {
      new MetricFilter(this, name, {
        name: `redash-${name.toLowerCase()}`,
        logGroup: props.clusterLogs.of("k8s"),
        pattern,
        metric: { namespace: REDASH_METRICS, name },
      });
    }
    this.alarms = [this.failing(), this.waiting(), this.workersMissing(), this.standing()];
  }

  /** A share of the queries of half an hour. */
  private failing(): Alarm {
    const { commands, config, monitoring } = this.props;
    const { failedPercent, minQueries } = config.thresholds;
    const sum = (id: string, name: RedashMetric) => ({
      id,
      metric: { namespace: REDASH_METRICS, metricName: name, period: 1800, stat: "Sum" },
      returnData: false,
    });
    return new Alarm(this, "QueriesFailing", {
      monitoring,
      name: "redash-queries-failing",
      intent: `More than ${failedPercent} % of Redash's queries fail, of ${minQueries} or more in half an hour: a database refuses them, or a dashboard is broken.`,
      severity: "ticket",
      steps: [
        ["What do they say? The text of an error may hold data: it stays in the log.", commands.failures],
        "`password authentication failed`, or `permission denied`: the role of a data source has changed. Steps of A data source on this page.",
        "`Query exceeded Redash query execution time limit`: a database is slow; its own alarms say so.",
        "`column does not exist` and the like of one person: a mistake that is being looked for. Of a dashboard: a view has changed; tell its author.",
      ],
      metric: [
        sum("failed", "FailedQueries"),
        sum("all", "Queries"),
        {
          id: "share",
          expression: `IF(all >= ${minQueries}, 100 * failed / all, 0)`,
          label: "Failed queries, percent",
          returnData: true,
        },
      ],
      comparison: ">",
      threshold: failedPercent,
      thresholdSetting: "redash.thresholds.failedPercent",
      periodSeconds: 1800,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  /** How long a queue is says little; that it is never empty says that workers don't keep up. */
  private waiting(): Alarm {
    const { commands, config, monitoring } = this.props;
    const { waitingMinutes } = config.thresholds;
    return new Alarm(this, "QueueWaiting", {
      monitoring,
      name: "redash-queue-waiting",
      intent: `Work waited in one of Redash's queues at every look for ${waitingMinutes} minutes: people wait, or schedules are late.`,
      severity: "ticket",
      steps: [
        ["How long are the queues, and who works?", commands.queues],
        ["One query may hold a worker: which, and of whom?", commands.running],
        "An administrator cancels it in Redash, under Settings, System Status, RQ Status. The database's own page tells how to cancel it there.",
        "All busy with what must be done: `redash.workers`, `replicas` or `processes`, in the environment's configuration.",
      ],
      metric: { namespace: REDASH_METRICS, name: "LooksAtWaiting", statistic: "Sum" },
      comparison: ">=",
      threshold: 1,
      periodSeconds: 60,
      periods: waitingMinutes,
      missingData: "notBreaching",
    });
  }

  /** Half of the processes are away, or were just restarted. */
  private workersMissing(): Alarm {
    const { commands, config, monitoring } = this.props;
    const processes = WORKER_KINDS.reduce((sum, kind) => {
      const { processes, replicas } = config.workers[kind];
      return sum + processes * replicas;
    }, 0);
    const expected = processes * 15;
    return new Alarm(this, "WorkersMissing", {
      monitoring,
      name: "redash-workers-missing",
      intent: `Of Redash's ${processes} processes that work half are away: queries wait, or none is done.`,
      severity: "ticket",
      steps: [
        ["Do the pods run?", commands.pods],
        ["What did they say last?", commands.workerLogs],
        "`OOMKilled`: a result was larger than the pod. Its author takes fewer rows, or `redash.workers` gets more memory.",
        ["`Error 110` or `Connection refused` on port 6379: the cache is away.", commands.cache],
        "Pending: no room. The alarms of the cluster say more.",
      ],
      metric: { namespace: REDASH_METRICS, name: "LooksAtWorkers", statistic: "Sum" },
      comparison: "<",
      threshold: Math.ceil(expected / 2),
      periodSeconds: 900,
      periods: 1,
      missingData: "breaching",
    });
  }

  /** The scheduler queues a look at what is due every half minute; a worker does it, with database and cache. */
  private standing(): Alarm {
    const { commands, monitoring } = this.props;
    return new Alarm(this, "SchedulesStanding", {
      monitoring,
      name: "redash-schedules-standing",
      intent: "Redash has not looked for a quarter of an hour which queries are due: schedules and alerts stand still.",
      severity: "ticket",
      steps: [
        ["Does the scheduler run, and the worker `generic`?", commands.pods],
        ["What did the scheduler say?", commands.schedulerLogs],
        ["Is there a queue `periodic`, with somebody on it?", commands.queues],
        ["A scheduler that stands is restarted by its probe within three minutes; by hand:", commands.restartScheduler],
      ],
      metric: { namespace: REDASH_METRICS, name: "Rounds", statistic: "Sum" },
      comparison: "<",
      threshold: 1,
      periodSeconds: 300,
      periods: 3,
      missingData: "breaching",
    });
  }
}
