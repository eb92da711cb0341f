import { HIPAA } from "../citations";
import { block, blocks, isTrue, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule } from "../rule";

const types = ["aws_s3_bucket"];

/** The encryption that a bucket applies by default. */
function defaultEncryption(bucket: ResourceModel, stack: StackModel) {
  const [configuration] = stack.referring("aws_s3_bucket_server_side_encryption_configuration", "bucket", bucket);
  const rule = configuration === undefined ? {} : block(configuration.body, "rule");
  return block(rule, "apply_server_side_encryption_by_default");
}

/** Whether plain HTTP is denied to anyone for everything. */
function deniesPlainHttp(bucket: ResourceModel, stack: StackModel): boolean {
  return stack
    .referring("aws_s3_bucket_policy", "bucket", bucket)
    .some(({ body }) =>
      (stack.statements(String(body["policy"])) ?? []).some(
        ({ effect, actions, principals, conditions }) =>
          effect === "Deny" &&
          (actions.includes("s3:*") || actions.includes("*")) &&
          (principals["*"] ?? principals["AWS"] ?? []).includes("*") &&
          String(conditions["Bool"]?.["aws:SecureTransport"]) === "false",
      ),
    );
}

/** Whether an ALB delivers logs into the bucket, as this stack's load balancers or the bucket's own policy show. */
function takesAlbLogs(bucket: ResourceModel, stack: StackModel): boolean {
  return (
    ["access_logs", "connection_logs"].some((argument) =>
      stack
        .referring("aws_lb", argument, bucket)
        .some(({ body }) => (body["load_balancer_type"] ?? "application") === "application"),
    ) ||
    stack
      .referring("aws_s3_bucket_policy", "bucket", bucket)
      .some(({ body }) => String(body["policy"]).includes("logdelivery.elasticloadbalancing.amazonaws.com"))
  );
}

/** Rules on S3 buckets. */
export const s3Rules: readonly Rule[] = [
  resourceRule({
    id: "S3BucketVersioningEnabled",
    citation: `${HIPAA.backup}, 164.312(c)(1), 164.312(c)(2)`,
    fix: "give the bucket an aws_s3_bucket_versioning with status Enabled, or use SecureBucket",
    types,
    problem: (bucket, stack) =>
      stack
        .referring("aws_s3_bucket_versioning", "bucket", bucket)
        .some(({ body }) => block(body, "versioning_configuration")["status"] === "Enabled")
        ? undefined
        : "is not versioned",
  }),
  resourceRule({
    id: "S3BucketLevelPublicAccessProhibited",
    citation: HIPAA.noPublicAccess,
    fix: "give the bucket an aws_s3_bucket_public_access_block with all four settings, or use SecureBucket",
    types,
    problem: (bucket, stack) => {
      const [access] = stack.referring("aws_s3_bucket_public_access_block", "bucket", bucket);
      const open = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"].filter(
        (setting) => !isTrue(access?.body[setting]),
      );
      return open.length === 0 ? undefined : `does not set ${open.join(", ")}`;
    },
  }),
  resourceRule({
    id: "S3BucketSSLRequestsOnly",
    citation: `${HIPAA.encryptionInTransit}, 164.312(c)(2)`,
    fix: "deny s3:* to everyone when aws:SecureTransport is false in the bucket's policy, or use SecureBucket",
    types,
    problem: (bucket, stack) => (deniesPlainHttp(bucket, stack) ? undefined : "does not deny plain HTTP"),
  }),
  resourceRule({
    id: "S3DefaultEncryptionKMS",
    citation: HIPAA.encryptionAtRest,
    fix: "encrypt by default with aws:kms and a customer-managed key: the keyArn of SecureBucket",
    types,
    problem: (bucket, stack) => {
      const encryption = defaultEncryption(bucket, stack);
      if (!String(encryption["sse_algorithm"]).startsWith("aws:kms")) return "is not encrypted with KMS by default";
      return encryption["kms_master_key_id"] === undefined ? "is not encrypted with a customer-managed key" : undefined;
    },
  }),
  resourceRule({
    id: "AlbLogBucketNoCmk",
    citation: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
    fix: "encrypt the bucket with SSE-S3 (AES256): an ALB drops its logs without a word otherwise",
    types,
    problem: (bucket, stack) =>
      takesAlbLogs(bucket, stack) && String(defaultEncryption(bucket, stack)["sse_algorithm"]).startsWith("aws:kms")
        ? "takes ALB logs but is encrypted with a KMS key"
        : undefined,
  }),
  resourceRule({
    id: "S3BucketLoggingEnabled",
    citation: HIPAA.accessLog,
    fix: "send the bucket's server access logs to a log bucket: the accessLogBucket of SecureBucket",
    types,
    problem: (bucket, stack) =>
      stack.referring("aws_s3_bucket_logging", "bucket", bucket).length > 0 ||
      stack.referring("aws_s3_bucket_logging", "target_bucket", bucket).length > 0
        ? undefined
        : "keeps no server access log",
  }),
  resourceRule({
    id: "S3BucketReplicationEnabled",
    citation: HIPAA.backup,
    fix: "replicate the bucket to another region with aws_s3_bucket_replication_configuration",
    types,
    problem: (bucket, stack) => {
      const configurations = stack.referring("aws_s3_bucket_replication_configuration", "bucket", bucket);
      const replicated = configurations.some(({ body }) =>
        blocks(body, "rule").some(({ status }) => status === "Enabled"),
      );
      // A copy need not be copied again.
      const isCopy = stack.referring("aws_s3_bucket_replication_configuration", "rule", bucket).length > 0;
      return replicated || isCopy ? undefined : "is not replicated";
    },
  }),
  resourceRule({
    id: "S3ReplicationThresholdNeedsTimeControl",
    citation: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_Metrics.html",
    fix: "drop metrics.event_threshold, or add replication_time: S3 refuses the one without the other",
    types: ["aws_s3_bucket_replication_configuration"],
    problem: ({ body }) => {
      const lonely = blocks(body, "rule").find((rule) => {
        const destination = block(rule, "destination");
        const threshold = block(destination, "metrics")["event_threshold"];
        return threshold !== undefined && block(destination, "replication_time")["status"] !== "Enabled";
      });
      return lonely === undefined ? undefined : "sets a threshold for metrics without replication time control";
    },
  }),
];
