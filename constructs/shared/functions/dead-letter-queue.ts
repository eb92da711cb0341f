import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { Construct } from "../cdktf";
import { policyDocument } from "../iam/policy-document";
import { Alarm, type AlarmProps } from "../observability/alarm";
import { aws, output, type Command } from "../observability/command";
import type { MonitoringContext } from "../observability/monitoring";
import { acknowledge } from "../policy/acknowledge";

/** Properties of {@link DeadLetterQueue}. */
export interface DeadLetterQueueProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name of the queue. */
  readonly queueName: string;
  /** ARN of the key that encrypts the messages. */
  readonly keyArn: string;
  /** What the alarm says. */
  readonly alarm: Pick<AlarmProps, "name" | "kind" | "intent" | "severity" | "steps">;
}

/** The address of a queue, as a part of a command. */
export function queueUrl(queueName: string): string {
  return output(aws(`sqs get-queue-url --queue-name ${queueName} --query QueueUrl --output text`));
}

/** Deletes every message of a queue. */
export function purgeQueue(queueName: string): Command {
  return aws(`sqs purge-queue --queue-url "${queueUrl(queueName)}"`);
}

/** As long as SQS keeps a message: two weeks to look at it. */
const RETENTION_SECONDS = 14 * 24 * 3600;

/** A queue of events that could not be worked on: every message in it is an alarm. Nothing reads it but people. */
export class DeadLetterQueue extends Construct {
  /** ARN of the queue. */
  public readonly arn: string;
  /** The alarm on its messages. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id);
    const queue = new SqsQueue(this, "Resource", {
      name: props.queueName,
      kmsMasterKeyId: props.keyArn,
      messageRetentionSeconds: RETENTION_SECONDS,
    });
    acknowledge(
      this,
      "RecommendedAlarm[AWS/SQS ApproximateAgeOfOldestMessage]",
      "A dead-letter queue is read by people. Its first message has an alarm; its age says how fast they are.",
    );
    acknowledge(
      this,
      "RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesNotVisible]",
      "A dead-letter queue is read by people, who hold a message for a minute while they look at it.",
    );
    acknowledge(
      this,
      "RecommendedAlarm[AWS/SQS NumberOfMessagesSent]",
      "A dead-letter queue is empty when all is well: no message is the aim, not a fault.",
    );
    this.arn = queue.arn;
    new SqsQueuePolicy(this, "Policy", {
      queueUrl: queue.url,
      policy: policyDocument({
        sid: "TlsOnly",
        effect: "Deny",
        actions: ["sqs:*"],
        resources: [queue.arn],
        principals: "*",
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      }),
    });
    this.alarm = new Alarm(this, "NotEmpty", {
      monitoring: props.monitoring,
      ...props.alarm,
      metric: {
        namespace: "AWS/SQS",
        name: "ApproximateNumberOfMessagesVisible",
        dimensions: { QueueName: props.queueName },
        statistic: "Maximum",
      },
      comparison: ">",
      threshold: 0,
      periodSeconds: 60,
      periods: 1,
      missingData: "notBreaching",
    });
  }
}
