import type { Statement } from "../document";
import { addressesIn, block, blocks, strings, text, type Block, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule } from "../rule";

/** A service that works under a key, and what it asks KMS for. */
interface KeyUser {
  /** Argument values that refer to the key. */
  readonly keys: unknown;
  /** The service, `logs` for `logs.<region>.amazonaws.com` too, or its role. */
  readonly user: string;
  /** What it must be allowed. */
  readonly actions: readonly string[];
}

const WRITES = ["kms:GenerateDataKey"];
const READS = ["kms:Decrypt"];

/** Where a bucket, a topic or a queue names its key, by the type of its policy, and what writing to it is called. */
const WRITTEN_TO: Readonly<
  Record<
    string,
    {
      readonly target: string;
      readonly argument: string;
      readonly write: string;
      readonly keys: (resource: ResourceModel, stack: StackModel) => unknown;
    }
  >
> = {
  aws_s3_bucket_policy: {
    target: "aws_s3_bucket",
    argument: "bucket",
    write: "s3:PutObject",
    keys: (bucket, stack) =>
      stack.referring("aws_s3_bucket_server_side_encryption_configuration", "bucket", bucket).map(({ body }) => body),
  },
  aws_sns_topic_policy: {
    target: "aws_sns_topic",
    argument: "arn",
    write: "sns:Publish",
    keys: ({ body }) => body["kms_master_key_id"],
  },
  aws_sqs_queue_policy: {
    target: "aws_sqs_queue",
    argument: "queue_url",
    write: "sqs:SendMessage",
    keys: ({ body }) => body["kms_master_key_id"],
  },
};

/** Services that work under the key that a resource of theirs names. */
const OF_TYPE: Readonly<Record<string, (body: Block) => KeyUser>> = {
  // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
  aws_cloudtrail: (body) => ({
    keys: body["kms_key_id"],
    user: "cloudtrail",
    actions: [...WRITES, "kms:DescribeKey"],
  }),
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  aws_cloudwatch_log_group: (body) => ({
    keys: body["kms_key_id"],
    user: "logs",
    actions: [...WRITES, ...READS],
  }),
  // https://docs.aws.amazon.com/config/latest/developerguide/s3-kms-key-policy.html
  aws_config_delivery_channel: (body) => ({
    keys: body["s3_kms_key_arn"],
    user: "config",
    actions: [...WRITES, ...READS],
  }),
  // https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
  aws_macie2_classification_export_configuration: (body) => ({
    keys: block(body, "s3_destination")["kms_key_arn"],
    user: "macie",
    actions: [...WRITES, "kms:Encrypt"],
  }),
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html
  aws_route53_key_signing_key: (body) => ({
    keys: body["key_management_service_arn"],
    user: "dnssec-route53",
    actions: ["kms:Sign", "kms:CreateGrant"],
  }),
};

/** @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-encryption-types.html */
const MACIE_ROLE = "AWSServiceRoleForAmazonMacie";

/** Rules on what a key's policy must say for a service to work: without it the service fails later, most often in silence. */
export const keyAccessRules: readonly Rule[] = [
  resourceRule({
    id: "KeyAdmitsItsServices",
    citation: "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-services.html",
    fix: "let the service use the key in the key's policy, on behalf of this account or this resource",
    types: [...Object.keys(WRITTEN_TO), ...Object.keys(OF_TYPE), "aws_macie2_classification_job"],
    problem: (resource, stack) => {
      const missing = usersOf(resource, stack).flatMap(({ actions, keys, user }) =>
        stack
          .referred("aws_kms_key", keys)
          .flatMap(([key, owner]) =>
            actions
              .filter((action) => !admits(key, owner, user, action))
              .map((action) => `${user} may not ${action} with ${key.path}`),
          ),
      );
      return missing.length === 0 ? undefined : missing.join(", ");
    },
  }),
];

function usersOf(resource: ResourceModel, stack: StackModel): readonly KeyUser[] {
  const ofType = OF_TYPE[resource.type]?.(resource.body);
  if (ofType !== undefined) return [ofType];
  const written = WRITTEN_TO[resource.type];
  return written === undefined ? inspected(resource, stack) : writers(resource, stack, written);
}

/** Services that a bucket, topic or queue lets write. */
function writers(
  policy: ResourceModel,
  stack: StackModel,
  { argument, keys, target, write }: (typeof WRITTEN_TO)[string],
): readonly KeyUser[] {
  const targets = stack.ofType(target).filter((each) => stack.referring(policy.type, argument, each).includes(policy));
  const services = (stack.statements(text(policy.body["policy"])) ?? [])
    .filter(({ actions, effect }) => effect === "Allow" && actions.some((action) => covers(action, write)))
    .flatMap(({ principals }) => principals["Service"] ?? []);
  return [...new Set(services)].map((name) => ({
    keys: targets.map((each) => keys(each, stack)),
    user: name.replace(/\.amazonaws\.com$/, ""),
    actions: WRITES,
  }));
}

/** Macie reads what it looks for PHI in with a role of its own, which no policy but the key's lets decrypt. */
function inspected(job: ResourceModel, stack: StackModel): readonly KeyUser[] {
  const buckets = blocks(block(job.body, "s3_job_definition"), "bucket_definitions").flatMap(({ buckets: names }) =>
    stack
      .ofType("aws_s3_bucket")
      .filter(
        ({ address, body }) => addressesIn(names).includes(address) || strings(names).includes(text(body["bucket"])),
      ),
  );
  const keys = buckets.flatMap((bucket) =>
    stack.referring("aws_s3_bucket_server_side_encryption_configuration", "bucket", bucket).map(({ body }) => body),
  );
  return [{ keys, user: MACIE_ROLE, actions: READS }];
}

function admits(key: ResourceModel, stack: StackModel, user: string, action: string): boolean {
  const statements: readonly Statement[] = stack.statements(text(key.body["policy"])) ?? [];
  return statements.some(
    ({ actions, effect, principals }) =>
      effect === "Allow" &&
      [...(principals["Service"] ?? []), ...(principals["AWS"] ?? [])].some((name) => isUser(name, user)) &&
      actions.some((pattern) => covers(pattern, action)),
  );
}

function isUser(principal: string, user: string): boolean {
  const service = principal.replace(/(\.[a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com$/, "");
  return service === user || principal.endsWith(`/${user}`);
}

/** Whether an action, with a `*` at its end perhaps, covers another. */
function covers(pattern: string, action: string): boolean {
  return pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}
