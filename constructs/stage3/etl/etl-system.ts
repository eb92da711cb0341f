import { SchedulerScheduleGroup } from "@cdktf/provider-aws/lib/scheduler-schedule-group";
import { namePrefix, stackName } from "../../../config/names";
import type { EtlConfig, EtlsConfig } from "../../../config/schema/etl";
import { Construct, TerraformAsset, type ITerraformDependable } from "../../shared/cdktf";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { constructId } from "../../shared/construct-id";
import { moveFromEarlierId } from "../../shared/renamed";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf, opsdx } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { Etl } from "./etl";
import { EtlDashboard } from "./etl-dashboard";
import { EtlFreshness, watchedEtls } from "./etl-freshness";
import { EtlLogs } from "./etl-logs";
import { etlNames, scheduleGroupName } from "./etl-names";
import { EtlNamespace } from "./etl-namespace";
import { LauncherRole } from "./launcher-role";

/** A Lambda function's code. */
export interface FunctionCode {
  /** Zip archive. */
  readonly file: string;
  /** The archive's SHA-256 in Base64. */
  readonly hash: string;
  /** Entry point, `<file>.<function>`. */
  readonly handler: string;
}

/** Properties of {@link EtlSystem}. */
export interface EtlSystemProps {
  /** What they stand on. */
  readonly platform: Pick<
    Platform,
    | "account"
    | "clusterLogs"
    | "clusters"
    | "clustersOwner"
    | "databaseVariables"
    | "environment"
    | "monitoring"
    | "network"
    | "registryId"
    | "registryUrls"
    | "secretKeyArns"
    | "staging"
  >;
  /** The ETLs' settings, by name. */
  readonly config: EtlsConfig;
  /** Code of the functions: of the launchers, and of the one that looks at freshness. */
  readonly code: { readonly launcher: FunctionCode; readonly freshness: FunctionCode };
}

/** What other programs know of the ETLs. */
export interface EtlExports {
  /** ARN of each ETL's launcher, the alias to invoke, by the ETL's name. */
  readonly launcherArns: Readonly<Record<string, string>>;
  /** Name of the group of their schedules. */
  readonly scheduleGroup: string;
}

/** An environment's ETLs: what they share, and each of them. */
export class EtlSystem extends Construct {
  /** Each ETL, by name. */
  public readonly etls: Readonly<Record<string, Etl>>;
  /** What other programs use. */
  public readonly exports: EtlExports;

  public constructor(scope: Construct, id: string, props: EtlSystemProps) {
    super(scope, id);
    const { code, platform } = props;
    const { account, clusterLogs, clusters, environment, monitoring, network } = platform;
    const subnetIds = Object.values(network.nodeSubnetIds);
    const securityGroupId = network.securityGroupIds.launcher;
    this.describe(props);
    const keyArn = new EncryptionKey(this, "Key", {
      alias: `${monitoring.namePrefix}-etl`,
      description: `Events and settings of the ETL launchers of ${environment}`,
      accountId: account.id,
    }).arn;
    const archive = new TerraformAsset(this, "Code", { path: code.launcher.file });
    const scheduleGroup = new SchedulerScheduleGroup(this, "Resource", { name: scheduleGroupName(environment) }).name;
    const entries = Object.entries(props.config);
    const role = new LauncherRole(this, "LauncherRole", {
      environment,
      account,
      launchers: entries.map(([etl, config]) => etlNames(environment, etl, config)),
      keyArn,
    });
    const ground = {
      environment,
      region: account.region,
      code: { path: archive.path, hash: code.launcher.hash },
      handler: code.launcher.handler,
      subnetIds,
      securityGroupId,
      role,
      keyArn,
    };
    const make = (etl: string, config: EtlConfig): Etl => {
      const made = new Etl(this, constructId(etl), {
        platform,
        etl,
        config,
        ground,
        cluster: clusters[config.cluster],
        namespace: this.namespaceOf(props, config),
        scheduleGroup,
      });
      if (config.renamedFrom !== undefined) moveFromEarlierId(made, constructId(config.renamedFrom));
      return made;
    };
    this.etls = Object.fromEntries(entries.map(([etl, config]) => [etl, make(etl, config)]));
    this.exports = {
      launcherArns: Object.fromEntries(
        Object.entries(this.etls).map(([name, { launcher }]) => [name, launcher.aliasArn]),
      ),
      scheduleGroup,
    };
    new EtlLogs(this, "Logs", { monitoring, clusterLogs });
    const freshness = new EtlFreshness(this, "Freshness", {
      monitoring,
      account,
      etls: props.config,
      code: {
        ...code.freshness,
        path: new TerraformAsset(this, "FreshnessCode", { path: code.freshness.file }).path,
      },
      subnetIds,
      securityGroupId,
      scheduleGroup,
      keyArn,
    });
    const shared = [...SCHEDULER_ALARMS.map((alarm) => this.schedulerAlarm(monitoring, alarm)), ...freshness.alarms];
    new SystemHealth(this, "Health", { monitoring, alarms: shared });
    new EtlDashboard(this, "Dashboard", {
      monitoring,
      region: account.region,
      deadlines: Object.fromEntries(entries.map(([etl, { job }]) => [etl, job.deadlineSeconds])),
      alarms: [...shared, ...Object.values(this.etls).flatMap(({ alarms }) => alarms)],
      clusterLogs,
      watched: watchedEtls(props.config),
    });
  }

