import {
  FindingNotification,
  type FindingNotificationProps,
} from "../../../../constructs/shared/audit/finding-notification";
import { synth } from "../../../support";
import { monitoringIn } from "../observability/fixture";

const build = (overrides: Partial<FindingNotificationProps> = {}) =>
  synth((stack) => {
    new FindingNotification(stack, "Findings", {
      monitoring: monitoringIn(stack),
      name: "leaks",
      description: "Leaks of the pump.",
      pattern: { source: ["pump"] },
      severity: "page",
      values: { what: "$.detail.what", where: "$.detail.where" },
      message: ["Leak: <what>", 'At "<where>"'],
      ...overrides,
    });
  });

describe("FindingNotification", () => {
  it("sends what the pattern lets through to the topic of its severity", () => {
    const stack = build();
    const rule = stack.one("aws_cloudwatch_event_rule");
    expect(rule.body).toMatchObject({ name: "opsdx-test-leaks", event_pattern: '{"source":["pump"]}' });
    const target = stack.one("aws_cloudwatch_event_target").body;
    expect(target["rule"]).toBe(`\${${rule.address}.name}`);
    expect(target["arn"]).toMatch(/aws_sns_topic\.Monitoring_PageTopic/);
    expect(target["role_arn"]).toBeUndefined();
  });

  it("turns the event into lines that are JSON strings, as EventBridge wants them", () => {
    expect(build().one("aws_cloudwatch_event_target").body["input_transformer"]).toEqual({
      input_paths: { what: "$.detail.what", where: "$.detail.where" },
      input_template: '"Leak: <what>"\n"At \\"<where>\\""',
    });
  });

  it("alarms when a finding cannot be delivered", () => {
    expect(build().one("aws_cloudwatch_metric_alarm", { metric_name: "FailedInvocations" }).body).toMatchObject({
      alarm_name: "opsdx-test-leaks-undelivered",
      namespace: "AWS/Events",
      dimensions: { RuleName: "opsdx-test-leaks" },
      threshold: 1,
      alarm_actions: [expect.stringMatching(/TicketTopic/)],
    });
  });

  it("refuses a message that uses a value it does not take from the event", () => {
    expect(() => build({ message: ["Leak: <size> of <what>"] })).toThrow(
      "test/Findings: message must use only names in values, got size",
    );
  });
});
