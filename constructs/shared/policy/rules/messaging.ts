import { HIPAA } from "../citations";
import { strings, text, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule } from "../rule";

function deniesPlainHttp(texts: readonly string[], stack: StackModel): boolean {
  return texts
    .flatMap((text) => stack.statements(text) ?? [])
    .some(
      ({ effect, conditions }) => effect === "Deny" && String(conditions["Bool"]?.["aws:SecureTransport"]) === "false",
    );
}

function policiesOf(resource: ResourceModel, stack: StackModel, type: string, argument: string): readonly string[] {
  return [
    ...strings(resource.body["policy"]),
    ...stack.referring(type, argument, resource).flatMap(({ body }) => strings(body["policy"])),
  ];
}

const isAwsManaged = (key: unknown): boolean => text(key) === "" || text(key).startsWith("alias/aws/");

/** Rules on SNS topics and SQS queues. */
export const messagingRules: readonly Rule[] = [
  resourceRule({
    id: "SNSEncryptedKMS",
    citation: HIPAA.encryptionAtRest,
    fix: "set kms_master_key_id to a customer-managed key",
    types: ["aws_sns_topic"],
    problem: ({ body }) =>
      isAwsManaged(body["kms_master_key_id"]) ? "is not encrypted with a customer-managed key" : undefined,
  }),
  resourceRule({
    id: "SNSTopicSSLPublishOnly",
    citation: HIPAA.transmission,
    fix: "deny sns:Publish when aws:SecureTransport is false in the topic's policy",
    types: ["aws_sns_topic"],
    problem: (topic, stack) =>
      deniesPlainHttp(policiesOf(topic, stack, "aws_sns_topic_policy", "arn"), stack)
        ? undefined
        : "does not deny plain HTTP",
  }),
  resourceRule({
    id: "SQSQueueEncryptedKMS",
    citation: HIPAA.encryptionAtRest,
    fix: "set kms_master_key_id to a customer-managed key",
    types: ["aws_sqs_queue"],
    problem: ({ body }) =>
      isAwsManaged(body["kms_master_key_id"]) ? "is not encrypted with a customer-managed key" : undefined,
  }),
  resourceRule({
    id: "SQSQueueSSLRequestsOnly",
    citation: HIPAA.transmission,
    fix: "deny sqs:* when aws:SecureTransport is false in the queue's policy",
    types: ["aws_sqs_queue"],
    problem: (queue, stack) =>
      deniesPlainHttp(policiesOf(queue, stack, "aws_sqs_queue_policy", "queue_url"), stack)
        ? undefined
        : "does not deny plain HTTP",
  }),
];
