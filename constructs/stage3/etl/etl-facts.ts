import { clusterLogGroup, namePrefix, secretPath, stackName } from "../../../config/names";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import type { EtlConfig } from "../../../config/schema/etl";
import { queueUrl } from "../../shared/functions/dead-letter-queue";
import { aws, awslogs, cdktf, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import { etlNames, etlTitle, scheduleGroupName } from "./etl-names";
import { RUN_METRICS, TEXT_ERRORS } from "./etl-logs";
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
  /** Account of the image registry. */
  readonly registryId: string;
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
  const on = (args: string): Command => kubectl({ cluster: clusterName, namespace: config.namespace }, args);
  const etlCommand = (verb: string, rest = ""): Command => opsdx(`etl ${verb} ${environment} ${etl}${rest}`);
  return {
    names,
    on,
    status: etlCommand("status"),
    launchNow: etlCommand("launch"),
    launchSlot: etlCommand("rerun", ` ${placeholder("slot")}`),
    launchRange: etlCommand("backfill", ` --from ${placeholder("from")} --to ${placeholder("to")}`),
    pause: etlCommand("pause"),
    resume: etlCommand("resume"),
    stop: etlCommand("stop", " --yes"),
    logs: etlCommand("logs", " --since 3h"),
    jobs: on(`get jobs -l etl=${etl} --sort-by=.metadata.creationTimestamp`),
    pods: on(`get pods -l etl=${etl} -o wide`),
    podLogs: on(`logs -l etl=${etl} --tail=200 --prefix`),
    launcherLog: aws(`logs tail ${names.logGroup} --since 3h`),
    failedRuns: aws(`logs tail ${names.logGroup} --since 1d --filter-pattern '{ $.event = "run.failed" }'`),
    looks: aws(`logs tail ${names.logGroup} --since 1h --filter-pattern '{ $.event = "look.finished" }'`),
    lookSchedule: aws(
      `scheduler get-schedule --group-name ${scheduleGroupName(environment)} --name ${names.look} --query State`,
    ),
    readQueue: (queue: string): Command =>
      aws(
        `sqs receive-message --queue-url "${queueUrl(queue)}" --max-number-of-messages 10 --attribute-names All --message-attribute-names All --visibility-timeout 60`,
      ),
    reports: aws(`s3 ls s3://${stagingBucket}/${reportPrefix(environment, etl)}`),
    deploy: cdktf("deploy", stackName(environment, "stage3")),
  };
}

