import { ClarityStaging } from "../../../constructs/global/clarity-staging";
import { PhiDiscovery } from "../../../constructs/shared/audit/phi-discovery";
import { letsAccount, statement, synthShared } from "./support";

const stack = synthShared((base, shared) => {
  const macie = new PhiDiscovery(base, "PhiDiscovery", shared);
  const { inspector } = macie;
  const staging = new ClarityStaging(base, "ClarityStaging", { ...shared, bucketName: "clarity", inspector });
  macie.lookInto([staging.bucket.bucketName]);
});
const bucket = stack.one("aws_s3_bucket", { bucket: "clarity" });
const policy = stack.referring("aws_s3_bucket_policy", "bucket", bucket)[0]?.body["policy"];

describe("ClarityStaging", () => {
  test("is encrypted with its own key, and refuses plain HTTP", () => {
    const key = stack.one("aws_kms_key", { description: "Clarity staging: PHI" });
    const [encryption] = stack.referring("aws_s3_bucket_server_side_encryption_configuration", "bucket", bucket);
    expect(encryption?.body["rule"]).toEqual([
      {
        apply_server_side_encryption_by_default: {
          sse_algorithm: "aws:kms",
          kms_master_key_id: `\${${key.address}.arn}`,
        },
        bucket_key_enabled: true,
      },
    ]);
    expect(statement(policy, "TlsOnly").Condition).toEqual({ Bool: { "aws:SecureTransport": "false" } });
  });

  test("lets Macie decrypt, whose role must be there before the key's policy names it", () => {
    const key = stack.one("aws_kms_key", { description: "Clarity staging: PHI" });
    expect(statement(key.body["policy"], "MacieReads")).toEqual({
      Sid: "MacieReads",
      Effect: "Allow",
      Principal: {
        AWS: "arn:aws:iam::123456789012:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie",
      },
      Action: ["kms:Decrypt"],
      Resource: ["*"],
    });
    expect(key.body["depends_on"]).toEqual([stack.one("aws_macie2_account").address]);
  });

  test("moves each environment's task graphs to infrequent access after 30 days and expires them after 365", () => {
    const [lifecycle] = stack.referring("aws_s3_bucket_lifecycle_configuration", "bucket", bucket);
    const rules = lifecycle?.body["rule"] as Record<string, unknown>[];
    expect(rules.slice(1)).toEqual(
      ["dev", "prod"].map((name) => ({
        id: `task-graphs-${name}`,
        status: "Enabled",
        filter: [{ prefix: `${name}/task-graphs/` }],
        transition: [{ days: 30, storage_class: "STANDARD_IA" }],
        expiration: [{ days: 365 }],
      })),
    );
  });

  test.each([
    ["444455556666", "s3:PutObject", "dev/task-graphs/c2dw-daily/2026-01-01/c2dw-etl-daily.pdf", true],
    ["444455556666", "s3:GetObject", "prod/task-graphs/c2dw-daily/2026-01-01/c2dw-etl-daily.pdf", false],
    ["444455556666", "s3:DeleteObjectVersion", "dev/task-graphs/c2dw-daily/2026-01-01/c2dw-etl-daily.pdf", false],
    ["777788889999", "s3:GetObject", "prod/task-graphs/c2dw/2026-01-01/c2dw-etl-1.log", true],
    ["777788889999", "s3:GetObject", "dev/task-graphs/c2dw/2026-01-01/c2dw-etl-1.log", false],
  ])("account %s, %s %s: %s", (account, action, key, expected) => {
    expect(letsAccount(policy, account, action, "arn", key)).toBe(expected);
  });

  test("leaves no finding open", () => {
    const own = stack.findings().filter(({ path }) => path.includes("ClarityStaging"));
    expect(own.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
