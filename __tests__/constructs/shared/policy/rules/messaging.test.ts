import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SqsQueue, type SqsQueueConfig } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { policyDocument } from "../../../../../constructs/shared/iam/policy-document";
import { messagingRules } from "../../../../../constructs/shared/policy/rules/messaging";
import { testRules, type Build } from "./support";

const tlsOnly = (effect: "Allow" | "Deny"): string =>
  policyDocument({
    sid: "TlsOnly",
    effect,
    actions: ["sns:Publish", "sqs:*"],
    resources: ["*"],
    principals: "*",
    conditions: { Bool: { "aws:SecureTransport": "false" } },
  });

const topic =
  (kmsMasterKeyId?: string, policy?: string): Build =>
  (stack) => {
    const { arn } = new SnsTopic(stack, "Bad", { kmsMasterKeyId });
    if (policy !== undefined) new SnsTopicPolicy(stack, "Policy", { arn, policy });
  };

const queue =
  (config: SqsQueueConfig, policy?: string): Build =>
  (stack) => {
    const { url } = new SqsQueue(stack, "Bad", config);
    if (policy !== undefined) new SqsQueuePolicy(stack, "Policy", { queueUrl: url, policy });
  };

const unencrypted = "is not encrypted with a customer-managed key";
const open = "does not deny plain HTTP";

testRules(messagingRules, {
  SNSEncryptedKMS: {
    accepts: { "a customer-managed key": topic("${aws_kms_key.k.arn}") },
    refuses: { "no key": [unencrypted, topic()], "the key of AWS": [unencrypted, topic("alias/aws/sns")] },
  },
  SNSTopicSSLPublishOnly: {
    accepts: { "a TLS-only topic": topic("k", tlsOnly("Deny")) },
    refuses: { "no policy": [open, topic("k")], "an allow": [open, topic("k", tlsOnly("Allow"))] },
  },
  SQSQueueEncryptedKMS: {
    accepts: { "a customer-managed key": queue({ kmsMasterKeyId: "${aws_kms_key.k.arn}" }) },
    refuses: {
      "SSE-SQS": [unencrypted, queue({ sqsManagedSseEnabled: true })],
      "the key of AWS": [unencrypted, queue({ kmsMasterKeyId: "alias/aws/sqs" })],
    },
  },
  SQSQueueSSLRequestsOnly: {
    accepts: {
      "a policy beside the queue": queue({}, tlsOnly("Deny")),
      "a policy on the queue": queue({ policy: tlsOnly("Deny") }),
    },
    refuses: { "no policy": [open, queue({})] },
  },
});
