import { AccessAnalysis } from "../../../../constructs/shared/audit/access-analysis";
import { PhiDiscovery } from "../../../../constructs/shared/audit/phi-discovery";
import { Spending } from "../../../../constructs/shared/audit/spending";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import { synth, TEST_ACCOUNT } from "../../../support";
import { monitoringIn } from "../observability/fixture";
import { auditIn } from "./fixture";

describe("AccessAnalysis", () => {
  const stack = () =>
    synth((scope) => {
      new AccessAnalysis(scope, "Access", { monitoring: monitoringIn(scope) });
    });

  it("looks for access from outside, and for access that nobody used in a quarter", () => {
    const analyzers = stack().ofType("aws_accessanalyzer_analyzer");
    expect(analyzers.map(({ body }) => [body["analyzer_name"], body["type"], body["configuration"]])).toEqual([
      ["opsdx-test-external-access", "ACCOUNT", undefined],
      ["opsdx-test-unused-access", "ACCOUNT_UNUSED_ACCESS", { unused_access: { unused_access_age: 90 } }],
    ]);
  });

  it("opens tickets for active findings of both kinds, and not for resolved or deleted ones", () => {
    const rules = stack()
      .ofType("aws_cloudwatch_event_rule")
      .map(({ body }) => JSON.parse(String(body["event_pattern"])) as Record<string, unknown>);
    expect(rules.map((pattern) => pattern["detail-type"])).toEqual([
      ["Access Analyzer Finding"],
      ["Unused Access Finding for IAM entities"],
    ]);
    for (const { detail } of rules) expect(detail).toEqual({ status: ["ACTIVE"], isDeleted: [false] });
  });

  it("takes a finding's id from where each kind of event has it", () => {
    const paths = stack()
      .ofType("aws_cloudwatch_event_target")
      .map(({ body }) => (body["input_transformer"] as { input_paths: Record<string, string> }).input_paths["finding"]);
    expect(paths).toEqual(["$.detail.id", "$.detail.findingId"]);
  });
});

describe("SecurityHub", () => {
  const stack = () => synth((scope) => auditIn(scope));

  it("chooses its standards itself, the one that checks the CIS alarms among them", () => {
    const hub = stack().one("aws_securityhub_account").body;
    expect(hub).toMatchObject({
      enable_default_standards: false,
      auto_enable_controls: true,
      control_finding_generator: "SECURITY_CONTROL",
    });
    const arns = stack()
      .ofType("aws_securityhub_standards_subscription")
      .map(({ body }) => String(body["standards_arn"]));
    expect(arns).toEqual([
      "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0",
      "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/1.4.0",
      "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/3.0.0",
    ]);
  });

  it("opens a ticket for what fails in its own controls, until somebody says that they were told", () => {
    const rule = stack().one("aws_cloudwatch_event_rule", { name: "opsdx-test-security-hub" });
    expect(JSON.parse(String(rule.body["event_pattern"]))).toEqual({
      source: ["aws.securityhub"],
      "detail-type": ["Security Hub Findings - Imported"],
      detail: {
        findings: {
          ProductArn: ["arn:aws:securityhub:us-east-1::product/aws/securityhub"],
          Compliance: { Status: ["FAILED"] },
          RecordState: ["ACTIVE"],
          Severity: { Label: ["CRITICAL", "HIGH"] },
          Workflow: { Status: ["NEW"] },
        },
      },
    });
    const [target] = stack().referring("aws_cloudwatch_event_target", "rule", rule);
    expect(JSON.stringify(target?.body["input_transformer"])).toContain("--workflow Status=NOTIFIED");
    expect(target?.body["arn"]).toMatch(/TicketTopic/);
  });

  it("waits for a running recorder, which its controls read from", () => {
    const synthesized = stack();
    expect(synthesized.one("aws_securityhub_account").body["depends_on"]).toEqual([
      synthesized.one("aws_config_configuration_recorder_status").address,
    ]);
  });
});

