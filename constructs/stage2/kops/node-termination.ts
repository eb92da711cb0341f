import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Construct } from "../../shared/cdktf";
import { acknowledge } from "../../shared/policy/acknowledge";
import { clusterTags, eventRulePrefix, terminationQueueName } from "./names";
import type { KopsClusterSpec } from "./spec";

/** Events that announce the end of a node, as kops subscribes to them. */
const EVENTS: Readonly<Record<string, object>> = {
  ASGLifecycle: { source: ["aws.autoscaling"], "detail-type": ["EC2 Instance-terminate Lifecycle Action"] },
  SpotInterruption: { source: ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"] },
  InstanceStateChange: { source: ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"] },
  InstanceScheduledChange: {
    source: ["aws.health"],
    "detail-type": ["AWS Health Event"],
    detail: { service: ["EC2"], eventTypeCategory: ["scheduledChange"] },
  },
};

/**
 * The queue that the node termination handler reads, and the events that fill it: nodes are drained before they go.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/awsmodel/nodeterminationhandler.go
 */
export class KopsNodeTermination extends Construct {
  public constructor(scope: Construct, id: string, spec: KopsClusterSpec) {
    super(scope, id);
    const queueName = terminationQueueName(spec.name);
    const queue = new SqsQueue(this, "Resource", {
      name: queueName,
      messageRetentionSeconds: 300,
      policy: JSON.stringify({
        Statement: [
          {
            Action: "sqs:SendMessage",
            Effect: "Allow",
            Principal: { Service: ["events.amazonaws.com", "sqs.amazonaws.com"] },
            Resource: `arn:aws:sqs:${spec.account.region}:${spec.account.id}:${queueName}`,
          },
        ],
        Version: "2012-10-17",
      }),
      tags: clusterTags(spec.name, queueName),
    });
    acknowledge(
      this,
      "PolicyServicePrincipalHasCondition",
      "kops' own queue policy, kept for parity: a stranger's message can at most make the handler look at a node that is not there",
    );
    for (const rule of ["SQSQueueEncryptedKMS", "SQSQueueSSLRequestsOnly"]) {
      acknowledge(
        this,
        rule,
        "kops' own queue, kept for parity: it holds instance ids for five minutes, encrypted by SQS itself",
      );
    }
    acknowledge(
      this,
      "RecommendedAlarm[AWS/SQS ApproximateAgeOfOldestMessage]",
      "A message is kept for five minutes only, so none grows old. Messages that nobody reads have an alarm.",
    );
    acknowledge(
      this,
      "RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesNotVisible]",
      "The handler holds a message while it drains a node, and a drain that hangs shows as a node that does not go. Messages that nobody reads have an alarm.",
    );
    acknowledge(
      this,
      "RecommendedAlarm[AWS/SQS NumberOfMessagesSent]",
      "Events come only when a node is about to end: most days none is sent.",
    );
    for (const [event, pattern] of Object.entries(EVENTS)) {
      const rule = new CloudwatchEventRule(this, event, {
        name: `${eventRulePrefix(spec.name)}-${event}`,
        eventPattern: JSON.stringify(pattern),
        tags: clusterTags(spec.name, `${eventRulePrefix(spec.name)}-${event}`),
      });
      new CloudwatchEventTarget(this, `${event}Target`, { rule: rule.id, arn: queue.arn });
    }
  }
}
