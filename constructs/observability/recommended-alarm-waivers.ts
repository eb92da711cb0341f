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
  ...["4xxErrors", "5xxErrors"].map((metric) => ({
    type: "aws_s3_bucket",
    metric,
    path: /\/KopsState\//,
    reason:
      "Its request metrics cover the etcd backups only. An error there means that no backup is written, which has an alarm.",
  })),
];
