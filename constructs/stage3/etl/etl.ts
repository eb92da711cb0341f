import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { EtlConfig } from "../../../config/schema/etl";
import { Construct } from "../../shared/cdktf";
import { imageAddress } from "../../shared/kubernetes/image-address";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import type { ClusterIdentity } from "../../shared/iam/service-account-role";
import type { Alarm } from "../../shared/observability/alarm";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { PropsError } from "../../shared/props-error";
import { DeadLetterQueue } from "./dead-letter-queue";
import { EtlAlarms } from "./etl-alarms";
import { etlCommands, etlFacts } from "./etl-facts";
import { etlTitle, type EtlNames } from "./etl-names";
import { EtlSchedule } from "./etl-schedule";
import { EtlTemplate } from "./etl-template";
import { EtlJobRole, type EtlStaging } from "./job-role";
import { Launcher, type LauncherCluster, type LauncherGround } from "./launcher";

/** Properties of {@link Etl}. */
export interface EtlProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** Account of the environment. */
  readonly accountId: string;
  /** The ETL. */
  readonly etl: string;
  /** Its settings. */
  readonly config: EtlConfig;
  /** What the launchers of the environment share. */
  readonly ground: LauncherGround;
  /** The cluster that it runs on. */
  readonly cluster: EtlCluster;
  /** Its namespace. */
  readonly namespace: WorkloadNamespace;
  /** Name of the schedule group. */
  readonly scheduleGroup: string;
  /** What its Jobs share with those of the other ETLs. */
  readonly jobs: EtlJobGround;
}

/** A cluster that ETLs run on. */
export interface EtlCluster extends LauncherCluster, ClusterIdentity {
  /** The provider of what is in it. */
  readonly kubernetes: KubernetesProvider;
  /** Value of the label `opsdx_nodegroup` of each node group, by the group's name. */
  readonly nodeLabels: Readonly<Record<string, string>>;
}

/** What the Jobs of an environment's ETLs share. */
export interface EtlJobGround {
  /** Where they leave their reports. */
  readonly staging: EtlStaging;
  /** Address of each image repository, by name. */
  readonly registryUrls: Readonly<Record<string, string>>;
  /** Variables of every Job: where the databases are. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * One ETL: schedule, launcher, template of its Jobs and their role, alarms, chapter of the runbook. Each of the three places where a
 * slot can be lost has somebody watch it: the scheduler that can't deliver and the launcher that fails have a queue each, the run has alarms.
 */
export class Etl extends Construct {
  /** Every alarm of the ETL. */
  public readonly alarms: readonly Alarm[];
  /** The launcher. */
  public readonly launcher: Launcher;

  public constructor(scope: Construct, id: string, props: EtlProps) {
    super(scope, id);
    const { cluster, config, etl, ground, monitoring } = props;
    const facts = {
      environment: ground.environment,
      etl,
      config,
      clusterName: cluster.name,
      nodeLabel: cluster.nodeLabels[config.nodeGroup] ?? config.nodeGroup,
      stagingBucket: props.jobs.staging.bucketName,
    };
    const commands = etlCommands(facts);
    const { names } = commands;
    describeSystem(this, etlFacts(facts));

    const failed = new DeadLetterQueue(this, "LaunchFailed", {
      monitoring,
      queueName: names.failedQueue,
      keyArn: ground.keyArn,
      alarm: {
        name: `${etl}-launch-failed`,
        kind: "launch-failed",
        intent: `The launcher of ${etl} gave up on an event: a slot was not launched.`,
        severity: config.alarms.severity,
        steps: [
          `Read the event and why: \`${commands.readQueue(names.failedQueue)}\`. The same event may be there twice, once from each of Lambda's two ways to report.`,
          `What the launcher said: \`${commands.launcherLog}\`. Mend what \`Reason\` names.`,
          `Launch the slot: \`${commands.launchSlot}\`; for a daily ETL at once, for the others the newest slot is enough.`,
          `Empty the queue, which ends the alarm: \`${commands.purgeQueue(names.failedQueue)}\`.`,
        ],
      },
    });
    this.launcher = new Launcher(this, "Launcher", {
      ...ground,
      monitoring,
      functionName: names.functionName,
      logGroupName: names.logGroup,
      description: `Launches ${etl} on ${config.cluster}: ${etlTitle(etl)}`,
      cluster,
      namespace: config.namespace,
      failedQueueArn: failed.arn,
    });
    this.template(props, names);
    this.alarms = [
      failed.alarm,
      ...(config.schedule === undefined ? [] : [this.schedule(props, commands, config.schedule)]),
      ...new EtlAlarms(this, "Alarms", { monitoring, etl, config, commands }).alarms,
    ];
    new SystemHealth(this, "Health", { monitoring, alarms: this.alarms });
  }

  /** The Jobs' role, and what they are made from; nothing is made from an image that is not there. */
  private template({ accountId, cluster, config, etl, ground, jobs, namespace }: EtlProps, names: EtlNames): void {
    const account = { id: accountId, region: ground.region };
    const { environment } = ground;
    const role = new EtlJobRole(this, "JobRole", {
      environment,
      account,
      etl,
      names,
      cluster,
      namespace: namespace.name,
      staging: jobs.staging,
    });
    if (config.image === undefined) return;
    const nodeLabel = cluster.nodeLabels[config.nodeGroup];
    if (nodeLabel === undefined) {
      throw new PropsError(this, [
        `nodeGroup must be a labelled group of ${cluster.name} (${Object.keys(cluster.nodeLabels).join(", ")}), got "${config.nodeGroup}"`,
      ]);
    }
    new EtlTemplate(this, "Template", {
      provider: cluster.kubernetes,
      environment,
      region: account.region,
      etl,
      names,
      config,
      namespace,
      nodeLabel,
      image: imageAddress(this, jobs.registryUrls, config.image),
      roleArn: role.arn,
      stagingBucket: jobs.staging.bucketName,
      variables: jobs.variables,
    });
  }

  private schedule(
    { accountId, config, etl, ground, monitoring, scheduleGroup }: EtlProps,
    commands: ReturnType<typeof etlCommands>,
    schedule: NonNullable<EtlConfig["schedule"]>,
  ): Alarm {
    const { names } = commands;
    const undelivered = new DeadLetterQueue(this, "Undelivered", {
      monitoring,
      queueName: names.undeliveredQueue,
      keyArn: ground.keyArn,
      alarm: {
        name: `${etl}-undelivered`,
        kind: "undelivered",
        intent: `The scheduler could not deliver a slot of ${etl} within ${config.retry.maxAgeSeconds} s: it was not launched.`,
        severity: config.alarms.severity,
        steps: [
          `Read the slot and the error: \`${commands.readQueue(names.undeliveredQueue)}\`; the message attribute ERROR_MESSAGE names it.`,
          `Denied: the role ${names.scheduleRole} must be allowed to invoke ${names.functionName}:live; \`npx cdktf diff <env>-stage3\` shows what was changed by hand.`,
          `Launch the slot: \`${commands.launchSlot}\`.`,
          `Empty the queue, which ends the alarm: \`${commands.purgeQueue(names.undeliveredQueue)}\`.`,
        ],
      },
    });
    new EtlSchedule(this, "Schedule", {
      accountId,
      etl,
      scheduleName: names.schedule,
      roleName: names.scheduleRole,
      groupName: scheduleGroup,
      schedule,
      enabled: config.enabled,
      retry: config.retry,
      targetArn: this.launcher.aliasArn,
      deadLetterArn: undelivered.arn,
      keyArn: ground.keyArn,
    });
    return undelivered.alarm;
  }
}
