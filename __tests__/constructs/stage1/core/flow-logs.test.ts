import { statementsOf } from "./statements";
import { synthNetwork } from "./support";

const { stack } = synthNetwork();
const OURS = {
  StringEquals: { "aws:SourceAccount": "123456789012" },
  ArnLike: { "aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:*" },
};
const ref = (address: string, attribute: string): string => `\${${address}.${attribute}}`;
const bucket = stack.one("aws_s3_bucket", { bucket: "opsdx-dev-flow-logs-123456789012" });
const policyOf = (type: string): readonly Readonly<Record<string, unknown>>[] =>
  statementsOf(stack.one(type, { bucket: ref(bucket.address, "id") }).body["policy"]);

describe("the record of every flow", () => {
  const { body } = stack.one("aws_flow_log", { traffic_type: "ALL" });

  it("is parquet by the hour in its own bucket", () => {
    expect(body).toMatchObject({
      log_destination_type: "s3",
      log_destination: ref(bucket.address, "arn"),
      vpc_id: ref(stack.one("aws_vpc").address, "id"),
      destination_options: { file_format: "parquet", per_hour_partition: true, hive_compatible_partitions: false },
    });
  });

  it("tells who stood behind a gateway, and leaves field names for AWS to read, not for Terraform", () => {
    const fields = String(body["log_format"]).split(" ");
    expect(fields).toEqual(expect.arrayContaining(["$${pkt-srcaddr}", "$${flow-direction}", "$${subnet-id}"]));
    expect(new Set(fields).size).toBe(fields.length);
    for (const field of fields) expect(field).toMatch(/^\$\$\{[a-z-]+\}$/);
  });

  it("begins when the bucket's policy lets it, so that AWS writes none of its own", () => {
    const policy = stack.one("aws_s3_bucket_policy", { bucket: ref(bucket.address, "id") });
    expect(body["depends_on"]).toEqual([policy.address]);
  });

  it("may be delivered by AWS for this account only", () => {
    const statements = policyOf("aws_s3_bucket_policy");
    expect(statements.find(({ Sid }) => Sid === "AWSLogDeliveryWrite")).toMatchObject({
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Action: ["s3:PutObject"],
      Resource: [`${ref(bucket.address, "arn")}/AWSLogs/123456789012/*`],
      Condition: {
        StringEquals: { "aws:SourceAccount": "123456789012", "s3:x-amz-acl": "bucket-owner-full-control" },
        ArnLike: OURS.ArnLike,
      },
    });
    expect(statements.find(({ Sid }) => Sid === "AWSLogDeliveryAclCheck")).toMatchObject({
      Action: ["s3:GetBucketAcl", "s3:ListBucket"],
      Resource: [ref(bucket.address, "arn")],
      Condition: OURS,
    });
  });

  it("is encrypted with a key that log delivery may use for this account only", () => {
    const key = stack.one("aws_kms_key", { description: "Flow logs of opsdx-dev" });
    expect(statementsOf(key.body["policy"]).find(({ Sid }) => Sid === "LogDelivery")).toMatchObject({
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Condition: OURS,
    });
    const encryption = stack.one("aws_s3_bucket_server_side_encryption_configuration", {
      bucket: ref(bucket.address, "id"),
    });
    expect(JSON.stringify(encryption.body["rule"])).toContain(ref(key.address, "arn"));
  });

  it("is kept as long as audit logs, then goes, and reading it is logged", () => {
    const lifecycle = stack.one("aws_s3_bucket_lifecycle_configuration", { bucket: ref(bucket.address, "id") });
    expect(lifecycle.body["rule"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: "retention",
          transition: [{ days: 30, storage_class: "STANDARD_IA" }],
          expiration: [{ days: 365 }],
        }),
      ]),
    );
    expect(stack.one("aws_s3_bucket_logging", { bucket: ref(bucket.address, "id") }).body).toMatchObject({
      target_bucket: "opsdx-dev-access-logs-123456789012",
    });
  });
});

describe("the record of rejected flows", () => {
  const logGroup = stack.one("aws_cloudwatch_log_group", { name: "opsdx-dev-flow-logs-rejected" });
  const role = stack.one("aws_iam_role", { name: "opsdx-dev-flow-logs-rejected" });

  it("reaches an encrypted log group within a minute", () => {
    expect(stack.one("aws_flow_log", { traffic_type: "REJECT" }).body).toMatchObject({
      log_destination_type: "cloud-watch-logs",
      log_destination: ref(logGroup.address, "arn"),
      iam_role_arn: ref(role.address, "arn"),
      max_aggregation_interval: 60,
    });
    expect(logGroup.body).toMatchObject({ retention_in_days: 30 });
    expect(logGroup.body["kms_key_id"]).toEqual(expect.stringContaining("LogKey"));
  });

  it("is written by a role of flow logs that may write to that group and nowhere else", () => {
    expect(statementsOf(role.body["assume_role_policy"])).toEqual([
      expect.objectContaining({
        Principal: { Service: "vpc-flow-logs.amazonaws.com" },
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      }),
    ]);
    const arn = ref(logGroup.address, "arn");
    const [write, find] = statementsOf(
      stack.one("aws_iam_policy", { name: "opsdx-dev-flow-logs-rejected" }).body["policy"],
    );
    expect(write).toMatchObject({ Resource: [arn, `${arn}:*`] });
    expect(find).toMatchObject({ Action: ["logs:DescribeLogGroups"] });
    expect(stack.ofType("aws_iam_role_policy")).toEqual([]);
  });

  it.each([
    ["rejected flows by source", "by srcAddr"],
    ["rejected flows by destination port", "by dstAddr, dstPort, protocol"],
    ["rejected flows of an address", 'srcAddr = "<address>" or dstAddr = "<address>"'],
  ])("answers: %s", (title, part) => {
    const { body } = stack.one("aws_cloudwatch_query_definition", { name: `opsdx-dev/core/${title}` });
    expect(body["query_string"]).toContain(part);
    expect(body["log_group_names"]).toEqual([ref(logGroup.address, "name")]);
  });
});
