import { stepText } from "../../support";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import fc from "fast-check";
import { TerraformState } from "../../../constructs/global/terraform-state";
import { ALARM_METADATA, type AlarmFacts } from "../../../constructs/shared/observability/alarm";
import { systemFacts } from "../../../constructs/shared/observability/system";
import type { Synthesized } from "../../support";
import { ENVIRONMENTS, letsAccount, statement, statementsOf, synthShared } from "./support";

function build(environments = ENVIRONMENTS): { stack: Synthesized; state: TerraformState } {
  let state: TerraformState | undefined;
  const stack = synthShared((base, shared) => {
    state = new TerraformState(base, "TerraformState", {
      ...shared,
      bucketName: "state",
      keyAlias: "state-key",
      replicaRegion: "us-west-2",
      replicaProvider: new AwsProvider(base, "ReplicaRegion", { alias: "replica", region: "us-west-2" }),
    });
  }, environments);
  if (state === undefined) throw new Error("not built");
  return { stack, state };
}

const { stack, state } = build();
const bucket = stack.one("aws_s3_bucket", { bucket: "state" });
const policy = stack.referring("aws_s3_bucket_policy", "bucket", bucket)[0]?.body["policy"];

describe("TerraformState", () => {
  test("keeps a year of versions, encrypted with a key that environments use through S3 only", () => {
    expect(stack.referring("aws_s3_bucket_versioning", "bucket", bucket)[0]?.body["versioning_configuration"]).toEqual({
      status: "Enabled",
    });
    const [lifecycle] = stack.referring("aws_s3_bucket_lifecycle_configuration", "bucket", bucket);
    expect(lifecycle?.body["rule"]).toEqual([
      expect.objectContaining({ noncurrent_version_expiration: [{ noncurrent_days: 365 }] }),
    ]);
    const key = stack.one("aws_kms_key", { description: "Terraform state" });
    expect(statement(key.body["policy"], "EnvironmentsThroughS3")).toMatchObject({
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
      Principal: { AWS: ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"] },
      Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
    });
    expect(stack.one("aws_kms_alias", { name: "alias/state-key" }).body["target_key_id"]).toBe(
      `\${${key.address}.key_id}`,
    );
    expect(state.keyArn).toContain("TOKEN");
  });

  test.each([
    ["its own state", "s3:PutObject", "dev/dev-stage1.tfstate", true],
    ["its own state's old versions", "s3:GetObjectVersion", "dev/dev-stage1.tfstate", true],
    ["its own lock", "s3:DeleteObject", "dev/dev-stage1.tfstate.tflock", true],
    ["deleting its own state", "s3:DeleteObject", "dev/dev-stage1.tfstate", false],
    ["the global outputs", "s3:GetObject", "global/global.tfstate", true],
    ["writing the global state", "s3:PutObject", "global/global.tfstate", false],
    ["locking the global state", "s3:PutObject", "global/global.tfstate.tflock", false],
    ["another environment's state", "s3:GetObject", "prod/prod-stage1.tfstate", false],
    ["another environment's lock", "s3:DeleteObject", "prod/prod-stage1.tfstate.tflock", false],
  ])("lets dev's account have %s: %s %s is %s", (_, action, key, expected) => {
    expect(letsAccount(policy, "444455556666", action, "arn", key)).toBe(expected);
  });

  test("never lets one environment reach another's objects, even when one's name begins like the other's", () => {
    const names = ["de", "dev", "dev2", "prod"];
    const environments = names.map((name, index) => ({ name, accountId: String(100000000000 + index), clusters: [] }));
    const built = build(environments).stack;
    const [text] = built
      .referring("aws_s3_bucket_policy", "bucket", built.one("aws_s3_bucket", { bucket: "state" }))
      .map(({ body }) => body["policy"]);
    fc.assert(
      fc.property(
        fc.constantFrom(...environments),
        fc.constantFrom(...names, "global"),
        fc.string(),
        fc.constantFrom("", ".tfstate", ".tfstate.tflock"),
        fc.constantFrom("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject"),
        ({ name, accountId }, owner, stack, ending, action) => {
          fc.pre(owner !== name);
          const key = `${owner}/${stack}${ending}`;
          const isGlobalOutputs = key === "global/global.tfstate" && action === "s3:GetObject";
          expect(letsAccount(text, accountId, action, "arn", key)).toBe(isGlobalOutputs);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("lists only the environment's own prefix and what Terraform looks for", () => {
    expect(statement(policy, "DevList")).toMatchObject({
      Action: ["s3:ListBucket", "s3:ListBucketVersions"],
      Condition: { StringLike: { "s3:prefix": ["dev/*", "global/global.tfstate", "env:/"] } },
    });
  });

  test("copies every version, deletions included, to a second region under that region's key", () => {
    const replica = stack.one("aws_s3_bucket", { bucket: "state-replica" });
    const replicaKey = stack.one("aws_kms_key", { description: "Copy of the Terraform state" });
    expect([replica, replicaKey].map(({ body }) => body["provider"])).toEqual(["aws.replica", "aws.replica"]);
    const [copyPolicy] = stack.referring("aws_s3_bucket_policy", "bucket", replica).map(({ body }) => body["policy"]);
    expect(letsAccount(copyPolicy, "444455556666", "s3:PutObject", "arn", "dev/dev-stage1.tfstate")).toBe(true);
    expect(letsAccount(copyPolicy, "444455556666", "s3:GetObject", "arn", "prod/prod-stage1.tfstate")).toBe(false);
    expect(statement(replicaKey.body["policy"], "EnvironmentsThroughS3").Condition).toEqual({
      StringEquals: { "kms:ViaService": "s3.us-west-2.amazonaws.com" },
    });
    const { body } = stack.one("aws_s3_bucket_replication_configuration");
    expect(body["rule"]).toEqual([
      {
        id: "state-to-second-region",
        status: "Enabled",
        filter: { prefix: "" },
        delete_marker_replication: { status: "Enabled" },
        source_selection_criteria: { sse_kms_encrypted_objects: { status: "Enabled" } },
        destination: {
          bucket: `\${${replica.address}.arn}`,
          storage_class: "STANDARD_IA",
          encryption_configuration: { replica_kms_key_id: `\${${replicaKey.address}.arn}` },
          metrics: { status: "Enabled" },
        },
      },
    ]);
    expect(body["depends_on"]).toEqual([
      ...stack.ofType("aws_s3_bucket_versioning").map(({ address }) => address),
      stack.one("aws_iam_role_policy_attachment").address,
    ]);
  });

  test("lets the replication role read the source, write the copy, and nothing else", () => {
    const role = stack.one("aws_iam_policy", { name: "state-replication" });
    const replica = stack.one("aws_s3_bucket", { bucket: "state-replica" });
    const sids = statementsOf(role.body["policy"]).map(({ Sid, Resource }) => [Sid, Resource]);
    expect(sids).toEqual([
      ["ReadSource", [`\${${bucket.address}.arn}`]],
      ["ReadVersions", [`\${${bucket.address}.arn}/*`]],
      ["WriteCopy", [`\${${replica.address}.arn}/*`]],
      ["DecryptSource", [`\${${stack.one("aws_kms_key", { description: "Terraform state" }).address}.arn}`]],
      ["EncryptCopy", [`\${${stack.one("aws_kms_key", { description: "Copy of the Terraform state" }).address}.arn}`]],
    ]);
  });

  test("raises AWS's recommended alarm on failed replication", () => {
    expect(stack.one("aws_cloudwatch_metric_alarm", { metric_name: "OperationsFailedReplication" }).body).toMatchObject(
      {
        alarm_name: "opsdx-global-terraform-state-replication-failed",
        dimensions: { SourceBucket: "state", DestinationBucket: "state-replica", RuleId: "state-to-second-region" },
        statistic: "Maximum",
        comparison_operator: "GreaterThanThreshold",
        threshold: 0,
        period: 60,
        evaluation_periods: 5,
        datapoints_to_alarm: 5,
        treat_missing_data: "missing",
      },
    );
    expect(
      stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-global-terraform-state-health" }),
    ).toBeDefined();
  });

  test("tells how to break a lock and restore a version, with the bucket's name", () => {
    const facts = systemFacts(state);
    expect(facts?.procedures?.map(({ title }) => title)).toEqual([
      "Break a stale lock",
      "Restore an older state",
      "Work from the copy when the first region is lost",
    ]);
    for (const { steps } of facts?.procedures ?? [])
      expect(steps.map(stepText).join("\n")).toMatch(/s3:\/\/state|state-replica/);
    const alarm = state.node.findChild("ReplicationFailed").node.metadata.find(({ type }) => type === ALARM_METADATA);
    expect((alarm?.data as AlarmFacts).steps.length).toBeGreaterThanOrEqual(4);
  });

  test("has no open policy finding", () => {
    expect(
      stack
        .findings()
        .filter(({ acknowledged, path }) => acknowledged === undefined && path.includes("TerraformState")),
    ).toEqual([]);
  });
});