/** What people need to know of an ETL: the wiki's page, with its blanks filled. */
export function etlFacts(props: EtlFactsProps): SystemFacts {
  const { environment, etl, config, stagingBucket } = props;
  const commands = etlCommands(props);
  const { deploy, names, on } = commands;
  const logs = clusterLogGroup(environment, config.cluster);
  const { schedule } = config;
  const scheduled = schedule !== undefined;
  const file = `config/environments/${environment}.ts`;
  const secret = `${secretPath(environment, etl)}${placeholder("name")}`;
  const repository = config.image?.split(/[@:]/)[0] ?? placeholder("name");
  const prefix = namePrefix(environment);
  return {
    name: etl,
    title: etlTitle(etl),
    page: { name: "etls", title: "ETLs" },
    of: { etl },
    owner: config.owner,
    purpose: `${config.purpose} A Job \`${names.template}-\` and its slot (UTC, \`20260131-0815\`) on ${props.clusterName}, nodes \`${NODE_GROUP_LABEL}=${props.nodeLabel}\`${
      config.alias === undefined ? "" : `; elsewhere it is also called ${config.alias}`
    }.`,
    launch: [
      `Settings: \`etls.${etl}\` in \`${file}\`; Python settings: dashan-emr/dashan-etl. ${
        scheduled
          ? `Schedule: \`${schedule.expression}\` ${schedule.timeZone}.`
          : "There is no schedule: it runs when somebody launches it."
      }`,
      `A pod asks for ${config.job.cpu} of processor and ${config.job.memory} of memory, which is its limit, too: \`etls.${etl}.job\`; the deadline of a run is ${durationText(config.job.deadlineSeconds)}.`,
      deploy,
      [
        "Launch it now, outside the schedule; it does nothing when a run of it is on its way, and says so:",
        commands.launchNow,
      ],
    ],
    stop: [
      ...(scheduled
        ? [
            ["Pause until the next deploy, without one:", commands.pause],
            [
              `For longer: \`enabled: false\` at \`etls.${etl}\` in \`${file}\`; its freshness alarm then sleeps.`,
              deploy,
            ],
          ]
        : ["There is no schedule to pause."]),
      ["Kill what runs; its slot is free again:", commands.stop],
    ],
    status: [
      ["Schedule, next slot, Jobs, dead letters, last launch:", commands.status],
      commands.jobs,
      commands.pods,
      ...(scheduled
        ? [
            aws(
              `scheduler get-schedule --group-name ${scheduleGroupName(environment)} --name ${names.schedule} --query "[State,ScheduleExpression,ScheduleExpressionTimezone]"`,
            ),
          ]
        : []),
      on(`describe cronjob ${names.template}`),
    ],
    logs: [
      commands.logs,
      awslogs(logs, {
        stream: `${names.stream}${names.stream.endsWith("/") ? "*" : ""}`,
        field: "log",
        start: "3h ago",
      }),
      ["Launcher:", commands.launcherLog],
      ["Runs that the cluster gave up, each with its `Reason`:", commands.failedRuns],
      ["A run that is still there:", commands.podLogs],
      [
        `Filter patterns that are asked for often. What is wrong, in whatever words (any ETL of the cluster); runs that failed; others alike: \`${RUN_METRICS.duration.pattern}\` (how long runs took), \`${RUN_METRICS.rows.pattern}\` (what they loaded).`,
        aws(`logs tail ${logs} --since 3h --filter-pattern '${TEXT_ERRORS.pattern}'`),
        aws(`logs tail ${logs} --since 1d --filter-pattern '${RUN_METRICS.failed.pattern}'`),
      ],
      `Saved queries in CloudWatch > Logs Insights > Queries > \`${prefix}/etl\`: errors by stage, slowest tasks, rows by table, run timeline, last successful slot, deadlocks and timeouts, Epic API errors.`,
      [`Reports (PHI: don't copy them to a laptop), ${config.reports.join("; ")}:`, commands.reports],
    ],
    dashboard: "etl",
    metrics: [
      `Dashboard \`${prefix}-etl\`, in CloudWatch and in Grafana.`,
      `CloudWatch > Metrics > OpsDX/ETL > Etl=${etl}: RunSucceeded, RunFailed, OutOfMemory, RunDuration, RowsLoaded; RunsLooked; Launched, Skipped, Duplicate, LaunchFailed.`,
    ],
    procedures: [
      ...(scheduled ? [{ title: "Resume after a pause", steps: [commands.resume] }] : []),
      {
        title: "Run a slot again",
        steps: [
          [
            "The Job's name guards the slot: the command removes a finished one first, and refuses while it runs.",
            commands.launchSlot,
          ],
          "The answer must say `Launched`; `Skipped` means that another run is on its way: wait for it, then repeat.",
        ],
      },
      {
        title: "Backfill a range",
        steps: [
          [
            `One run that loads from one moment to another, at most ${config.backfillMaxDays} days; it needs the ETL to be idle.`,
            commands.launchRange,
          ],
          [
            `Follow it. The deadline of ${durationText(config.job.deadlineSeconds)} holds for it too: take a shorter range when it may not do.`,
            commands.podLogs,
          ],
        ],
      },
      {
        title: "Put a secret in, or change it",
        steps: [
          [
            `A new one: name it under \`etls.${etl}.secrets\` in \`${file}\`; stage1 makes it, empty.`,
            cdktf("deploy", stackName(environment, "stage1")),
          ],
          [
            "Its value, now and whenever it changes; the next run reads it:",
            aws(`secretsmanager put-secret-value --secret-id ${secret} --secret-string file://secret.txt`),
            "Delete the file.",
          ],
          ["A new one only: the ETL is told its name.", deploy],
        ],
      },
      {
        title: "Roll out another image",
        steps: [
          images(props.registryId, repository),
          [`Put \`${repository}@${placeholder("image digest")}\` at \`etls.${etl}.image\` in \`${file}\`.`, deploy],
          "A run that is on its way ends with the former image.",
        ],
      },
      {
        title: "Look at the reports",
        steps: [
          commands.reports,
          aws(
            `s3 presign --expires-in 600 s3://${stagingBucket}/${reportPrefix(environment, etl)}${placeholder("date")}/${placeholder("file")}`,
          ),
        ],
      },
    ],
  };
}

/** The newest images of a repository, whose registry is in another account. */
function images(registryId: string, repository: string): Command {
  return aws(
    `ecr describe-images --registry-id ${registryId} --repository-name ${repository} --query "sort_by(imageDetails,&imagePushedAt)[-5:].[imagePushedAt,imageDigest,imageTags]" --output table`,
  );
}
