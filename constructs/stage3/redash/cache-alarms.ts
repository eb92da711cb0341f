import type { CloudwatchMetricAlarmMetricQuery } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { CACHE_NODE_TYPES } from "../../../config/cache-node-types";
import { configFile, stackName } from "../../../config/names";
import type { RedashConfig } from "../../../config/schema/redash";
import { Construct } from "../../shared/cdktf";
import { Alarm, type AlarmProps } from "../../shared/observability/alarm";
import { aws, cdktf } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import type { Step } from "../../shared/observability/steps";

/** Properties of {@link CacheAlarms}. */
export interface CacheAlarmsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name of the replication group. */
  readonly name: string;
  /** Its settings. */
  readonly config: Pick<RedashConfig["cache"], "nodeType" | "replicas">;
}

interface Watched {
  readonly metric: string;
  readonly statistic: string;
  /** The host's metrics name the node of the cluster too; the engine's don't. @default false */
  readonly ofHost?: boolean;
}

/** Names of the nodes: ElastiCache numbers them behind the group's name. */
export function cacheNodes(name: string, replicas: number): readonly string[] {
  return Array.from({ length: 1 + replicas }, (_, index) => `${name}-${String(index + 1).padStart(3, "0")}`);
}

/**
 * The alarms of Redash's cache. Metrics and periods are AWS's recommendation where it has one; each looks at the node that is worst.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#ElastiCache
 */
export class CacheAlarms extends Construct {
  /** Every alarm. */
  public readonly alarms: readonly Alarm[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: CacheAlarmsProps,
  ) {
    super(scope, id);
    const { config, name } = props;
    const { burstable = true, memoryGib, vcpus } = CACHE_NODE_TYPES[config.nodeType] ?? { vcpus: 2, memoryGib: 0 };
    this.alarms = [
      this.alarm(
        "MemoryHigh",
        "memory-high",
        { metric: "DatabaseMemoryUsagePercentage", statistic: "Average" },
        {
          intent: `${name} has used 80 % of its memory (${memoryGib} GiB a node): when it is full Redash can queue no query, as nothing is thrown away.`,
          steps: [
            "Which queue is long, and does a worker take from it? Steps of the alarm redash-queue-waiting.",
            "Results of jobs stay half a day in it. A burst of queries goes by itself; growth over days wants a larger node.",
            this.resize(),
          ],
          comparison: ">",
          threshold: 80,
          periods: 5,
        },
      ),
      this.alarm(
        "EngineCpuHigh",
        "engine-cpu-high",
        { metric: "EngineCPUUtilization", statistic: "Average" },
        {
          intent: `The one thread of ${name} that runs commands is busy: queries wait to be queued.`,
          steps: [this.slowLog(), this.resize()],
          comparison: ">",
          threshold: 90,
          periods: 5,
        },
      ),
      this.alarm(
        "CpuHigh",
        "cpu-high",
        { metric: "CPUUtilization", statistic: "Average", ofHost: true },
        {
          intent: `A node of ${name} is out of CPU, the engine's and the system's together (${vcpus} virtual CPUs).`,
          steps: [
            this.slowLog(),
            "Snapshots and TLS take the rest: see whether it is the hour of the snapshot.",
            this.resize(),
          ],
          comparison: ">",
          threshold: 80,
          periods: 5,
        },
      ),
      this.alarm(
        "ConnectionsHigh",
        "connections-high",
        { metric: "CurrConnections", statistic: "Average", ofHost: true },
        {
          intent: `${name} has more connections than all pods of Redash open: somebody leaks them, or somebody else is there.`,
          steps: [
            [
              "Who connects? Rejected and accepted flows of port 6379 are in the network's flow log; each process of a pod holds a few.",
              aws(`elasticache describe-users --user-id ${name}`),
            ],
            "Restart the workers (page of Redash, Status): their connections close.",
          ],
          comparison: ">",
          threshold: 500,
          periods: 10,
        },
      ),
      this.alarm(
        "RefusedLogins",
        "refused-logins",
        { metric: "AuthenticationFailures", statistic: "Sum" },
        {
          intent: `Somebody tries passwords on ${name}, or pods of Redash have one that holds no longer.`,
          steps: [
            "Was the secret rotated? Then the Job has to give it to the cache, and pods started before have the former: page of Redash, A new password for the cache.",
            [
              "Otherwise see who reaches port 6379; the security group lets nodes only:",
              aws(
                `elasticache describe-events --source-type replication-group --source-identifier ${name} --duration 1440`,
              ),
            ],
          ],
          comparison: ">",
          threshold: 0,
          periods: 3,
          periodSeconds: 300,
          missingData: "notBreaching",
        },
      ),
      ...(config.replicas > 0
        ? [
            this.alarm(
              "ReplicationLag",
              "replication-lag",
              { metric: "ReplicationLag", statistic: "Average" },
              {
                intent: `A copy of ${name} is more than 10 s behind: if it took over now, work that was queued since would be lost.`,
                steps: ["A node that was replaced catches up by itself within minutes.", this.slowLog(), this.resize()],
                comparison: ">",
                threshold: 10,
                periods: 15,
              },
            ),
          ]
        : []),
      ...(burstable
        ? [
            this.alarm(
              "CreditsLow",
              "cpu-credits-low",
              { metric: "CPUCreditBalance", statistic: "Average", ofHost: true },
              {
                intent: `A node of ${name} has nearly used up its CPU credits, and slows down to its baseline.`,
                steps: [this.slowLog(), "A T type suits short peaks only: move to an m type.", this.resize()],
                comparison: "<",
                threshold: 30,
                periods: 3,
                periodSeconds: 300,
              },
            ),
          ]
        : []),
    ];
  }

