import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { Construct } from "../cdktf";
import { EncryptionKey } from "../encryption/encryption-key";
import { policyDocument } from "../iam/policy-document";

/** How urgent an alarm is: `page` wakes someone, `ticket` waits for the next working day. */
export type Severity = "page" | "ticket";

/** Properties of {@link Monitoring}. */
export interface MonitoringProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** E-mail addresses per severity. */
  readonly subscribers: Readonly<Record<Severity, readonly string[]>>;
  /** Retention of log groups in days. */
  readonly retention: { readonly auditDays: number; readonly logDays: number };
  /** Address of the runbook; an alarm adds its anchor. */
  readonly runbookUrl: string;
}

/** Services that publish to the topics on their own. */
const PUBLISHERS = ["cloudwatch", "events", "budgets", "costalerts", "events.rds", "backup"].map(
  (name) => `${name}.amazonaws.com`,
);

/**
 * What every alarm and log group of a stack shares: the topics `<prefix>-page` and `<prefix>-ticket`, the key that encrypts
 * the logs, retention, and the runbook's address. Pass it to the systems as a prop.
 */
export class Monitoring extends Construct {
  /** Start of every name, for example `opsdx-dev`. */
  public readonly namePrefix: string;
  /** ARN of the topic of each severity. */
  public readonly topics: Readonly<Record<Severity, string>>;
  /** ARN of the key that encrypts log groups. */
  public readonly logKeyArn: string;
  /** Retention of log groups in days. */
  public readonly retention: MonitoringProps["retention"];
  /** Address of the runbook. */
  public readonly runbookUrl: string;

  public constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { account, namePrefix } = props;
    this.namePrefix = namePrefix;
    this.retention = props.retention;
    this.runbookUrl = props.runbookUrl;

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
      ],
    });
    const topic = (severity: Severity, topicId: string): string => {
      const resource = new SnsTopic(this, topicId, {
        name: `${namePrefix}-${severity}`,
        kmsMasterKeyId: topicKey.arn,
      });
      new SnsTopicPolicy(this, `${topicId}Policy`, {
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
            sid: "TlsOnly",
            effect: "Deny",
            actions: ["sns:Publish"],
            resources: [resource.arn],
            principals: "*",
            conditions: { Bool: { "aws:SecureTransport": "false" } },
          },
        ),
      });
      for (const address of props.subscribers[severity]) {
        new SnsTopicSubscription(this, `${topicId}To${address.replace(/[^A-Za-z0-9]/g, "")}`, {
          topicArn: resource.arn,
          protocol: "email",
          endpoint: address,
        });
      }
      return resource.arn;
    };
    this.topics = { page: topic("page", "PageTopic"), ticket: topic("ticket", "TicketTopic") };
  }
}
