import { clusterLogGroup, secretPath } from "../../../config/names";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import type { EtlConfig } from "../../../config/schema/etl";
import type { SystemFacts } from "../../shared/observability/system";
import { etlNames, etlTitle, scheduleGroupName } from "./etl-names";
import { reportPrefix } from "./job-role";

/** What an ETL's chapter of the runbook is written from. */
export interface EtlFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** The ETL. */
  readonly etl: string;
  /** Its settings. */
  readonly config: EtlConfig;
  /** Full name of its cluster, which is its context in kubectl. */
  readonly clusterName: string;
  /** Value of the label `opsdx_nodegroup` of the nodes that it runs on. */
  readonly nodeLabel: string;
  /** Name of the staging bucket. */
  readonly stagingBucket: string;
}

/** A duration as people say it: minutes below two hours, hours below four days, days from there. */
export function durationText(seconds: number): string {
  const [unit, name] = seconds < 7200 ? [60, "minutes"] : seconds < 4 * 86_400 ? [3600, "hours"] : [86_400, "days"];
  return `${Number((seconds / unit).toFixed(1))} ${name}`;
}

/** Shell commands about one ETL, with its real names. */
export function etlCommands({ environment, etl, config, clusterName, stagingBucket }: EtlFactsProps) {
  const names = etlNames(environment, etl, config);
  const kubectl = `kubectl --context ${clusterName} -n ${config.namespace}`;
  const opsdx = (verb: string, rest = ""): string => `npx opsdx etl ${verb} <env> ${etl}${rest}`;
  return {
    names,
    kubectl,
    status: opsdx("status"),
    launchNow: opsdx("launch"),
    launchSlot: opsdx("rerun", " <yyyy-mm-ddThh:mm:00Z>"),
    launchRange: opsdx("backfill", " --from <yyyy-mm-ddThh:mm:00Z> --to <yyyy-mm-ddThh:mm:00Z>"),
    pause: opsdx("pause"),
    resume: opsdx("resume"),
    stop: opsdx("stop", " --yes"),
    logs: opsdx("logs", " --since 3h"),
    jobs: `${kubectl} get jobs -l etl=${etl} --sort-by=.metadata.creationTimestamp`,
    pods: `${kubectl} get pods -l etl=${etl} -o wide`,
    podLogs: `${kubectl} logs -l etl=${etl} --tail=200 --prefix`,
    launcherLog: `aws logs tail ${names.logGroup} --since 3h`,
    readQueue: (queue: string): string =>
      `aws sqs receive-message --queue-url "$(aws sqs get-queue-url --queue-name ${queue} --query QueueUrl --output text)" --max-number-of-messages 10 --attribute-names All --message-attribute-names All --visibility-timeout 60`,
    purgeQueue: (queue: string): string =>
      `aws sqs purge-queue --queue-url "$(aws sqs get-queue-url --queue-name ${queue} --query QueueUrl --output text)"`,
    reports: `aws s3 ls s3://${stagingBucket}/${reportPrefix(environment, etl)}`,
  };
}

