import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import { synth, TEST_ACCOUNT } from "../../../support";

const PROPS = {
  environment: "test",
  namePrefix: "opsdx-test",
  account: TEST_ACCOUNT,
  subscribers: { page: ["oncall@opsdx.io"], ticket: ["platform@opsdx.io", "second@opsdx.io"] },
  retention: { auditDays: 365, logDays: 30 },
  runbookUrl: "https://example.org/runbook",
  thresholds: {},
} as const;

describe("Monitoring", () => {
  const stack = synth((scope) => new Monitoring(scope, "Monitoring", PROPS));

  test("has one encrypted topic per severity, with its subscribers", () => {
    const page = stack.one("aws_sns_topic", { name: "opsdx-test-page" });
    expect(page.body["kms_master_key_id"]).toMatch(/^\$\{aws_kms_key\.Monitoring_TopicKey_\w+\.arn\}$/);
    const addresses = (topic: string) =>
      stack
        .referring("aws_sns_topic_subscription", "topic_arn", stack.one("aws_sns_topic", { name: topic }))
        .map(({ body }) => [body["protocol"], body["endpoint"]]);
    expect(addresses("opsdx-test-page")).toEqual([["email", "oncall@opsdx.io"]]);
    expect(addresses("opsdx-test-ticket")).toEqual([
      ["email", "platform@opsdx.io"],
      ["email", "second@opsdx.io"],
    ]);
  });

  test.each([
    ["page", "TicketTopic"],
    ["ticket", "PageTopic"],
  ])("tells of a broken %s topic through the other one", (severity, otherTopic) => {
    const { body } = stack.one("aws_cloudwatch_metric_alarm", {
      alarm_name: `opsdx-test-alarms-${severity}-delivery-failing`,
    });
    expect(body).toMatchObject({
      namespace: "AWS/SNS",
      metric_name: "NumberOfNotificationsFailed",
      dimensions: { TopicName: `opsdx-test-${severity}` },
      comparison_operator: "GreaterThanThreshold",
      threshold: 0,
      statistic: "Sum",
      period: 300,
      evaluation_periods: 1,
      treat_missing_data: "notBreaching",
    });
    const other = stack.ofType("aws_sns_topic").find(({ path }) => path.endsWith(otherTopic));
    expect(body["alarm_actions"]).toEqual([`\${${other?.address ?? ""}.arn}`]);
  });

  test("lets services publish only on behalf of this account", () => {
    for (const { body } of stack.ofType("aws_sns_topic_policy")) {
      const [publishers] = stack.statements(String(body["policy"])) ?? [];
      expect(publishers?.conditions).toEqual({ StringEquals: { "aws:SourceAccount": TEST_ACCOUNT.id } });
    }
  });

  test("lets EventBridge publish without a condition, which would silence it", () => {
    const policies = [
      ...stack.ofType("aws_sns_topic_policy"),
      ...stack.ofType("aws_kms_key").filter(({ path }) => path.includes("TopicKey")),
    ];
    expect(policies).toHaveLength(3);
    for (const { body } of policies) {
      const { Statement } = JSON.parse(String(body["policy"])) as { Statement: Record<string, unknown>[] };
      const eventBridge = Statement.filter(({ Principal }) =>
        JSON.stringify(Principal).includes("events.amazonaws.com"),
      );
      expect(eventBridge).toEqual([
        expect.objectContaining({ Sid: "EventBridge", Principal: { Service: "events.amazonaws.com" } }),
      ]);
      expect(eventBridge[0]).not.toHaveProperty("Condition");
    }
  });

  test("lets only CloudWatch Logs of this account use the log key", () => {
    const { body } = stack.one("aws_kms_alias", { name: "alias/opsdx-test-logs" });
    const key = stack.ofType("aws_kms_key").find(({ address }) => body["target_key_id"] === `\${${address}.key_id}`);
    const { Statement } = JSON.parse(String(key?.body["policy"])) as { Statement: Record<string, unknown>[] };
    expect(Statement[1]).toMatchObject({
      Principal: { Service: "logs.us-east-1.amazonaws.com" },
      Condition: {
        ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:us-east-1:${TEST_ACCOUNT.id}:*` },
      },
    });
  });

  test("refuses a call that is not by TLS", () => {
    for (const { body } of stack.ofType("aws_sns_topic_policy")) {
      const { Statement } = JSON.parse(String(body["policy"])) as { Statement: Record<string, unknown>[] };
      expect(Statement).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Principal: "*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
    }
  });

  test("tells apart addresses that differ only in punctuation", () => {
    const subscribers = { page: ["a.b@opsdx.io", "ab@opsdx.io"], ticket: ["a-b@opsdx.io"] };
    const { length } = synth((scope) => new Monitoring(scope, "Monitoring", { ...PROPS, subscribers })).ofType(
      "aws_sns_topic_subscription",
    );
    expect(length).toBe(3);
  });

  test("breaks no policy rule", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  test("has one health alarm", () => {
    const { body } = stack.one("aws_cloudwatch_composite_alarm");
    expect(body["alarm_name"]).toBe("opsdx-test-alarms-health");
    expect(body["alarm_description"]).toContain("https://example.org/runbook/alarms.md#alarms");
  });

  test.each([
    [undefined, "platform@opsdx.io, second@opsdx.io"],
    ["Yanif", "Yanif"],
  ])("is a system owned by %s", (owner, expected) => {
    synth((scope) => {
      const monitoring = new Monitoring(scope, "Monitoring", { ...PROPS, owner });
      expect(systemFacts(monitoring)).toMatchObject({ name: "alarms", owner: expected });
    });
  });

  test("is silenced and switched on again a hundred alarms at a time, which is what AWS takes", () => {
    let text = "";
    synth((scope) => {
      text = JSON.stringify(systemFacts(new Monitoring(scope, "Monitoring", PROPS))?.stop);
    });
    for (const verb of ["disable", "enable"]) {
      expect(text).toContain(`--output text | xargs -n 100 aws cloudwatch ${verb}-alarm-actions --alarm-names"`);
    }
  });
});
