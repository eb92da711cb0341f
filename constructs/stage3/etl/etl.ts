import { stackName } from "../../../config/names";
import type { EtlConfig } from "../../../config/schema/etl";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { DeadLetterQueue, purgeQueue } from "../../shared/functions/dead-letter-queue";
import { FunctionSchedule } from "../../shared/functions/function-schedule";
import { secretNames } from "../../shared/iam/secret-access";
import type { Cluster } from "../../shared/kubernetes/cluster";
import { workloadPlace } from "../../shared/kubernetes/workload-place";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import type { Alarm } from "../../shared/observability/alarm";
import { cdktf } from "../../shared/observability/command";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { EtlAlarms } from "./etl-alarms";
import { etlCommands, etlFacts } from "./etl-facts";
import { etlTitle, type EtlNames } from "./etl-names";
import { LOOK_SECONDS } from "./etl-freshness";
import { lookEvent, scheduledEvent } from "./etl-schedule";
import { EtlJobAlarms } from "./etl-job-alarms";
import { EtlTemplate } from "./etl-template";
import { EtlJobRole } from "./job-role";
import { Launcher, type LauncherGround } from "./launcher";

/** Minute of an hour at which the first look comes: slots lie on fives, and the launcher does one thing at a time. */
const FIRST_LOOK = 2;

/** Properties of {@link Etl}. */
export interface EtlProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    "account" | "databaseVariables" | "monitoring" | "registryId" | "registryUrls" | "secretKeyArns" | "staging"
  >;
  /** The ETL. */
  readonly etl: string;
  /** Its settings. */
  readonly config: EtlConfig;
  /** What the launchers of the environment share. */
  readonly ground: LauncherGround;
  /** The cluster that it runs on. */
  readonly cluster: Cluster;
  /** Its namespace. */
  readonly namespace: WorkloadNamespace;
  /** Name of the schedule group. */
  readonly scheduleGroup: string;
}

/**
 * One ETL: schedule, launcher, template of its Jobs and their role, alarms, chapter of the runbook. Each of the three places where a
 * slot can be lost has somebody watch it: the scheduler that can't deliver and the launcher that fails have a queue each, the run has
 * alarms. The launcher looks at the runs, too, as one that is killed says nothing itself
 * (docs/decisions/0022-launchers-look-at-the-runs.md).
 */
export class Etl extends Construct {
  /** Every alarm of the ETL. */
  public readonly alarms: readonly Alarm[];
  /** The launcher. */
  public readonly launcher: Launcher;

  public constructor(scope: Construct, id: string, props: EtlProps) {
    super(scope, id);
    const { cluster, config, etl, ground, platform } = props;
    const { monitoring, staging } = platform;
    const facts = {
      environment: ground.environment,
      etl,
      config,
      clusterName: cluster.name,
      nodeLabel: cluster.nodeGroups[config.nodeGroup]?.label ?? config.nodeGroup,
      registryId: platform.registryId,
      stagingBucket: staging.bucketName,
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
        intent: `The launcher of ${etl} gave up on an event: a slot was not launched, or nobody looked at its runs.`,
        severity: config.alarms.severity,
        steps: [
          [
            "Read the event (`requestPayload`) and why (`responsePayload`). One without them is a look that the scheduler could not deliver.",
            commands.readQueue(names.failedQueue),
          ],
          ["What the launcher said; mend what `Reason` names.", commands.launcherLog],
          [
            "An event with `look` is a look that was missed: did a run fail in the five minutes before it?",
            commands.jobs,
          ],
          ["Launch the slot; for a daily ETL at once, for the others the newest slot is enough.", commands.launchSlot],
          ["Empty the queue, which ends the alarm:", purgeQueue(names.failedQueue)],
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
    new FunctionSchedule(this, "Look", {
      accountId: platform.account.id,
      subject: etl,
      target: `the launcher of ${etl}`,
      scheduleName: names.look,
      roleName: names.look,
      groupName: props.scheduleGroup,
      schedule: { expression: `cron(${FIRST_LOOK}/${LOOK_SECONDS / 60} * * * ? *)`, timeZone: "UTC" },
      // Runs of an ETL that is switched off are launched by hand.
      enabled: true,
      retry: { maxAgeSeconds: LOOK_SECONDS, attempts: 2 },
      targetArn: this.launcher.aliasArn,
      event: lookEvent(etl),
      deadLetterArn: failed.arn,
      keyArn: ground.keyArn,
    });
    this.alarms = [
      failed.alarm,
      ...(config.schedule === undefined ? [] : [this.schedule(props, commands, config.schedule)]),
      ...new EtlAlarms(this, "Alarms", { monitoring, etl, config, commands }).alarms,
    ];
    new SystemHealth(this, "Health", { monitoring, alarms: this.alarms });
    const { rules } = cluster;
    if (rules !== undefined) new EtlJobAlarms(this, "JobAlarms", { monitoring, rules, etl, config, commands });
  }

  /** The Jobs' role, and what they are made from; nothing is made from an image that is not there. */
  private template({ cluster, config, etl, ground, namespace, platform }: EtlProps, names: EtlNames): void {
    const { account, staging } = platform;
    const { environment } = ground;
    const role = new EtlJobRole(this, "JobRole", {
      environment,
      account,
      etl,
      names,
      cluster,
      namespace: namespace.name,
      staging,
      secrets: { names: secretNames(environment, etl, config.secrets), keyArn: platform.secretKeyArns[etl] },
    });
    if (config.image === undefined) return;
    const place = workloadPlace(this, cluster, platform.registryUrls, { ...config, image: config.image });
    // Named after the cluster: one that moves is made there, and destroyed where it was. At one address Terraform would look for it in the
    // new cluster only, and leave the old behind.
    new EtlTemplate(this, constructId("template", config.cluster), {
      provider: cluster.kubernetes,
      environment,
      region: account.region,
      etl,
      names,
      config,
      namespace,
      nodeLabel: place.nodes.label,
      image: place.image,
      roleArn: role.arn,
      stagingBucket: staging.bucketName,
      variables: platform.databaseVariables,
    });
  }

  private schedule(
    { config, etl, ground, platform, scheduleGroup }: EtlProps,
    commands: ReturnType<typeof etlCommands>,
    schedule: NonNullable<EtlConfig["schedule"]>,
  ): Alarm {
    const { names } = commands;
    const { account, monitoring } = platform;
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
          [
            "Read the slot and the error, which the message attribute ERROR_MESSAGE names:",
            commands.readQueue(names.undeliveredQueue),
          ],
          [
            `Denied: the role ${names.scheduleRole} must be allowed to invoke ${names.functionName}:live; this shows what was changed by hand:`,
            cdktf("diff", stackName(ground.environment, "stage3")),
          ],
          ["Launch the slot:", commands.launchSlot],
          ["Empty the queue, which ends the alarm:", purgeQueue(names.undeliveredQueue)],
        ],
      },
    });
    new FunctionSchedule(this, "Schedule", {
      accountId: account.id,
      subject: etl,
      target: `the launcher of ${etl}`,
      event: scheduledEvent(etl),
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
