import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { configFile, groundStack } from "../../../config/names";
import { Construct } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";
import { policyDocument } from "../iam/policy-document";
import { acknowledge } from "../policy/acknowledge";
import { Alarm } from "./alarm";
import { aws, cdktf, output, pipe, type Command } from "./command";
import type { ChosenThresholds, MonitoringContext, Severity } from "./monitoring-context";
import { describeSystem } from "./system";
import { SystemHealth } from "./system-health";

export type { MonitoringContext, Severity } from "./monitoring-context";

/** Properties of {@link Monitoring}. */
export interface MonitoringProps {
  /** Name of the environment, or `global`. */
  readonly environment: string;
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** E-mail addresses per severity. */
  readonly subscribers: Readonly<Record<Severity, readonly string[]>>;
  /** Retention of log groups in days. */
  readonly retention: MonitoringContext["retention"];
  /** Address of the runbook's folder; an alarm adds its page and heading. */
  readonly runbookUrl: string;
  /** Address of Grafana. @default - the environment has none */
  readonly grafanaUrl?: string;
  /** Who answers for the alarm topics. @default - the ticket subscribers */
  readonly owner?: string;
  /** Thresholds that the configuration sets, by alarm. */
  readonly thresholds: ChosenThresholds;
}

/** Services that publish to the topics on their own, and say for which account. */
const PUBLISHERS = ["cloudwatch", "budgets", "costalerts", "events.rds", "backup"].map(
  (name) => `${name}.amazonaws.com`,
);

/**
 * EventBridge publishes too, but a condition on the account would silence it: it supports none on a topic, nor on a topic's key.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
const EVENT_BRIDGE = "events.amazonaws.com";
const UNCONDITIONAL =
  "EventBridge sends neither source account nor source ARN to a topic or its key. The worst a stranger can do is to send a message, who must know the topic's ARN; nothing can be read.";

/** The topic whose subscribers learn that a severity's own topic fails: a broken topic cannot report itself. */
const WATCHED_BY: Readonly<Record<Severity, Severity>> = { page: "ticket", ticket: "page" };

/**
 * What every alarm and log group of a stack shares: the topics `<prefix>-page` and `<prefix>-ticket`, the key that encrypts
 * the logs, retention, and the runbook's address. Pass it to the systems as a prop. It is a system itself, `alarms`: each
 * topic is watched by an alarm that reports through the other.
 */
export class Monitoring extends Construct implements MonitoringContext {
  /** Name of the environment, or `global`. */
  public readonly environment: string;
  /** Start of every name, for example `opsdx-dev`. */
  public readonly namePrefix: string;
  /** ARN of the topic of each severity. */
  public readonly topics: Readonly<Record<Severity, string>>;
  /** ARN of the key that encrypts log groups. */
  public readonly logKeyArn: string;
  /** ARN of the key that encrypts the topics. */
  public readonly topicKeyArn: string;
  /** Retention of log groups in days. */
  public readonly retention: MonitoringContext["retention"];
  /** Address of the runbook's folder. */
  public readonly runbookUrl: string;
  /** Address of Grafana, if the environment has one. */
  public readonly grafanaUrl?: string;
  /** Thresholds that the configuration sets, by alarm. */
  public readonly thresholds: ChosenThresholds;

  public constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { account, namePrefix } = props;
    this.environment = props.environment;
    this.namePrefix = namePrefix;
    this.retention = props.retention;
    this.runbookUrl = props.runbookUrl;
    this.grafanaUrl = props.grafanaUrl;
    this.thresholds = props.thresholds;