  /** What must be there before anything else stands in a namespace of a cluster: nothing of ours, where no ETL has it. */
  public namespaceReady(cluster: EtlConfig["cluster"], namespace: string): readonly ITerraformDependable[] {
    const made = this.node.tryFindChild(constructId("namespace", cluster, namespace));
    return made instanceof EtlNamespace ? made.namespace.ready : [];
  }

  /** The namespace of an ETL, which others of its cluster may share. */
  private namespaceOf({ config, platform }: EtlSystemProps, { cluster, namespace }: EtlConfig): WorkloadNamespace {
    const id = constructId("namespace", cluster, namespace);
    const made = this.node.tryFindChild(id);
    if (made instanceof EtlNamespace) return made.namespace;
    return new EtlNamespace(this, id, {
      provider: platform.clusters[cluster].kubernetes,
      name: namespace,
      etls: Object.values(config).filter((etl) => etl.cluster === cluster && etl.namespace === namespace),
      vpcCidr: platform.network.vpcCidr,
    }).namespace;
  }

  private describe({ platform: { clustersOwner: owner, environment } }: EtlSystemProps): void {
    const group = scheduleGroupName(environment);
    const prefix = namePrefix(environment);
    const deploy = cdktf("deploy", stackName(environment, "stage3"));
    describeSystem(this, {
      name: "etl",
      title: "ETL: scheduling and launching",
      owner,
      purpose:
        "EventBridge Scheduler invokes a Lambda function at every slot of an ETL, which makes a Kubernetes Job of the ETL's suspended CronJob. The Job's name is its slot, so an event that comes twice changes nothing.",
      launch: [deploy, "The ETLs have a page of their own."],
      stop: [
        [
          "Pause every ETL at once:",
          opsdx(`etl pause ${environment} all`),
          "Resume:",
          opsdx(`etl resume ${environment} all`),
        ],
        ["This puts every schedule back to what the configuration says:", deploy],
      ],
      status: [
        aws(`scheduler list-schedules --group-name ${group} --query "Schedules[].[Name,State]" --output table`),
        ["Schedules, next slots, Jobs, dead letters, last launches of all:", opsdx(`etl status ${environment}`)],
      ],
      logs: [
        `EventBridge Scheduler writes no log: what it could not deliver is in the queues \`${prefix}-${placeholder("etl")}-undelivered\`.`,
        `What a launcher could not do is in the queues \`${prefix}-${placeholder("etl")}-launch-failed\`, and in its log; traces of every launch: CloudWatch > X-Ray traces.`,
      ],
      dashboard: "etl",
      metrics: [
        `CloudWatch > Dashboards > \`${prefix}-etl\`.`,
        "CloudWatch > Metrics > OpsDX/ETL; AWS/Scheduler; AWS/Lambda > FunctionName.",
        "SecondsSinceSuccess is written every five minutes for each ETL that a schedule launches; the freshness alarms compare it with `freshnessSeconds`. One that never succeeded counts from when it was first looked at.",
        "TextErrors counts the lines of every program of the clusters: it has no ETL.",
        "RunFailed counts what a run says of itself (`status` failed) and what its launcher sees every five minutes in the cluster: a Job that failed, or a pod whose image or settings are missing for ten minutes. A run that does both is counted twice. OutOfMemory is 1 beside it when the pod was killed for memory.",
      ],
    });
  }