describe("Spending", () => {
  const stack = synth((scope) => {
    new Spending(scope, "Spending", {
      monitoring: monitoringIn(scope),
      monthlyBudgetUsd: 3000,
      costAnomalyUsd: 100,
    });
  });

  it("tells the ticket topic when 80 % are spent, and when the forecast exceeds the budget", () => {
    const budget = stack.one("aws_budgets_budget").body;
    expect(budget).toMatchObject({
      budget_type: "COST",
      limit_amount: "3000",
      limit_unit: "USD",
      time_unit: "MONTHLY",
    });
    const notifications = budget["notification"] as Record<string, unknown>[];
    expect(notifications.map((item) => [item["notification_type"], item["threshold"], item["threshold_type"]])).toEqual(
      [
        ["ACTUAL", 80, "PERCENTAGE"],
        ["FORECASTED", 100, "PERCENTAGE"],
      ],
    );
    for (const item of notifications) {
      expect(item["subscriber_sns_topic_arns"]).toEqual([expect.stringMatching(/TicketTopic/)]);
    }
  });

  it("tells it at once of an anomaly from the configured impact on", () => {
    expect(stack.one("aws_ce_anomaly_monitor").body).toMatchObject({
      monitor_type: "DIMENSIONAL",
      monitor_dimension: "SERVICE",
    });
    expect(stack.one("aws_ce_anomaly_subscription").body).toMatchObject({
      frequency: "IMMEDIATE",
      subscriber: [{ type: "SNS", address: expect.stringMatching(/TicketTopic/) as string }],
      threshold_expression: {
        dimension: {
          key: "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
          match_options: ["GREATER_THAN_OR_EQUAL"],
          values: ["100"],
        },
      },
    });
  });
});

describe("PhiDiscovery", () => {
  let facts: ReturnType<typeof systemFacts>;
  const stack = synth((scope) => {
    const discovery = new PhiDiscovery(scope, "Phi", {
      monitoring: monitoringIn(scope),
      account: TEST_ACCOUNT,
      accessLogBucket: "logs",
      owner: "Yanif",
    });
    discovery.lookInto(["opsdx-clarity-etl-stagec2dw"]);
    facts = systemFacts(discovery);
  });

  it("reads a tenth of what is new in the buckets, every Sunday, once Macie is on", () => {
    expect(stack.one("aws_macie2_classification_job").body).toMatchObject({
      job_type: "SCHEDULED",
      sampling_percentage: 10,
      schedule_frequency: { weekly_schedule: "SUNDAY" },
      s3_job_definition: {
        bucket_definitions: [{ account_id: TEST_ACCOUNT.id, buckets: ["opsdx-clarity-etl-stagec2dw"] }],
      },
      depends_on: [stack.one("aws_macie2_account").address],
    });
  });

  it("keeps what was found in each object, under terms that only Macie of this account meets", () => {
    const bucket = stack.one("aws_s3_bucket", { bucket: `opsdx-test-macie-results-${TEST_ACCOUNT.id}` });
    const key = stack.one("aws_kms_key", { description: "What Macie found in each object" });
    const policy = stack.referring("aws_s3_bucket_policy", "bucket", bucket)[0];
    const destination = stack.one("aws_macie2_classification_export_configuration").body;
    expect(destination).toEqual({
      s3_destination: { bucket_name: `\${${bucket.address}.id}`, kms_key_arn: `\${${key.address}.arn}` },
      depends_on: [stack.one("aws_macie2_account").address, policy?.address],
    });
    const conditions = {
      StringEquals: { "aws:SourceAccount": TEST_ACCOUNT.id },
      ArnLike: {
        "aws:SourceArn": [
          `arn:aws:macie2:us-east-1:${TEST_ACCOUNT.id}:export-configuration:*`,
          `arn:aws:macie2:us-east-1:${TEST_ACCOUNT.id}:classification-job/*`,
        ],
      },
    };
    const ofMacie = (text: unknown) =>
      (stack.statements(String(text)) ?? []).filter(({ principals }) =>
        principals["Service"]?.includes("macie.amazonaws.com"),
      );
    expect(ofMacie(policy?.body["policy"])).toMatchObject([
      { actions: ["s3:GetBucketLocation"], conditions },
      { actions: ["s3:PutObject"], conditions },
    ]);
    expect(ofMacie(key.body["policy"])).toMatchObject([
      { actions: ["kms:GenerateDataKey", "kms:Encrypt"], conditions },
    ]);
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  it("is a system of its own, with a ticket for each finding that is not archived", () => {
    expect(facts?.name).toBe("phi-discovery");
    const pattern = JSON.parse(
      String(stack.one("aws_cloudwatch_event_rule", { name: "opsdx-test-macie-findings" }).body["event_pattern"]),
    ) as unknown;
    expect(pattern).toEqual({
      source: ["aws.macie"],
      "detail-type": ["Macie Finding"],
      detail: { severity: { description: ["Medium", "High"] }, archived: [false] },
    });
    expect(stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-test-phi-discovery-health" }).type).toBe(
      "aws_cloudwatch_composite_alarm",
    );
  });
});
