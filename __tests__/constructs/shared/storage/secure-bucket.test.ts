import { EncryptionKey } from "../../../../constructs/shared/encryption/encryption-key";
import { SecureBucket, type SecureBucketProps } from "../../../../constructs/shared/storage/secure-bucket";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";

function bucket(change: Partial<SecureBucketProps> = {}): Synthesized {
  return synth((scope) => {
    const { arn } = new EncryptionKey(scope, "Key", { alias: "a", description: "b", accountId: TEST_ACCOUNT.id });
    new SecureBucket(scope, "Bucket", { bucketName: "opsdx-test", keyArn: arn, ...change });
  });
}

const statements = (stack: Synthesized) =>
  (JSON.parse(String(stack.one("aws_s3_bucket_policy").body["policy"])) as { Statement: Record<string, unknown>[] })
    .Statement;
const rules = (stack: Synthesized) =>
  stack.one("aws_s3_bucket_lifecycle_configuration").body["rule"] as Record<string, unknown>[];

describe("SecureBucket", () => {
  const stack = bucket();
  const { address } = stack.one("aws_s3_bucket");
  const arn = `\${${address}.arn}`;

  it("is named, and never destroyed while it holds objects", () => {
    expect(stack.one("aws_s3_bucket").body).toEqual({ bucket: "opsdx-test" });
  });

  it.each([
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_lifecycle_configuration",
  ])("has its own %s", (type) => {
    expect(stack.one(type).body["bucket"]).toBe(`\${${address}.id}`);
  });

  it("keeps every version", () => {
    expect(stack.one("aws_s3_bucket_versioning").body["versioning_configuration"]).toEqual({ status: "Enabled" });
  });

  it("encrypts with the customer-managed key, through a bucket key", () => {
    const key = stack.one("aws_kms_key").address;
    expect(stack.one("aws_s3_bucket_server_side_encryption_configuration").body["rule"]).toEqual([
      {
        apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: `\${${key}.arn}` },
        bucket_key_enabled: true,
      },
    ]);
  });

  it("encrypts with SSE-S3 without a key", () => {
    const { body } = bucket({ keyArn: undefined }).one("aws_s3_bucket_server_side_encryption_configuration");
    expect(body["rule"]).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" }, bucket_key_enabled: false },
    ]);
  });

  it("is closed to the public and belongs to its owner alone", () => {
    expect(stack.one("aws_s3_bucket_public_access_block").body).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(stack.one("aws_s3_bucket_ownership_controls").body["rule"]).toEqual({
      object_ownership: "BucketOwnerEnforced",
    });
  });

  it("refuses everyone who does not use TLS, on the bucket and its objects", () => {
    expect(statements(stack)).toEqual([
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:*"],
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });

  it("adds statements that name the bucket", () => {
    const made = bucket({
      statements: (bucketArn) => [{ sid: "Write", actions: ["s3:PutObject"], resources: [`${bucketArn}/logs/*`] }],
    });
    expect(statements(made)[1]).toMatchObject({ Sid: "Write", Resource: [`${arn}/logs/*`] });
  });

  it("changes its policy after its public access settings: S3 takes one at a time", () => {
    expect(stack.one("aws_s3_bucket_policy").body["depends_on"]).toEqual([
      stack.one("aws_s3_bucket_public_access_block").address,
    ]);
  });

  it("drops old versions after 90 days and broken uploads after 7, once versioning is on", () => {
    expect(rules(stack)).toEqual([
      {
        id: "old-versions-and-broken-uploads",
        status: "Enabled",
        filter: [{ prefix: "" }],
        noncurrent_version_expiration: [{ noncurrent_days: 90 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
    ]);
    expect(stack.one("aws_s3_bucket_lifecycle_configuration").body["depends_on"]).toEqual([
      stack.one("aws_s3_bucket_versioning").address,
    ]);
  });

  it("keeps old versions as long as it is told", () => {
    expect(rules(bucket({ oldVersionDays: 7 }))[0]).toMatchObject({
      noncurrent_version_expiration: [{ noncurrent_days: 7 }],
    });
  });

  it("moves and expires objects by rules of its own", () => {
    const made = bucket({
      lifecycle: [
        { id: "move", infrequentAccessAfterDays: 30 },
        { id: "expire", prefix: "tmp/", expireAfterDays: 1 },
        { id: "both", infrequentAccessAfterDays: 30, expireAfterDays: 31 },
      ],
    });
    expect(rules(made).slice(1)).toEqual([
      {
        id: "move",
        status: "Enabled",
        filter: [{ prefix: "" }],
        transition: [{ days: 30, storage_class: "STANDARD_IA" }],
      },
      { id: "expire", status: "Enabled", filter: [{ prefix: "tmp/" }], expiration: [{ days: 1 }] },
      {
        id: "both",
        status: "Enabled",
        filter: [{ prefix: "" }],
        transition: [{ days: 30, storage_class: "STANDARD_IA" }],
        expiration: [{ days: 31 }],
      },
    ]);
  });

  it.each([
    [[{ id: "a" }], 'lifecycle rule "a" must move or expire something, got neither'],
    [
      [{ id: "a", infrequentAccessAfterDays: 29 }],
      'lifecycle rule "a" infrequentAccessAfterDays must be at least 30, got 29',
    ],
    [
      [{ id: "a", infrequentAccessAfterDays: 30, expireAfterDays: 30 }],
      'lifecycle rule "a" expireAfterDays must be above infrequentAccessAfterDays (30), got 30',
    ],
    [
      [
        { id: "a", expireAfterDays: 1 },
        { id: "a", expireAfterDays: 2 },
      ],
      'lifecycle rule "a" must have an id of its own, got a',
    ],
    [
      [{ id: "old-versions-and-broken-uploads", expireAfterDays: 1 }],
      'lifecycle rule "old-versions-and-broken-uploads" must have an id of its own',
    ],
  ])("refuses the rules %j", (lifecycle, message) => {
    expect(() => bucket({ lifecycle })).toThrow(`test/Bucket: ${message}`);
  });

  it("writes access logs below its own name", () => {
    expect(bucket({ accessLogBucket: "opsdx-logs" }).one("aws_s3_bucket_logging").body).toEqual({
      bucket: `\${${address}.id}`,
      target_bucket: "opsdx-logs",
      target_prefix: "opsdx-test/",
    });
    expect(stack.ofType("aws_s3_bucket_logging")).toEqual([]);
  });

  it("can be made with object lock", () => {
    expect(bucket({ objectLock: true }).one("aws_s3_bucket").body["object_lock_enabled"]).toBe(true);
    expect(bucket({ objectLock: false }).one("aws_s3_bucket").body).not.toHaveProperty("object_lock_enabled");
  });

  it("opens only the named documents, where that is the bucket's purpose", () => {
    const open = bucket({ publicRead: ["openid/*"] });
    expect(statements(open)[1]).toEqual({
      Sid: "PublicRead",
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject"],
      Resource: [`${arn}/openid/*`],
    });
    expect(open.one("aws_s3_bucket_public_access_block").body).toMatchObject({
      block_public_acls: true,
      block_public_policy: false,
      ignore_public_acls: true,
      restrict_public_buckets: false,
    });
  });

  it("stands where its provider stands, with everything that belongs to it", () => {
    const { resources } = synth((scope) => {
      const provider = scope.aliasedAws("West", {
        alias: "west",
        owner: "test",
        account: { id: TEST_ACCOUNT.id, region: "us-west-2" },
      });
      new SecureBucket(scope, "Bucket", { bucketName: "opsdx-test", provider, accessLogBucket: "opsdx-logs" });
    });
    expect(new Set(resources.map(({ body }) => body["provider"]))).toEqual(new Set(["aws.west"]));
  });
});