  private schedulerAlarm(monitoring: MonitoringContext, alarm: SchedulerAlarm): Alarm {
    const { id, name, metric, intent, steps, periods } = alarm;
    return new Alarm(this, id, {
      monitoring,
      name,
      intent,
      severity: alarm.severity,
      steps: steps(monitoring.environment),
      metric: { namespace: "AWS/Scheduler", name: metric, statistic: "Sum" },
      comparison: ">",
      threshold: 0,
      periodSeconds: 60,
      periods,
      missingData: "notBreaching",
    });
  }
}

interface SchedulerAlarm {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly intent: string;
  readonly severity: "page" | "ticket";
  readonly periods: number;
  /** What to do in an environment. */
  readonly steps: (environment: string) => readonly Step[];
}

/** What AWS recommends to watch of EventBridge Scheduler; its metrics count all schedules of the account together. */
const SCHEDULER_ALARMS: readonly SchedulerAlarm[] = [
  {
    id: "SchedulerDropped",
    name: "etl-scheduler-dropped",
    metric: "InvocationDroppedCount",
    intent: "EventBridge Scheduler gave a slot up: an ETL was not launched.",
    severity: "page",
    periods: 1,
    steps: (environment) => [
      `Which? The alarm \`${namePrefix(environment)}-${placeholder("etl")}-undelivered\` that is red with this one; go on with its steps.`,
      "None is red: the queue could not be written either; see the alarm etl-scheduler-lost.",
    ],
  },
  {
    id: "SchedulerLost",
    name: "etl-scheduler-lost",
    metric: "InvocationsFailedToBeSentToDeadLetterCount",
    intent: "EventBridge Scheduler could neither deliver slots nor write them to their queue: they are lost.",
    severity: "page",
    periods: 15,
    steps: (environment) => [
      [
        "See whether key and queues are there:",
        aws(`kms describe-key --key-id alias/${namePrefix(environment)}-etl --query KeyMetadata.KeyState`),
        aws(`sqs list-queues --queue-name-prefix ${namePrefix(environment)}-`),
      ],
      [
        "See what was changed by hand:",
        cdktf("diff", stackName(environment, "stage3")),
        "Mend it:",
        cdktf("deploy", stackName(environment, "stage3")),
      ],
      "Launch what is missing: the last successful slot of each ETL is in the saved query `last successful slot`.",
    ],
  },
  {
    id: "SchedulerTargetThrottled",
    name: "etl-scheduler-target-throttled",
    metric: "TargetErrorThrottledCount",
    intent: "Lambda turns the scheduler's calls away for a quarter of an hour: ETLs start late.",
    severity: "ticket",
    periods: 15,
    steps: () => [
      [
        "See the account's limit; its use is in CloudWatch > AWS/Lambda > ConcurrentExecutions.",
        aws("lambda get-account-settings --query AccountLimit"),
      ],
      "Which function uses it up? CloudWatch > AWS/Lambda > By Function Name > ConcurrentExecutions; lower its reserved concurrency.",
    ],
  },
  {
    id: "SchedulerThrottled",
    name: "etl-scheduler-throttled",
    metric: "InvocationThrottleCount",
    intent: "EventBridge Scheduler is above its own limit for a quarter of an hour: ETLs start late.",
    severity: "ticket",
    periods: 15,
    steps: () => [
      [
        "See the limits:",
        aws(
          'service-quotas list-service-quotas --service-code scheduler --query "Quotas[].[QuotaName,Value]" --output table',
        ),
      ],
      [
        "Schedules of others in the account:",
        aws('scheduler list-schedules --query "Schedules[].[GroupName,Name,State]" --output table'),
      ],
    ],
  },
];
