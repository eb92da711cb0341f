import type { AuditConfig } from "../../../../config/schema/audit";
import type { AuditExports } from "../../../../constructs/shared/audit/audit";
import { auditFacts } from "../../../../constructs/shared/audit/audit-facts";
import { systemFacts, type SystemFacts } from "../../../../constructs/shared/observability/system";
import type { Step } from "../../../../constructs/shared/observability/steps";
import { staleAcknowledgements } from "../../../../constructs/shared/policy/policy";
import { SecureBucket } from "../../../../constructs/shared/storage/secure-bucket";
import type { BaseStack } from "../../../../stacks/base-stack";
import { stepText, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { auditIn, CONFIG, replicaProvider, replicated } from "./fixture";

describe("Audit", () => {
  let stack: BaseStack | undefined;
  let synthesized: Synthesized;
  let exports: AuditExports;
  let facts: SystemFacts | undefined;
  beforeAll(() => {
    synthesized = synth((scope) => {
      stack = scope;
      const audit = auditIn(scope);
      exports = audit.exports;
      facts = systemFacts(audit);
    });
  });

  it("hands on names that stand without the emulator's missing resources", () => {
    expect(exports).toMatchObject({
      trailArn: `arn:aws:cloudtrail:us-east-1:${TEST_ACCOUNT.id}:trail/opsdx-test-trail`,
      trailBucketName: `opsdx-test-cloudtrail-${TEST_ACCOUNT.id}`,
      trailLogGroupName: "opsdx-test-cloudtrail",
      configBucketName: `opsdx-test-config-${TEST_ACCOUNT.id}`,
    });
    expect(Object.values(exports).every((value) => typeof value === "string")).toBe(true);
  });

  it("hands on the access log bucket so that other systems' buckets wait for its policy", () => {
    const other = synth((scope) => {
      const { accessLogBucketName } = auditIn(scope).exports;
      new SecureBucket(scope, "Other", { bucketName: "opsdx-test-other", accessLogBucket: accessLogBucketName });
    });
    expect(other.one("aws_s3_bucket_logging", { target_prefix: "opsdx-test-other/" }).body["target_bucket"]).toMatch(
      /^\$\{aws_s3_bucket_policy\.Audit_AccessLogs_\w+\.bucket\}$/,
    );
  });

  it("logs the access to every bucket but the log bucket itself", () => {
    const logged = synthesized.ofType("aws_s3_bucket_logging");
    expect(logged.map(({ body }) => body["target_prefix"]).sort()).toEqual([
      `opsdx-test-cloudtrail-${TEST_ACCOUNT.id}/`,
      `opsdx-test-config-${TEST_ACCOUNT.id}/`,
    ]);
    expect(synthesized.ofType("aws_s3_bucket")).toHaveLength(3);
  });

  it("breaks no policy rule without a reason, and gives no reason in vain", () => {
    const found = synthesized.findings();
    expect(found.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(stack === undefined ? undefined : staleAcknowledgements(stack, found)).toEqual([]);
  });

  it("also holds with a second copy of the trail", () => {
    expect(
      replicated()
        .findings()
        .filter(({ acknowledged }) => acknowledged === undefined),
    ).toEqual([]);
  });

  it("sums up every alarm of its own in one health alarm", () => {
    const health = synthesized.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-test-audit-health" });
    const own = synthesized.ofType("aws_cloudwatch_metric_alarm").filter(({ path }) => path.includes("/Audit/"));
    expect(own).toHaveLength(24);
    for (const { address } of own) expect(health.body["alarm_rule"]).toContain(address);
  });

  it("tells of a resource that breaks one of our rules, and of no one else's", () => {
    const pattern = JSON.parse(
      String(
        synthesized.one("aws_cloudwatch_event_rule", { name: "opsdx-test-config-non-compliant" }).body["event_pattern"],
      ),
    ) as { detail: unknown };
    expect(pattern.detail).toEqual({
      messageType: ["ComplianceChangeNotification"],
      configRuleName: [{ prefix: "opsdx-test-" }],
      newEvaluationResult: { complianceType: ["NON_COMPLIANT"] },
    });
  });

  it("answers an investigation's questions with saved queries", () => {
    const names = synthesized
      .ofType("aws_cloudwatch_query_definition")
      .map(({ body }) => String(body["name"]))
      .filter((name) => !/\/(cis|audit)-/.test(name));
    expect(names.sort()).toEqual(
      ["by principal", "by resource", "console sign-ins", "denied calls", "objects read and written", "root use"].map(
        (name) => `opsdx-test/audit/${name}`,
      ),
    );
  });

  it("is a system of the runbook whose commands name what exists", () => {
    expect(facts).toMatchObject({ name: "audit", owner: "Yanif" });
    const text = JSON.stringify(facts);
    const existing = JSON.stringify(synthesized.json);
    for (const name of text.match(/opsdx-test-(?!<)[a-z0-9-]+/g) ?? []) {
      if (name !== "opsdx-test-audit-health") expect(existing).toContain(name);
    }
    expect(text).toContain("opsdx-test-audit-health");
  });

  it("needs region and provider of the second copy together", () => {
    expect(() => synth((scope) => auditIn(scope, { replicaProvider: replicaProvider(scope) }))).toThrow(
      "test/Audit: replicaProvider must be given exactly when config.replicaRegion is, got region none and a provider",
    );
    expect(() => synth((scope) => auditIn(scope, { config: { ...CONFIG, replicaRegion: "us-west-2" } }))).toThrow(
      "got region us-west-2 and no provider",
    );
  });
});

describe("auditFacts", () => {
  const factsWith = (changes: Partial<AuditConfig> = {}): SystemFacts =>
    auditFacts({
      environment: "dev",
      account: TEST_ACCOUNT,
      owner: "Yanif",
      config: { ...CONFIG, ...changes },
    });
  const textOf = (steps: readonly Step[]): string => steps.map(stepText).join(" ");

  it("says what a destroy leaves behind, which the lock decides", () => {
    expect(textOf(factsWith().stop)).toContain("--bypass-governance-retention");
    const locked = factsWith({ trailLockMode: "compliance", trailLockYears: 7 });
    expect(textOf(locked.stop)).toContain("cannot be deleted for 7 years");
    expect(textOf(locked.stop)).not.toContain("--bypass-governance-retention");
  });

  it("names the second copy only where there is one", () => {
    expect(textOf(factsWith().logs)).not.toContain("replica");
    expect(textOf(factsWith({ replicaRegion: "us-west-2" }).logs)).toContain(
      `\`opsdx-dev-cloudtrail-${TEST_ACCOUNT.id}-replica\` in us-west-2`,
    );
  });
});