  private alarm(
    id: string,
    name: string,
    watched: Watched,
    rest: Pick<AlarmProps, "comparison" | "intent" | "periods" | "steps" | "threshold"> &
      Partial<Pick<AlarmProps, "missingData" | "periodSeconds">>,
  ): Alarm {
    const { periodSeconds = 60 } = rest;
    return new Alarm(this, id, {
      monitoring: this.props.monitoring,
      name: `redash-cache-${name}`,
      severity: "ticket",
      missingData: "missing",
      ...rest,
      periodSeconds,
      metric: this.worst(watched, rest.comparison === "<" ? "MIN" : "MAX", periodSeconds),
    });
  }

  /** The metric of the one node, or of the worst of several. */
  private worst(
    { metric, ofHost = false, statistic }: Watched,
    of: "MAX" | "MIN",
    period: number,
  ): AlarmProps["metric"] {
    const { config, name } = this.props;
    const nodes = cacheNodes(name, config.replicas).map((node) => ({
      CacheClusterId: node,
      ...(ofHost && { CacheNodeId: "0001" }),
    }));
    const [only, ...others] = nodes;
    const namespace = "AWS/ElastiCache";
    if (others.length === 0) return { namespace, name: metric, dimensions: only, statistic };
    const queries = nodes.map((dimensions, index): CloudwatchMetricAlarmMetricQuery => ({
      id: `n${index + 1}`,
      metric: { namespace, metricName: metric, dimensions, period, stat: statistic },
      returnData: false,
    }));
    const all = queries.map(({ id }) => id).join(", ");
    return [...queries, { id: "worst", expression: `${of}([${all}])`, label: metric, returnData: true }];
  }

  private slowLog(): Step {
    const { monitoring } = this.props;
    return `Slow commands: the log group ends in redash-cache/slow, and the dashboard ${monitoring.namePrefix}-redash shows the newest.`;
  }

  private resize(): Step {
    const { environment, name } = this.props;
    return [
      `Larger: \`redash.cache.nodeType\` in \`${configFile(environment)}\`. It happens in the maintenance window, with a failover where there is a copy; at once:`,
      cdktf("deploy", stackName(environment, "stage3")),
      aws(
        `elasticache describe-replication-groups --replication-group-id ${name} --query "ReplicationGroups[0].PendingModifiedValues"`,
      ),
    ];
  }
}
