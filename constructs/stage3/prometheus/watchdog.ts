import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { watchdogTopic } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { policyDocument } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import type { Step } from "../../shared/observability/steps";
import { acknowledge } from "../../shared/policy/acknowledge";

/** Properties of {@link Watchdog}. */
export interface WatchdogProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Short name of the cluster. */
  readonly cluster: string;
  /** What to do when it is silent. */
  readonly steps: readonly Step[];
}

/** Minutes of silence after which somebody is woken. */
const SILENCE_MINUTES = 10;

/**
 * The dead man's switch of a cluster's monitoring: an alert that always fires reaches a topic every minute, by the way that every other takes.
 * When it stops, Prometheus, Alertmanager, their network, role or Amazon SNS is broken, and no alarm of that cluster arrives.
 */
export class Watchdog extends Construct {
  /** The topic that is written to. */
  public readonly topicArn: string;
  /** The alarm on its silence. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, { cluster, monitoring, steps }: WatchdogProps) {
    super(scope, id);
    const name = watchdogTopic(monitoring.environment, cluster);
    const topic = new SnsTopic(this, "Resource", { name, kmsMasterKeyId: monitoring.topicKeyArn });
    acknowledge(
      topic,
      "RecommendedAlarm[AWS/SNS NumberOfNotificationsDelivered]",
      "Nobody subscribes to it: what is published is counted, and its absence is the alarm.",
    );
    acknowledge(
      topic,
      "RecommendedAlarm[AWS/SNS NumberOfNotificationsFailed]",
      "Nobody subscribes to it: nothing is delivered that could fail.",
    );
    new SnsTopicPolicy(this, "Policy", {
      arn: topic.arn,
      policy: policyDocument({
        sid: "TlsOnly",
        effect: "Deny",
        actions: ["sns:Publish"],
        resources: [topic.arn],
        principals: "*",
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      }),
    });
    this.topicArn = topic.arn;
    this.alarm = new Alarm(this, "Silent", {
      monitoring,
      name: `${cluster}-monitoring-silent`,
      kind: "monitoring-silent",
      of: { cluster },
      intent: `The monitoring of ${cluster} has not said for ${SILENCE_MINUTES} minutes that it is alive: no alarm of that cluster arrives, whatever happens there.`,
      severity: "page",
      steps,
      metric: {
        namespace: "AWS/SNS",
        name: "NumberOfMessagesPublished",
        dimensions: { TopicName: name },
        statistic: "Sum",
      },
      comparison: "<",
      threshold: 1,
      periodSeconds: 300,
      periods: SILENCE_MINUTES / 5,
      missingData: "breaching",
    });
  }
}
