import fc from "fast-check";
import { KopsState } from "../../../constructs/global/kops-state";
import { ENVIRONMENTS, letsAccount, statement, synthShared } from "./support";

const stack = synthShared((base, shared) => {
  new KopsState(base, "KopsState", { ...shared, bucketName: "kops" });
});
const bucket = stack.one("aws_s3_bucket", { bucket: "kops" });
const policy = stack.referring("aws_s3_bucket_policy", "bucket", bucket)[0]?.body["policy"];

describe("KopsState", () => {
  test.each([
    ["444455556666", "s3:GetObject", "k8s.dev.opsdx.io/cluster-completed.spec", true],
    [
      "444455556666",
      "s3:PutObject",
      "k8s-ml.dev.opsdx.io/backups/etcd/main/2026-01-01T00:00:00Z-000001/etcd.backup.gz",
      true,
    ],
    // With the provider's default tags, as stage2 puts its boot files there.
    ["444455556666", "s3:PutObjectTagging", "k8s.dev.opsdx.io/cluster-completed.spec", true],
    ["444455556666", "s3:DeleteObjectVersion", "k8s.dev.opsdx.io/backups/etcd/events/x", true],
    ["444455556666", "s3:GetObject", "k8s.prod.opsdx.io/pki/private/kubernetes-ca/keyset.yaml", false],
    ["444455556666", "s3:PutObject", "k8s.prod.opsdx.io/k8s.dev.opsdx.io/x", false],
    ["777788889999", "s3:GetObject", "k8s.prod.opsdx.io/config", true],
    ["123456789012", "s3:GetObject", "k8s.dev.opsdx.io/config", false],
  ])("account %s, %s %s: %s", (account, action, key, expected) => {
    expect(letsAccount(policy, account, action, "arn", key)).toBe(expected);
  });

  test("keeps each environment out of the others' clusters", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ENVIRONMENTS),
        fc.constantFrom(...ENVIRONMENTS.flatMap(({ clusters }) => clusters)),
        fc.string(),
        fc.constantFrom(
          "s3:GetObject",
          "s3:GetObjectVersion",
          "s3:PutObject",
          "s3:PutObjectTagging",
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
        ),
        ({ accountId, clusters }, cluster, rest, action) => {
          // A pattern's `*` matches no line break here, though it does in a key.
          fc.pre(!rest.includes("\n"));
          expect(letsAccount(policy, accountId, action, "arn", `${cluster}/${rest}`)).toBe(clusters.includes(cluster));
        },
      ),
    );
  });

  test("lists cluster names, and the environment's own clusters", () => {
    expect(statement(policy, "ProdList").Condition).toEqual({
      StringLike: { "s3:prefix": ["", "k8s.prod.opsdx.io", "k8s.prod.opsdx.io/*"] },
    });
  });

  test("expires no current object: etcd-manager's control files lie among the backups and are never rewritten", () => {
    const [lifecycle] = stack.referring("aws_s3_bucket_lifecycle_configuration", "bucket", bucket);
    const rules = lifecycle?.body["rule"] as Record<string, unknown>[];
    expect(rules.map(({ expiration }) => expiration)).toEqual([undefined]);
    expect(rules[0]?.["noncurrent_version_expiration"]).toEqual([{ noncurrent_days: 90 }]);
  });

  test("measures and watches the main etcd's backups of every cluster: none in 26 hours is an alarm, silence included", () => {
    expect(stack.ofType("aws_s3_bucket_metric").map(({ body }) => [body["name"], body["filter"]])).toEqual([
      ["etcd-k8s-dev-opsdx-io", { prefix: "k8s.dev.opsdx.io/backups/etcd/main/" }],
      ["etcd-k8s-ml-dev-opsdx-io", { prefix: "k8s-ml.dev.opsdx.io/backups/etcd/main/" }],
      ["etcd-k8s-prod-opsdx-io", { prefix: "k8s.prod.opsdx.io/backups/etcd/main/" }],
    ]);
    const [metric] = stack.ofType("aws_s3_bucket_metric");
    expect(
      stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-global-etcd-backup-stale-k8s-dev-opsdx-io" }).body,
    ).toMatchObject({
      namespace: "AWS/S3",
      metric_name: "PutRequests",
      dimensions: { BucketName: "kops", FilterId: `\${${metric?.address ?? ""}.name}` },
      statistic: "Sum",
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      period: 3600,
      evaluation_periods: 26,
      datapoints_to_alarm: 26,
      treat_missing_data: "breaching",
    });
  });

  test("has no health alarm without clusters", () => {
    const empty = synthShared((base, shared) => {
      new KopsState(base, "KopsState", { ...shared, bucketName: "kops" });
    }, []);
    const names = empty.ofType("aws_cloudwatch_composite_alarm").map(({ body }) => body["alarm_name"]);
    expect(names).not.toContain("opsdx-global-kops-state-health");
    expect(
      statement(
        empty.one("aws_kms_key", { description: "kops state store: cluster keys, boot payload, etcd backups" }).body[
          "policy"
        ],
        "OwningAccount",
      ).Effect,
    ).toBe("Allow");
  });
});
