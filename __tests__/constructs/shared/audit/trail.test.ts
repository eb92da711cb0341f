import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { auditIn, CONFIG, PHI_BUCKET, replicated } from "./fixture";

const TRAIL_ARN = `arn:aws:cloudtrail:us-east-1:${TEST_ACCOUNT.id}:trail/opsdx-test-trail`;

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Record<string, Record<string, string>>;
}

function statements(stack: Synthesized, type: string, path: RegExp, argument = "policy"): Statement[] {
  const [resource] = stack.ofType(type).filter((candidate) => path.test(candidate.path));
  return (JSON.parse(String(resource?.body[argument])) as { Statement: Statement[] }).Statement;
}

const trail = (stack: Synthesized) => stack.one("aws_cloudtrail").body;

describe("Trail", () => {
  let stack: Synthesized;
  beforeAll(() => {
    stack = synth((scope) => auditIn(scope));
  });

  it("records every region, signs and encrypts its files", () => {
    expect(trail(stack)).toMatchObject({
      name: "opsdx-test-trail",
      is_multi_region_trail: true,
      include_global_service_events: true,
      enable_logging: true,
      enable_log_file_validation: true,
      insight_selector: [{ insight_type: "ApiCallRateInsight" }, { insight_type: "ApiErrorRateInsight" }],
    });
    expect(trail(stack)["kms_key_id"]).toMatch(/aws_kms_key\.Audit_Trail_Key/);
    expect(trail(stack)["cloud_watch_logs_group_arn"]).toMatch(/\.arn\}:\*$/);
  });

  it("records management events, and every access to objects that hold PHI", () => {
    expect(trail(stack)["advanced_event_selector"]).toEqual([
      { name: "Management events", field_selector: [{ field: "eventCategory", equals: ["Management"] }] },
      {
        name: "Objects that hold PHI",
        field_selector: [
          { field: "eventCategory", equals: ["Data"] },
          { field: "resources.type", equals: ["AWS::S3::Object"] },
          { field: "resources.ARN", starts_with: [`${PHI_BUCKET}/`] },
        ],
      },
    ]);
  });

  it("has a data selector for each kind of object, and none for none: an empty one would be refused", () => {
    const without = synth((scope) => auditIn(scope, { objects: [] }));
    expect(trail(without)["advanced_event_selector"]).toHaveLength(1);
    const objects = [
      { what: "PHI", bucketArns: [PHI_BUCKET] },
      { what: "public keys", bucketArns: ["arn:aws:s3:::keys", "arn:aws:s3:::more"], writesOnly: true },
    ];
    const two = trail(synth((scope) => auditIn(scope, { objects })))["advanced_event_selector"];
    expect(two).toHaveLength(3);
    expect((two as unknown[])[2]).toEqual({
      name: "Objects that hold public keys",
      field_selector: [
        { field: "eventCategory", equals: ["Data"] },
        { field: "resources.type", equals: ["AWS::S3::Object"] },
        { field: "resources.ARN", starts_with: ["arn:aws:s3:::keys/", "arn:aws:s3:::more/"] },
        { field: "readOnly", equals: ["false"] },
      ],
    });
  });

  it("lets CloudTrail use key and bucket for this trail only", () => {
    const key = statements(stack, "aws_kms_key", /Audit\/Trail\/Key/).filter(({ Sid }) => Sid !== "OwningAccount");
    expect(key.map(({ Sid }) => Sid)).toEqual(["EncryptTrailFiles", "UseBucketKey", "DescribeKey"]);
    for (const { Condition } of key) expect(Condition?.["StringEquals"]?.["aws:SourceArn"]).toBe(TRAIL_ARN);
    expect(key[0]?.Condition?.["StringLike"]).toEqual({
      "kms:EncryptionContext:aws:cloudtrail:arn": `arn:aws:cloudtrail:*:${TEST_ACCOUNT.id}:trail/*`,
    });
    const bucket = statements(stack, "aws_s3_bucket_policy", /Audit\/Trail\/Bucket/).filter(
      ({ Sid }) => Sid !== "TlsOnly",
    );
    expect(bucket.map(({ Action }) => Action)).toEqual([["s3:GetBucketAcl"], ["s3:PutObject"]]);
    for (const { Condition } of bucket) expect(Condition?.["StringEquals"]?.["aws:SourceArn"]).toBe(TRAIL_ARN);
    expect(bucket[1]?.Resource[0]).toMatch(new RegExp(`/AWSLogs/${TEST_ACCOUNT.id}/\\*$`));
  });

  it("waits for the bucket's policy and the role's rights, which CloudTrail tries at once", () => {
    expect(trail(stack)["depends_on"]).toEqual([
      expect.stringMatching(/^aws_s3_bucket_policy\.Audit_Trail_Bucket/),
      expect.stringMatching(/^aws_iam_role_policy_attachment\.Audit_Trail_LogPolicyAttachment/),
    ]);
  });

  it("writes its own log streams and nothing else, kept as long as audit logs", () => {
    const [write] = statements(stack, "aws_iam_policy", /Audit\/Trail\/LogPolicy/);
    expect(write?.Action).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
    expect(write?.Resource[0]).toMatch(new RegExp(`:log-stream:${TEST_ACCOUNT.id}_CloudTrail_us-east-1\\*$`));
    expect(stack.one("aws_cloudwatch_log_group", { name: "opsdx-test-cloudtrail" }).body["retention_in_days"]).toBe(
      365,
    );
    expect(stack.ofType("aws_iam_role_policy")).toEqual([]);
  });

  it("writes them by a role whose trust names no source, which CloudTrail does not support there", () => {
    const role = stack.one("aws_iam_role", { name: "opsdx-test-cloudtrail-logs" });
    expect(JSON.parse(String(role.body["assume_role_policy"]))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "AssumeRole",
          Effect: "Allow",
          Principal: { Service: "cloudtrail.amazonaws.com" },
          Action: ["sts:AssumeRole"],
        },
      ],
    });
  });

  it("locks files as configured, and lets them go only after the lock", () => {
    expect(
      stack.one("aws_s3_bucket", { bucket: `opsdx-test-cloudtrail-${TEST_ACCOUNT.id}` }).body["object_lock_enabled"],
    ).toBe(true);
    expect(stack.one("aws_s3_bucket_object_lock_configuration").body["rule"]).toEqual({
      default_retention: { mode: "GOVERNANCE", years: CONFIG.trailLockYears },
    });
    const [lifecycle] = stack
      .ofType("aws_s3_bucket_lifecycle_configuration")
      .filter(({ path }) => path.includes("Audit/Trail/"));
    expect(JSON.stringify(lifecycle?.body["rule"])).toContain('"expiration":[{"days":366}]');
  });

  it("has one copy only where none is configured, and says so", () => {
    expect(stack.ofType("aws_s3_bucket_replication_configuration")).toEqual([]);
    const finding = stack
      .findings()
      .find(({ rule, path }) => rule === "S3BucketReplicationEnabled" && path.includes("Audit/Trail/Bucket"));
    expect(finding?.acknowledged).toMatch(/no region for a second copy/);
  });
});

