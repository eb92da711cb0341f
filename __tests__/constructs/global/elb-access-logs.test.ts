import { ElbAccessLogs } from "../../../constructs/global/elb-access-logs";
import { letsAccount, statement, statementsOf, synthShared } from "./support";

const stack = synthShared((base, shared) => {
  new ElbAccessLogs(base, "ElbAccessLogs", { ...shared, bucketName: "elb-logs", expireAfterDays: 90 });
});
const bucket = stack.one("aws_s3_bucket", { bucket: "elb-logs" });
const policy = stack.referring("aws_s3_bucket_policy", "bucket", bucket)[0]?.body["policy"];
const arn = `\${${bucket.address}.arn}`;

describe("ElbAccessLogs", () => {
  test("is encrypted with SSE-S3: application load balancers deliver to nothing else", () => {
    expect(stack.one("aws_s3_bucket_server_side_encryption_configuration").body["rule"]).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" }, bucket_key_enabled: false },
    ]);
    expect(stack.ofType("aws_kms_key").map(({ body }) => body["description"])).not.toContain("elb-logs");
  });

  test("takes an application load balancer's logs below its environment and account", () => {
    expect(statement(policy, "DevApplicationLoadBalancers")).toEqual({
      Sid: "DevApplicationLoadBalancers",
      Effect: "Allow",
      Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
      Action: ["s3:PutObject"],
      Resource: [`${arn}/dev/AWSLogs/444455556666/*`],
    });
  });

  test("takes a network load balancer's logs on behalf of the environment's account only", () => {
    const source = { "aws:SourceAccount": "777788889999" };
    const sourceArn = { "aws:SourceArn": "arn:aws:logs:us-east-1:777788889999:*" };
    expect(statement(policy, "ProdNetworkLoadBalancers")).toMatchObject({
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Action: ["s3:PutObject"],
      Resource: [`${arn}/prod/AWSLogs/777788889999/*`],
      Condition: { StringEquals: { ...source, "s3:x-amz-acl": "bucket-owner-full-control" }, ArnLike: sourceArn },
    });
    expect(statement(policy, "ProdNetworkLoadBalancersCheck")).toMatchObject({
      Action: ["s3:GetBucketAcl"],
      Resource: [arn],
      Condition: { StringEquals: source, ArnLike: sourceArn },
    });
  });

  test("lets an environment read its own logs and change none", () => {
    expect(letsAccount(policy, "444455556666", "s3:GetObject", "arn", "dev/AWSLogs/444455556666/x.gz")).toBe(true);
    expect(letsAccount(policy, "444455556666", "s3:GetObject", "arn", "prod/AWSLogs/777788889999/x.gz")).toBe(false);
    expect(letsAccount(policy, "444455556666", "s3:PutObject", "arn", "dev/AWSLogs/444455556666/x.gz")).toBe(false);
    expect(letsAccount(policy, "444455556666", "s3:DeleteObject", "arn", "dev/AWSLogs/444455556666/x.gz")).toBe(false);
  });

  test("expires logs", () => {
    const [lifecycle] = stack.referring("aws_s3_bucket_lifecycle_configuration", "bucket", bucket);
    expect(lifecycle?.body["rule"]).toContainEqual({
      id: "expire-logs",
      status: "Enabled",
      filter: [{ prefix: "" }],
      transition: [{ days: 30, storage_class: "STANDARD_IA" }],
      expiration: [{ days: 90 }],
    });
  });

  test("gives every statement an id of its own", () => {
    const sids = statementsOf(policy).map(({ Sid }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
    expect(sids).toHaveLength(1 + 2 * 5);
  });

  test("leaves no finding open", () => {
    const own = stack.findings().filter(({ path }) => path.includes("ElbAccessLogs"));
    expect(own.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
