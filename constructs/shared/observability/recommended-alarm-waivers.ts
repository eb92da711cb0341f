/** A recommended alarm that is left out on purpose. */
export interface AlarmWaiver {
  /** Terraform resource type. */
  readonly type: string;
  /** Metric of the recommended alarm. */
  readonly metric: string;
  /** Only for resources whose construct path matches. @default - every resource of the type */
  readonly path?: RegExp;
  /** Why nobody needs to be told, or what tells them instead. */
  readonly reason: string;
}

/** Alarms that AWS recommends and that this program does not have, each with its reason. */
export const ALARM_WAIVERS: readonly AlarmWaiver[] = [
  {
    type: "aws_sns_topic",
    metric: "NumberOfMessagesPublished",
    reason: "An alarm topic is silent when all is well: few messages are the aim, not a fault.",
  },
  {
    type: "aws_sns_topic",
    metric: "NumberOfNotificationsDelivered",
    reason: "An alarm topic is silent when all is well. What was published and not delivered has its own alarm.",
  },
  {
    type: "aws_ebs_volume",
    metric: "VolumeStalledIOCheck",
    reason:
      "kops attaches the etcd volumes by tag when a control plane boots, so no instance is known to the plan. A stalled volume shows as slow etcd requests, which have an alarm.",
  },
  {
    type: "aws_sqs_queue",
    metric: "ApproximateAgeOfOldestMessage",
    path: /\/NodeTermination\//,
    reason: "A message is kept for five minutes only, so none grows old. Messages that nobody reads have an alarm.",
  },
  {
    type: "aws_sqs_queue",
    metric: "ApproximateNumberOfMessagesNotVisible",
    path: /\/NodeTermination\//,
    reason:
      "The handler holds a message while it drains a node, and a drain that hangs shows as a node that does not go. Messages that nobody reads have an alarm.",
  },
  {
    type: "aws_sqs_queue",
    metric: "NumberOfMessagesSent",
    path: /\/NodeTermination\//,
    reason: "Events come only when a node is about to end: most days none is sent.",
  },
  {
    type: "aws_lambda_function",
    metric: "ClaimedAccountConcurrency",
    path: /\/Launcher\//,
    reason:
      "A launcher has one execution reserved for it, which other functions of the account cannot use up. Events that wait for it show as throttles, which have an alarm.",
  },
  {
    type: "aws_sqs_queue",
    metric: "ApproximateAgeOfOldestMessage",
    path: /\/(LaunchFailed|Undelivered)\//,
    reason: "A dead-letter queue is read by people. Its first message has an alarm; its age says how fast they are.",
  },
  {
    type: "aws_sqs_queue",
    metric: "ApproximateNumberOfMessagesNotVisible",
    path: /\/(LaunchFailed|Undelivered)\//,
    reason: "A dead-letter queue is read by people, who hold a message for a minute while they look at it.",
  },
  {
    type: "aws_sqs_queue",
    metric: "NumberOfMessagesSent",
    path: /\/(LaunchFailed|Undelivered)\//,
    reason: "A dead-letter queue is empty when all is well: no message is the aim, not a fault.",
  },
  ...["4xxErrors", "5xxErrors"].map((metric) => ({
    type: "aws_s3_bucket",
    metric,
    path: /\/KopsState\//,
    reason:
      "Its request metrics cover the etcd backups only. An error there means that no backup is written, which has an alarm.",
  })),
];
