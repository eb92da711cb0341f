import fc from "fast-check";
import { ThreatDetection } from "../../../../constructs/shared/audit/threat-detection";
import { synth } from "../../../support";
import { monitoringIn } from "../observability/fixture";

const build = (ticketSeverity = 4) =>
  synth((stack) => {
    new ThreatDetection(stack, "Threats", { monitoring: monitoringIn(stack), ticketSeverity });
  });

const range = (stack: ReturnType<typeof build>, name: string): readonly unknown[] => {
  const pattern = JSON.parse(String(stack.one("aws_cloudwatch_event_rule", { name }).body["event_pattern"])) as {
    detail: { severity: [{ numeric: readonly unknown[] }] };
  };
  return pattern.detail.severity[0].numeric;
};

const within = (numeric: readonly unknown[], severity: number): boolean =>
  severity >= Number(numeric[1]) && (numeric[2] !== "<" || severity < Number(numeric[3]));

describe("ThreatDetection", () => {
  it("switches on everything that reads something of ours, and not EKS", () => {
    const stack = build();
    expect(stack.one("aws_guardduty_detector").body).toMatchObject({
      enable: true,
      finding_publishing_frequency: "FIFTEEN_MINUTES",
    });
    const features = stack.ofType("aws_guardduty_detector_feature").map(({ body }) => body);
    expect(features.map(({ name }) => name).sort()).toEqual([
      "EBS_MALWARE_PROTECTION",
      "LAMBDA_NETWORK_LOGS",
      "RDS_LOGIN_EVENTS",
      "RUNTIME_MONITORING",
      "S3_DATA_EVENTS",
    ]);
    expect(features.every(({ status }) => status === "ENABLED")).toBe(true);
    expect(features.find(({ name }) => name === "RUNTIME_MONITORING")?.["additional_configuration"]).toEqual([
      { name: "EKS_ADDON_MANAGEMENT", status: "DISABLED" },
      { name: "ECS_FARGATE_AGENT_MANAGEMENT", status: "DISABLED" },
      { name: "EC2_AGENT_MANAGEMENT", status: "ENABLED" },
    ]);
    expect(features.map(({ lifecycle }) => lifecycle)).toEqual(
      features.map(() => ({ ignore_changes: ["additional_configuration"] })),
    );
  });

  it("pages for high findings and opens tickets for the rest", () => {
    const stack = build();
    const target = (name: string) => {
      const rule = stack.one("aws_cloudwatch_event_rule", { name });
      const [found] = stack.referring("aws_cloudwatch_event_target", "rule", rule);
      return found?.body["arn"];
    };
    expect(target("opsdx-test-guardduty-high")).toMatch(/PageTopic/);
    expect(target("opsdx-test-guardduty-other")).toMatch(/TicketTopic/);
  });

  it("sends every finding from the threshold on to exactly one topic, and none below", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 69 }), fc.integer({ min: 10, max: 100 }), (threshold, severity) => {
        const stack = build(threshold / 10);
        const rules = ["opsdx-test-guardduty-high", "opsdx-test-guardduty-other"].map((name) => range(stack, name));
        const hits = rules.filter((numeric) => within(numeric, severity / 10)).length;
        expect(hits).toBe(severity >= threshold ? 1 : 0);
      }),
      { numRuns: 30 },
    );
  });

  it.each([0.9, 7, 8])("refuses a ticket severity of %d", (severity) => {
    expect(() => build(severity)).toThrow(
      `test/Threats: ticketSeverity must be 1 or more and below 7, got ${severity}`,
    );
  });
});
