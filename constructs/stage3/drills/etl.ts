import { launcherFunctionName } from "../../../config/schema/etl-names";
import { queueUrl } from "../../shared/functions/dead-letter-queue";
import { aws, output, shell, type Command } from "../../shared/observability/command";
import type { Drill, Query } from "./drill";
import { API, type Scene } from "./scene";

/**
 * Minutes until an alarm fires that misses a number for a quarter of an hour: CloudWatch looks further back where numbers are missing.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const UNSEEN_MINUTES = 35;

/** Drills of the ETL that runs most often: the others are made alike. */
export function etlDrills({ environment, on, owner, prefix }: Scene): readonly Drill[] {
  const [first] = Object.entries(environment.etls).filter(([, { cluster, enabled, schedule }]) => {
    return cluster === "k8s" && enabled && schedule !== undefined;
  });
  if (first === undefined) return [];
  const [etl, config] = first;
  const fn = launcherFunctionName(environment.name, etl, config);
  const concurrency = aws(
    `lambda get-function-concurrency --function-name ${fn} --query ReservedConcurrentExecutions --output text`,
  );
  const queues = ["undelivered", "launch-failed"].map((queue) => ({
    alarm: `${etl}-${queue}`,
    queue: `${prefix}-${etl}-${queue}`,
  }));
  const launchFailed = `${prefix}-${etl}-launch-failed`;
  const looksFailed = `${prefix}-etl-freshness-failed`;
  const fresh = Math.ceil(config.freshnessSeconds === undefined ? 0 : config.freshnessSeconds / 60);
  return [
    {
      name: "etl-job-kill",
      title: `Every pod of a run of ${etl} is killed, until the run is given up`,
      owner,
      hypothesis: "A run that fails is told within its slot, and the next one loads what it did not.",
      steady: [
        {
          says: `The template of ${etl} is there`,
          command: on("k8s", config.namespace, `get cronjob ${etl}-${environment.name} -o name`),
          matches: /^cronjob/,
        },
      ],
      injection: {
        kind: "chaoskube",
        namespace: config.namespace,
        labels: `etl=${etl}`,
        kinds: "Job",
        minimumAgeSeconds: 0,
        intervalSeconds: 10,
        maxKill: 1,
        maxRuntimeMinutes: 17,
      },
      blastRadius: `One run of ${etl}, or two: what it would have loaded comes with the next.`,
      stop: [API, `${etl}-runs-unwatched`],
      fires: [{ alarm: `${etl}-run-failed`, withinMinutes: 35 }],
      recoverWithinMinutes: 75,
      rollback: "chaoskube ends by itself; the next slot runs.",
      evidence: [on("k8s", config.namespace, `get jobs -l etl=${etl}`)],
    },
    {
      name: "etl-launcher-stopped",
      title: `The launcher of ${etl} may not run`,
      owner,
      hypothesis: "Silence is told: that nobody looks at runs, and that nothing fresh came.",
      steady: [
        { says: "One execution is reserved for the launcher", command: concurrency, matches: /^1$/ },
        isEmpty(launchFailed),
      ],
      injection: {
        kind: "commands",
        target: concurrency,
        inject: [aws(`lambda put-function-concurrency --function-name ${fn} --reserved-concurrent-executions 0`)],
        undo: [
          aws(`lambda put-function-concurrency --function-name ${fn} --reserved-concurrent-executions "$TARGET"`),
          withoutMessages(launchFailed),
        ],
      },
      blastRadius: `${etl} launches nothing: what would launch it goes to its dead-letter queue at once. Other ETLs have launchers of their own.`,
      stop: ["web-no-healthy-target"],
      fires: [
        { alarm: `${etl}-runs-unwatched`, withinMinutes: UNSEEN_MINUTES },
        { alarm: `${etl}-launch-failed`, withinMinutes: UNSEEN_MINUTES },
        ...(fresh === 0 ? [] : [{ alarm: `${etl}-freshness`, withinMinutes: fresh + 30 }]),
      ],
      recoverWithinMinutes: fresh + 75,
      rollback:
        "The reservation is set back to what it was, and the dead-letter queue, which was empty, is emptied: the slots of these messages were lost, and are filled by a backfill.",
      evidence: [aws(`logs tail /aws/lambda/${fn} --since 1h`)],
    },
    {
      name: "etl-freshness-stopped",
      title: "What watches the freshness of ETLs may not run",
      owner,
      hypothesis: "The watcher's own silence pages: without it a stale ETL would be told by nobody.",
      steady: [
        {
          says: "One execution is reserved for it",
          command: aws(
            `lambda get-function-concurrency --function-name ${prefix}-etl-freshness --query ReservedConcurrentExecutions --output text`,
          ),
          matches: /^1$/,
        },
        isEmpty(looksFailed),
      ],
      injection: {
        kind: "commands",
        inject: [
          aws(
            `lambda put-function-concurrency --function-name ${prefix}-etl-freshness --reserved-concurrent-executions 0`,
          ),
        ],
        undo: [
          aws(
            `lambda put-function-concurrency --function-name ${prefix}-etl-freshness --reserved-concurrent-executions 1`,
          ),
          withoutMessages(looksFailed),
        ],
      },
      blastRadius: "Nobody hears that an ETL is stale. The ETLs themselves go on.",
      stop: ["web-no-healthy-target"],
      fires: [
        { alarm: "etl-freshness-silent", withinMinutes: UNSEEN_MINUTES },
        { alarm: "etl-freshness-failed", withinMinutes: UNSEEN_MINUTES },
      ],
      recoverWithinMinutes: 75,
      rollback:
        "The reservation is set back to one, and the dead-letter queue, which was empty, is emptied: its messages tell nothing.",
      evidence: [aws(`logs tail /aws/lambda/${prefix}-etl-freshness --since 1h`)],
    },
    {
      name: "dlq-poison",
      title: `Messages that nobody can read lie in the dead-letter queues of ${etl}`,
      owner,
      hypothesis: "A slot that could not be delivered, and one that could not be launched, are told within minutes.",
      steady: queues.map(({ queue }) => isEmpty(queue)),
      injection: {
        kind: "commands",
        inject: queues.map(({ queue }) =>
          aws(`sqs send-message --queue-url ${queueUrl(queue)} --message-body '{"drill":"dlq-poison"}'`),
        ),
        undo: queues.map(({ queue }) => withoutMessages(queue, "contains(Body,'dlq-poison')")),
      },
      blastRadius: "Two messages in queues that nothing but alarms and people read.",
      stop: ["web-no-healthy-target"],
      // SQS may take a quarter of an hour to tell of a queue that nobody used: 20 minutes with the alarm's own.
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-monitoring-using-cloudwatch.html
      fires: queues.map(({ alarm }) => ({ alarm, withinMinutes: 20 })),
      recoverWithinMinutes: 40,
      rollback: "The drill's messages are deleted; what came meanwhile stays.",
      evidence: [],
    },
  ];
}

/** Whether a dead-letter queue holds nothing. */
function isEmpty(queue: string): Query {
  return {
    says: `${queue} is empty`,
    command: aws(
      `sqs get-queue-attributes --queue-url ${queueUrl(queue)} --attribute-names ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text`,
    ),
    matches: /^0$/,
  };
}

/**
 * Deletes a drill's messages from a queue, a thousand at most: a second purge within a minute would be refused.
 * @param ours - JMESPath that tells which of them are; others stay @default - all are
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
 */
function withoutMessages(queue: string, ours = "Body!=''"): Command {
  const receive = aws(
    `sqs receive-message --queue-url "$queue" --max-number-of-messages 10 --visibility-timeout 60 --wait-time-seconds 2 --query "Messages[].[${ours},ReceiptHandle]" --output text`,
  );
  const remove = aws('sqs delete-message --queue-url "$queue" --receipt-handle "$handle"');
  return shell(
    `queue=${queueUrl(queue)}; for look in $(seq 100); do found=${output(receive)} || exit 1; case "$found" in ""|None) break;; esac; echo "$found" | while read -r ours handle; do [ "$ours" = False ] || ${remove.command} || exit 1; done || exit 1; done`,
  );
}
