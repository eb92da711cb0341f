import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import {
  PrometheusAlarm,
  type PrometheusAlarmProps,
} from "../../../../constructs/shared/observability/prometheus-alarm";
import { PrometheusRules, type RuleCase } from "../../../../constructs/shared/prometheus/rules";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

const CASES: readonly RuleCase[] = [
  {
    name: "strokes stop and come back",
    series: { 'strokes{pump="a"}': "9x9 0x20 9x9" },
    alerts: { 5: [], 20: [{ pump: "a" }], 35: [] },
  },
];

const PROPS: Omit<PrometheusAlarmProps, "monitoring" | "rules"> = {
  name: "pump-stalled",
  intent: "The pump stands still.",
  severity: "page",
  steps: ["Look at the pump."],
  expr: (threshold) => `strokes < ${threshold}`,
  threshold: 1,
  largerIsWeaker: false,
  forMinutes: 5,
  cases: () => CASES,
};

function make(...changes: readonly Partial<PrometheusAlarmProps>[]) {
  const rules = new PrometheusRules();
  const facts: AlarmFacts[] = [];
  synth((scope) => {
    const monitoring = monitoringIn(scope);
    for (const [index, change] of changes.entries()) {
      const { node } = new PrometheusAlarm(scope, `Alarm${index}`, { monitoring, rules, ...PROPS, ...change });
      facts.push(...node.metadata.filter(({ type }) => type === ALARM_METADATA).map(({ data }) => data as AlarmFacts));
    }
  });
  return { rules, facts };
}

describe("PrometheusAlarm", () => {
  it("adds its rule to those of the cluster, under its full name, with the address of its entry", () => {
    expect(make({}).rules.take()).toEqual([
      {
        alert: "opsdx-test-pump-stalled",
        expr: "strokes < 1",
        for: "5m",
        labels: { severity: "page", owner: "Yanif" },
        annotations: {
          summary: "The pump stands still.",
          runbook_url: "https://example.org/runbook/pump.md#pump-stalled",
        },
        cases: CASES,
      },
    ]);
  });

  it("is an alarm of the runbook like any other", () => {
    expect(make({ kind: "stalled", of: { name: "a" } }).facts).toMatchObject([
      {
        name: "pump-stalled",
        alarmName: "opsdx-test-pump-stalled",
        kind: "stalled",
        of: { name: "a" },
        owner: "Yanif",
        condition: "Prometheus: strokes < 1, for 5 min",
        threshold: { value: 1, builtIn: 1, limit: 1, largerIsWeaker: false },
      },
    ]);
  });

  it("takes the threshold that the environment chose", () => {
    const { facts, rules } = make({
      monitoring: {
        namePrefix: "opsdx-test",
        runbookUrl: "https://example.org",
        thresholds: { "pump-stalled": { value: 7 } },
      } as unknown as PrometheusAlarmProps["monitoring"],
    });
    expect(rules.take()[0]?.expr).toBe("strokes < 7");
    expect(facts[0]?.threshold).toMatchObject({ value: 7, builtIn: 1 });
  });

  it.each<[Partial<PrometheusAlarmProps>, string]>([
    [{ cases: () => [] }, "cases must show it firing, got none"],
    [
      { cases: () => [{ name: "always", series: {}, alerts: { 1: [{}] } }] },
      "cases must show it silent from the start",
    ],
    [
      { cases: () => [{ name: "for ever", series: {}, alerts: { 1: [], 9: [{}] } }] },
      "cases must show it ending after it fired, got for ever",
    ],
    [{ steps: [] }, "steps must hold at least one step"],
    [{ intent: " " }, "every text must say something"],
    [{ name: "Pump" }, 'name must be lower-case letters, digits and hyphens, got "Pump"'],
    [{ forMinutes: 1.5 }, "forMinutes must be a whole number of minutes, got 1.5"],
    [{ threshold: Number.NaN }, "threshold must be a number"],
  ])("refuses %j", (change, message) => {
    expect(() => make(change)).toThrow(message);
  });

  it("refuses a name that another alarm has", () => {
    expect(() => make({}, {})).toThrow("name must be unique, as one of two alarms would be lost");
  });

  it("is refused after Prometheus has taken its rules", () => {
    const rules = new PrometheusRules();
    rules.take();
    expect(() => make({ rules })).toThrow("opsdx-test-pump-stalled: must be made before Prometheus");
  });
});