describe("TrailReplica", () => {
  let stack: Synthesized;
  beforeAll(() => {
    stack = replicated();
  });

  it("copies encrypted files, and no deletions, to a bucket in the other region", () => {
    expect(stack.one("aws_s3_bucket_replication_configuration").body["rule"]).toEqual([
      {
        id: "trail-files",
        status: "Enabled",
        priority: 1,
        filter: { prefix: "" },
        delete_marker_replication: { status: "Disabled" },
        source_selection_criteria: { sse_kms_encrypted_objects: { status: "Enabled" } },
        destination: {
          bucket: expect.stringMatching(/aws_s3_bucket\.Audit_Trail_Replica_Bucket/) as string,
          storage_class: "STANDARD_IA",
          encryption_configuration: {
            replica_kms_key_id: expect.stringMatching(/aws_kms_key\.Audit_Trail_Replica_Key/) as string,
          },
          metrics: { status: "Enabled" },
        },
      },
    ]);
  });

  it("makes everything of the copy, and only that, in the other region", () => {
    const regional = stack.resources.filter(({ body }) => body["provider"] === "aws.replica");
    expect(regional.length).toBeGreaterThan(8);
    for (const { path } of regional) expect(path).toContain("Audit/Trail/Replica/");
    expect(regional.map(({ type }) => type)).toContain("aws_s3_bucket_object_lock_configuration");
    expect(stack.one("aws_iam_role", { name: "opsdx-test-cloudtrail-replication" }).body["provider"]).toBeUndefined();
  });

  it("locks the copy exactly as the original", () => {
    const locks = stack.ofType("aws_s3_bucket_object_lock_configuration").map(({ body }) => body["rule"]);
    expect(locks).toEqual(Array(2).fill({ default_retention: { mode: "COMPLIANCE", years: 7 } }));
  });

  it("reads the original and writes the copy: neither deletes nor touches another key", () => {
    const allowed = statements(stack, "aws_iam_policy", /Replica\/Policy/);
    expect(allowed.flatMap(({ Action }) => Action).filter((action) => /Delete|\*/.test(action))).toEqual([]);
    expect(allowed.find(({ Sid }) => Sid === "DecryptSource")).toMatchObject({
      Action: ["kms:Decrypt"],
      Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
    });
    expect(allowed.find(({ Sid }) => Sid === "EncryptCopy")).toMatchObject({
      Condition: { StringEquals: { "kms:ViaService": "s3.us-west-2.amazonaws.com" } },
    });
  });

  it("opens a ticket when files are not copied", () => {
    expect(stack.one("aws_cloudwatch_metric_alarm", { metric_name: "OperationsFailedReplication" }).body).toMatchObject(
      {
        dimensions: {
          SourceBucket: `opsdx-test-cloudtrail-${TEST_ACCOUNT.id}`,
          DestinationBucket: `opsdx-test-cloudtrail-${TEST_ACCOUNT.id}-replica`,
          RuleId: "trail-files",
        },
        threshold: 0,
        comparison_operator: "GreaterThanThreshold",
        evaluation_periods: 5,
        datapoints_to_alarm: 5,
      },
    );
  });
});