    this.logKeyArn = new EncryptionKey(this, "LogKey", {
      alias: `${namePrefix}-logs`,
      description: `Log groups of ${namePrefix}`,
      accountId: account.id,
      statements: [
        {
          sid: "CloudWatchLogs",
          actions: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
          resources: ["*"],
          principals: { Service: `logs.${account.region}.amazonaws.com` },
          conditions: {
            ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:${account.region}:${account.id}:*` },
          },
        },
      ],
    }).arn;

    const topicKey = new EncryptionKey(this, "TopicKey", {
      alias: `${namePrefix}-alarms`,
      description: `Alarm topics of ${namePrefix}`,
      accountId: account.id,
      statements: [
        {
          sid: "Publishers",
          actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
          resources: ["*"],
          principals: { Service: PUBLISHERS },
          conditions: { StringEquals: { "aws:SourceAccount": account.id } },
        },
        {
          sid: "EventBridge",
          actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
          resources: ["*"],
          principals: { Service: EVENT_BRIDGE },
        },
      ],
    });
    this.topicKeyArn = topicKey.arn;
    acknowledge(topicKey, "PolicyServicePrincipalHasCondition", UNCONDITIONAL);
    const topic = (severity: Severity, topicId: string): string => {
      const resource = new SnsTopic(this, topicId, {
        name: `${namePrefix}-${severity}`,
        kmsMasterKeyId: topicKey.arn,
      });
      acknowledge(
        resource,
        "RecommendedAlarm[AWS/SNS NumberOfMessagesPublished]",
        "An alarm topic is silent when all is well: few messages are the aim, not a fault.",
      );
      acknowledge(
        resource,
        "RecommendedAlarm[AWS/SNS NumberOfNotificationsDelivered]",
        "An alarm topic is silent when all is well. What was published and not delivered has its own alarm.",
      );
      const access = new SnsTopicPolicy(this, `${topicId}Policy`, {
        arn: resource.arn,
        policy: policyDocument(
          {
            sid: "Publishers",
            actions: ["sns:Publish"],
            resources: [resource.arn],
            principals: { Service: PUBLISHERS },
            conditions: { StringEquals: { "aws:SourceAccount": account.id } },
          },
          {
            sid: "EventBridge",
            actions: ["sns:Publish"],
            resources: [resource.arn],
            principals: { Service: EVENT_BRIDGE },
          },
          {
            sid: "TlsOnly",
            effect: "Deny",
            actions: ["sns:Publish"],
            resources: [resource.arn],
            principals: "*",
            conditions: { Bool: { "aws:SecureTransport": "false" } },
          },
        ),
      });
      acknowledge(access, "PolicyServicePrincipalHasCondition", UNCONDITIONAL);
      for (const address of props.subscribers[severity]) {
        new SnsTopicSubscription(this, `${topicId}To${address}`, {
          topicArn: resource.arn,
          protocol: "email",
          endpoint: address,
        });
      }
      return resource.arn;
    };
    this.topics = { page: topic("page", "PageTopic"), ticket: topic("ticket", "TicketTopic") };
    this.describe(props.owner ?? props.subscribers.ticket.join(", "));
    new SystemHealth(this, "Health", {
      monitoring: this,
      alarms: [this.deliveryAlarm("page", "PageDelivery"), this.deliveryAlarm("ticket", "TicketDelivery")],
    });
  }

  private describe(owner: string): void {
    const { environment, namePrefix } = this;
    const topicArn = this.findTopic("page");
    const deploy = cdktf("deploy", groundStack(environment));
    // One call takes a hundred names:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html
    const everyAlarm = (verb: string): Command =>
      pipe(
        aws(
          `cloudwatch describe-alarms --alarm-name-prefix ${namePrefix}- --query "MetricAlarms[].[AlarmName]" --output text`,
        ),
        `xargs -n 100 aws cloudwatch ${verb} --alarm-names`,
      );
    describeSystem(this, {
      name: "alarms",
      title: "Alarms and notifications",
      owner,
      purpose:
        "Carries every alarm to people: one topic for what wakes someone (page), one for what waits for the next working day (ticket). A stack's log groups share its log key.",
      launch: [
        deploy,
        "Each subscriber confirms the e-mail that Amazon SNS sends: until then nothing is delivered to that address.",
      ],
      stop: [
        [
          "Silence every alarm of CloudWatch without removing one; those of a cluster are silenced in its Alertmanager, as its page says:",
          everyAlarm("disable-alarm-actions"),
          "Switch them on again:",
          everyAlarm("enable-alarm-actions"),
        ],
      ],
      status: [this.redAlarms(), this.subscribersOf("page")],
      logs: [
        [
          "Amazon SNS writes no delivery log for e-mail; the history of each alarm says when it changed and what was published:",
          aws(
            `cloudwatch describe-alarm-history --alarm-name ${namePrefix}-alarms-page-delivery-failing --history-item-type Action`,
          ),
        ],
      ],
      metrics: ["CloudWatch > AWS/SNS > TopicName: NumberOfNotificationsDelivered, NumberOfNotificationsFailed."],
      procedures: [
        {
          title: "Prove that a page arrives",
          steps: [
            aws(
              `sns publish --topic-arn "${topicArn}" --subject "Test page" --message "Please answer that you received this test page"`,
            ),
            "Ask the person on call for an answer within five minutes; without one, check the subscription's state as under Status.",
          ],
        },
        {
          title: "Change who is paged",
          steps: [
            `Edit \`alarms.page\` or \`alarms.ticket\` in \`${configFile(environment)}\`.`,
            deploy,
            "The new address must confirm the subscription by the link in its mail.",
          ],
        },
      ],
    });
  }

  private findTopic(severity: Severity): string {
    return output(
      aws(
        `sns list-topics --query "Topics[?ends_with(TopicArn, ':${this.namePrefix}-${severity}')].TopicArn" --output text`,
      ),
    );
  }

  private redAlarms(): Command {
    return aws(
      `cloudwatch describe-alarms --alarm-name-prefix ${this.namePrefix}- --state-value ALARM --query "MetricAlarms[].[AlarmName,StateReason]" --output table`,
    );
  }

  private subscribersOf(severity: Severity): Command {
    return aws(
      `sns list-subscriptions-by-topic --topic-arn "${this.findTopic(severity)}" --query "Subscriptions[].[Endpoint,SubscriptionArn]" --output table`,
    );
  }

  private deliveryAlarm(severity: Severity, id: string): Alarm {
    const topicName = `${this.namePrefix}-${severity}`;
    return new Alarm(this, id, {
      monitoring: this,
      name: `alarms-${severity}-delivery-failing`,
      kind: "alarms-delivery-failing",
      of: { severity },
      intent: `A notification of the ${severity} topic did not reach a subscriber: alarms of that severity may be lost.`,
      severity: WATCHED_BY[severity],
      steps: [
        [
          `Tell the ${severity} subscribers by another way to watch the console until this is solved:`,
          this.redAlarms(),
        ],
        ["See who is subscribed; a PendingConfirmation receives nothing:", this.subscribersOf(severity)],
        `A mailbox that bounced: correct its address in \`alarms.${severity}\` of the configuration, deploy, and confirm the new subscription.`,
        ["Prove it:", aws(`sns publish --topic-arn "${this.findTopic(severity)}" --message test`)],
      ],
      metric: {
        namespace: "AWS/SNS",
        name: "NumberOfNotificationsFailed",
        dimensions: { TopicName: topicName },
        statistic: "Sum",
      },
      comparison: ">",
      threshold: 0,
      // AWS recommends 5 of 5 minutes, which suits steady traffic; an alarm topic may publish once a day.
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }
}