/** What people need to know of an ETL: the wiki's page, with its blanks filled. */
export function etlFacts(props: EtlFactsProps): SystemFacts {
  const { environment, etl, config, stagingBucket } = props;
  const commands = etlCommands(props);
  const { names, kubectl } = commands;
  const logs = clusterLogGroup(environment, config.cluster);
  const { schedule } = config;
  const scheduled = schedule !== undefined;
  const deploy = "npx cdktf deploy <env>-stage3";
  return {
    name: etl,
    title: etlTitle(etl),
    page: { name: "etls", title: "ETLs" },
    of: { etl },
    owner: config.owner,
    purpose: `${config.purpose} A Job \`${names.template}-<yyyymmdd-hhmm>\` (the slot, UTC) on ${props.clusterName}, nodes \`${NODE_GROUP_LABEL}=${props.nodeLabel}\`${
      config.alias === undefined ? "" : `; elsewhere it is also called ${config.alias}`
    }.`,
    launch: [
      `Settings: \`etls.${etl}\` in \`config/environments/<env>.ts\`; Python settings: dashan-emr/dashan-etl. ${
        scheduled
          ? `Schedule: \`${schedule.expression}\` ${schedule.timeZone}.`
          : "There is no schedule: it runs when somebody launches it."
      }`,
      deploy,
      "Launch it now, outside the schedule; it does nothing when a run of it is on its way, and says so:",
      commands.launchNow,
    ],
    stop: [
      ...(scheduled
        ? [
            "Pause until the next deploy, without one:",
            commands.pause,
            `For longer: \`enabled: false\` at \`etls.${etl}\` in \`config/environments/<env>.ts\`, and \`${deploy}\`; its freshness alarm then sleeps.`,
          ]
        : ["There is no schedule to pause."]),
      "Kill what runs; its slot is free again:",
      commands.stop,
    ],
    status: [
      "Schedule, next slot, Jobs, dead letters, last launch:",
      commands.status,
      commands.jobs,
      commands.pods,
      ...(scheduled
        ? [
            `aws scheduler get-schedule --group-name ${scheduleGroupName(environment)} --name ${names.schedule} --query "[State,ScheduleExpression,ScheduleExpressionTimezone]"`,
          ]
        : []),
      `${kubectl} describe cronjob ${names.template}`,
    ],
    logs: [
      commands.logs,
      `awslogs get ${logs} '${names.stream}${names.stream.endsWith("/") ? "*" : ""}' -q log --start='3h ago'`,
      `Launcher: \`${commands.launcherLog}\``,
      `A run that is still there: \`${commands.podLogs}\``,
      "Saved queries in CloudWatch > Logs Insights > Queries > `opsdx-<env>/etl`: errors by stage, slowest tasks, rows by table, run timeline, last successful slot, deadlocks and timeouts, Epic API errors.",
      `Reports (PHI: don't copy them to a laptop), ${config.reports.join("; ")}: \`${commands.reports}\``,
    ],
    metrics: [
      "CloudWatch > Dashboards > `opsdx-<env>-etl` (OpsDX <env> ETL); Grafana: OpsDX ETL.",
      `CloudWatch > Metrics > OpsDX/ETL > Etl=${etl}: RunSucceeded, RunFailed, RunDuration, RowsLoaded; Launched, Skipped, Duplicate, LaunchFailed.`,
    ],
    procedures: [
      ...(scheduled ? [{ title: "Resume after a pause", steps: [commands.resume] }] : []),
      {
        title: "Run a slot again",
        steps: [
          "The Job's name guards the slot: the command removes a finished one first, and refuses while it runs.",
          commands.launchSlot,
          "The answer must say `Launched`; `Skipped` means that another run is on its way: wait for it, then repeat.",
        ],
      },
      {
        title: "Backfill a range",
        steps: [
          `One run that loads from one moment to another, at most ${config.backfillMaxDays} days; it needs the ETL to be idle.`,
          commands.launchRange,
          `Follow it: \`${commands.podLogs}\`. The deadline of ${durationText(config.job.deadlineSeconds)} holds for it too: take a shorter range when it may not do.`,
        ],
      },
      {
        title: "Put a secret in, or change it",
        steps: [
          `aws secretsmanager create-secret --name ${secretPath(environment, etl)}<name> --secret-string file://secret.txt`,
          `Changed: \`aws secretsmanager put-secret-value --secret-id ${secretPath(environment, etl)}<name> --secret-string file://secret.txt\`. Delete the file.`,
          `Name it under \`etls.${etl}.secrets\` in \`config/environments/<env>.ts\`, then \`${deploy}\`; the next run reads it.`,
        ],
      },
      {
        title: "Roll out another image",
        steps: [
          `aws ecr describe-images --registry-id <global account> --repository-name trews-etl --query "sort_by(imageDetails,&imagePushedAt)[-5:].[imagePushedAt,imageDigest,imageTags]" --output table`,
          `Put \`trews-etl@<digest>\` at \`etls.${etl}.image\` in \`config/environments/<env>.ts\`, then \`${deploy}\`.`,
          "A run that is on its way ends with the former image.",
        ],
      },
      {
        title: "Look at the reports",
        steps: [
          commands.reports,
          `aws s3 presign --expires-in 600 s3://${stagingBucket}/${reportPrefix(environment, etl)}<yyyy-mm-dd>/<file>`,
        ],
      },
    ],
  };
}
