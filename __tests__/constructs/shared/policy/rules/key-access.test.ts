import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { Cloudtrail } from "@cdktf/provider-aws/lib/cloudtrail";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Macie2ClassificationExportConfiguration } from "@cdktf/provider-aws/lib/macie2-classification-export-configuration";
import { Macie2ClassificationJob } from "@cdktf/provider-aws/lib/macie2-classification-job";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { policyDocument, type PolicyStatement } from "../../../../../constructs/shared/iam/policy-document";
import { keyAccessRules } from "../../../../../constructs/shared/policy/rules/key-access";
import type { BaseStack } from "../../../../../stacks/base-stack";
import { findAcross, testRules } from "./support";

const account = "arn:aws:iam::123456789012";

/** A key that the account itself may use, and one more. */
function key(stack: BaseStack, principals?: PolicyStatement["principals"], ...actions: string[]): KmsKey {
  const own = { sid: "Own", actions: ["kms:*"], resources: ["*"], principals: { AWS: `${account}:root` } };
  const other = { sid: "Service", actions, resources: ["*"], principals };
  return new KmsKey(stack, "Key", { policy: policyDocument(own, ...(principals === undefined ? [] : [other])) });
}

const lets = (service: string, action: string, arn: string): string =>
  policyDocument({ sid: "Write", actions: [action], resources: [arn], principals: { Service: service } });

function bucket(stack: BaseStack, { arn: kmsMasterKeyId }: KmsKey, id = "Bucket"): S3Bucket {
  const made = new S3Bucket(stack, id, { bucket: "phi" });
  new S3BucketServerSideEncryptionConfigurationA(stack, `${id}Encryption`, {
    bucket: made.id,
    rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId } }],
  });
  return made;
}

function written(stack: BaseStack, id: string, under: KmsKey, service = "delivery.logs.amazonaws.com"): void {
  const { arn, id: name } = bucket(stack, under);
  new S3BucketPolicy(stack, id, { bucket: name, policy: lets(service, "s3:PutObject", `${arn}/*`) });
}

function published(stack: BaseStack, id: string, under: KmsKey): void {
  const { arn } = new SnsTopic(stack, "Topic", { kmsMasterKeyId: under.arn });
  new SnsTopicPolicy(stack, id, { arn, policy: lets("events.amazonaws.com", "sns:Publish", arn) });
}

function sent(stack: BaseStack, id: string, under: KmsKey): void {
  const { arn, url: queueUrl } = new SqsQueue(stack, "Queue", { kmsMasterKeyId: under.arn });
  new SqsQueuePolicy(stack, id, { queueUrl, policy: lets("sns.amazonaws.com", "sqs:SendMessage", arn) });
}

function inspect(stack: BaseStack, id: string, buckets: string[]): void {
  new Macie2ClassificationJob(stack, id, {
    jobType: "SCHEDULED",
    s3JobDefinition: { bucketDefinitions: [{ accountId: "123456789012", buckets }] },
  });
}

const exported = (stack: BaseStack, id: string, { arn: kmsKeyArn }: KmsKey) =>
  new Macie2ClassificationExportConfiguration(stack, id, { s3Destination: { bucketName: "results", kmsKeyArn } });

const logs = { Service: "logs.us-east-1.amazonaws.com" };
const macieRole = {
  AWS: `${account}:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie`,
};

test("a key of another stack is judged by that stack's policy of it", () => {
  const under = (principals?: PolicyStatement["principals"], ...actions: string[]) =>
    findAcross(
      keyAccessRules,
      (stack) => ({ logs: { keyArn: key(stack, principals, ...actions).arn } }),
      (stack, { logs }) => {
        new CloudwatchLogGroup(stack, "Log", { name: "log", kmsKeyId: logs.keyArn });
      },
    );
  expect(under()).toEqual([
    ["second/Log", "logs may not kms:GenerateDataKey with first/Key, logs may not kms:Decrypt with first/Key"],
  ]);
  expect(under({ Service: "logs.us-east-1.amazonaws.com" }, "kms:GenerateDataKey*", "kms:Decrypt")).toEqual([]);
});

testRules(keyAccessRules, {
  KeyAdmitsItsServices: {
    accepts: {
      "services that the key lets in": (stack) =>
        written(stack, "Policy", key(stack, { Service: "delivery.logs.amazonaws.com" }, "kms:GenerateDataKey*")),
      "a topic's publisher": (stack) =>
        published(stack, "Policy", key(stack, { Service: "events.amazonaws.com" }, "kms:GenerateDataKey")),
      "a queue's sender": (stack) => sent(stack, "Policy", key(stack, { Service: "sns.amazonaws.com" }, "kms:*")),
      "a log group under a key of CloudWatch Logs in this region": (stack) =>
        new CloudwatchLogGroup(stack, "Logs", {
          kmsKeyId: key(stack, logs, "kms:GenerateDataKey*", "kms:Decrypt").arn,
        }),
      "Macie's own role": (stack) => inspect(stack, "Job", [bucket(stack, key(stack, macieRole, "kms:Decrypt")).id]),
      "what is under no key of this stack": (stack) => {
        new CloudwatchLogGroup(stack, "Logs", { kmsKeyId: "arn:aws:kms:us-east-1:123456789012:key/elsewhere" });
        inspect(stack, "Job", ["elsewhere"]);
      },
    },
    refuses: {
      "a bucket's writer": [
        "delivery.logs may not kms:GenerateDataKey with test/Key",
        (stack) => written(stack, "Bad", key(stack)),
      ],
      "a service whose name only begins like one that is let in": [
        "events may not kms:GenerateDataKey with test/Key",
        (stack) => published(stack, "Bad", key(stack, { Service: "events.rds.amazonaws.com" }, "kms:GenerateDataKey")),
      ],
      "a queue's sender that may only decrypt": [
        "sns may not kms:GenerateDataKey with test/Key",
        (stack) => sent(stack, "Bad", key(stack, { Service: "sns.amazonaws.com" }, "kms:Decrypt")),
      ],
      "a log group": [
        "logs may not kms:GenerateDataKey with test/Key, logs may not kms:Decrypt with test/Key",
        (stack) => new CloudwatchLogGroup(stack, "Bad", { kmsKeyId: key(stack).arn }),
      ],
      "a trail": [
        "cloudtrail may not kms:DescribeKey with test/Key",
        (stack) =>
          new Cloudtrail(stack, "Bad", {
            name: "trail",
            s3BucketName: "files",
            kmsKeyId: key(stack, { Service: "cloudtrail.amazonaws.com" }, "kms:GenerateDataKey*").arn,
          }),
      ],
      "a bucket that Macie cannot decrypt, by reference": [
        "AWSServiceRoleForAmazonMacie may not kms:Decrypt with test/Key",
        (stack) => inspect(stack, "Bad", [bucket(stack, key(stack, { Service: "macie.amazonaws.com" }, "kms:*")).id]),
      ],
      "a bucket that Macie cannot decrypt, by name": [
        "AWSServiceRoleForAmazonMacie may not kms:Decrypt with test/Key",
        (stack) => {
          bucket(stack, key(stack));
          inspect(stack, "Bad", ["phi"]);
        },
      ],
      "Macie's results": [
        "macie may not kms:Encrypt with test/Key",
        (stack) => exported(stack, "Bad", key(stack, { Service: "macie.amazonaws.com" }, "kms:GenerateDataKey")),
      ],
    },
  },
});
