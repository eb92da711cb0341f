import { AccessLogBucket } from "../../../../constructs/shared/audit/access-log-bucket";
import { SecureBucket } from "../../../../constructs/shared/storage/secure-bucket";
import { synth, TEST_ACCOUNT } from "../../../support";

const build = () =>
  synth((stack) => {
    new AccessLogBucket(stack, "Logs", {
      bucketName: "opsdx-test-s3-access-logs",
      accountId: TEST_ACCOUNT.id,
      retentionDays: 365,
    });
  });

describe("AccessLogBucket", () => {
  it("stands alone: no other construct is needed", () => {
    expect(build().one("aws_s3_bucket").body["bucket"]).toBe("opsdx-test-s3-access-logs");
  });

  it("has SSE-S3, since the delivery service writes to nothing else", () => {
    const { body } = build().one("aws_s3_bucket_server_side_encryption_configuration");
    expect(JSON.stringify(body)).toContain('"sse_algorithm":"AES256"');
    expect(JSON.stringify(body)).not.toContain("kms");
  });

  it("admits the delivery service for this account's buckets only", () => {
    const policy = JSON.parse(String(build().one("aws_s3_bucket_policy").body["policy"])) as {
      Statement: { Sid: string }[];
    };
    expect(policy.Statement.find(({ Sid }) => Sid === "AccessLogDelivery")).toMatchObject({
      Effect: "Allow",
      Principal: { Service: "logging.s3.amazonaws.com" },
      Action: ["s3:PutObject"],
      Condition: { StringEquals: { "aws:SourceAccount": TEST_ACCOUNT.id } },
    });
  });

  it("hands its name on through the policy: S3 refuses a target that does not admit the service yet", () => {
    const stack = synth((scope) => {
      const { bucketName } = new AccessLogBucket(scope, "Logs", {
        bucketName: "opsdx-test-s3-access-logs",
        accountId: TEST_ACCOUNT.id,
        retentionDays: 365,
      });
      new SecureBucket(scope, "Data", { bucketName: "opsdx-test-data", accessLogBucket: bucketName });
    });
    expect(stack.one("aws_s3_bucket_logging").body["target_bucket"]).toMatch(
      /^\$\{aws_s3_bucket_policy\.Logs_Bucket_Policy_\w+\.bucket\}$/,
    );
  });

  it("drops logs after the retention", () => {
    const { body } = build().one("aws_s3_bucket_lifecycle_configuration");
    expect(JSON.stringify(body)).toContain('"expiration":[{"days":365}]');
  });

  it("accepts exactly the rules that a log target cannot meet", () => {
    const found = build().findings();
    expect(found.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(found.map(({ rule }) => rule).sort()).toEqual([
      "S3BucketLoggingEnabled",
      "S3BucketReplicationEnabled",
      "S3DefaultEncryptionKMS",
    ]);
  });
});
