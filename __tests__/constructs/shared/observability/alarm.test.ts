import { aws } from "../../../../constructs/shared/observability/command";
import fc from "fast-check";
import { Alarm, ALARM_METADATA, type AlarmProps } from "../../../../constructs/shared/observability/alarm";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { synth, TEST_ACCOUNT } from "../../../support";
import { monitoringIn } from "./fixture";

const PROPS: Omit<AlarmProps, "monitoring"> = {
  name: "pump-stalled",
  intent: "The pump stands still.",
  severity: "page",
  steps: [aws("rds describe-db-instances")],
  metric: { namespace: "OpsDX/Pump", name: "Strokes", dimensions: { Pump: "a" }, statistic: "Sum" },
  comparison: "<",
  threshold: 1,
  periodSeconds: 60,
  periods: 5,
  missingData: "breaching",
};

function alarms(...changes: readonly Partial<AlarmProps>[]) {
  const made: Alarm[] = [];
  const stack = synth((scope) => {
    const monitoring = monitoringIn(scope);
    for (const [index, change] of changes.entries()) {
      made.push(new Alarm(scope, `Alarm${index}`, { monitoring, ...PROPS, ...change }));
    }
  });
  return { stack, made };
}

/** The arguments of the alarm that the changes make. */
function body(change: Partial<AlarmProps> = {}) {
  const { stack } = alarms(change);
  return stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${change.name ?? PROPS.name}` }).body;
}

describe("Alarm", () => {
  it("renders a static threshold", () => {
    expect(body()).toMatchObject({
      alarm_name: "opsdx-test-pump-stalled",
      namespace: "OpsDX/Pump",
      metric_name: "Strokes",
      dimensions: { Pump: "a" },
      statistic: "Sum",
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      period: 60,
      evaluation_periods: 5,
      datapoints_to_alarm: 5,
      treat_missing_data: "breaching",
    });
    expect(body()).not.toHaveProperty("extended_statistic");
  });

  it("carries intent, owner and the runbook's anchor in its description", () => {
    expect(body()["alarm_description"]).toBe(
      "The pump stands still. Owner: Yanif. Runbook: https://example.org/runbook/pump.md#pump-stalled",
    );
  });

  it.each([
    ["page", "PageTopic"],
    ["ticket", "TicketTopic"],
  ] as const)("reports %s to its own topic, when it fires and when it is over", (severity, topic) => {
    const { alarm_actions: actions, ok_actions: over } = body({ severity });
    expect(actions).toEqual([expect.stringContaining(`.Monitoring_${topic}_`)]);
    expect(over).toEqual(actions);
  });

  it.each([
    [">", "GreaterThanThreshold"],
    [">=", "GreaterThanOrEqualToThreshold"],
    ["<", "LessThanThreshold"],
    ["<=", "LessThanOrEqualToThreshold"],
  ] as const)("compares by %s", (comparison, operator) => {
    expect(body({ comparison })["comparison_operator"]).toBe(operator);
  });

  it.each(["p90", "p99.9", "p100", "tm95", "IQM", "TM(10%:90%)", "PR(:100)"])("takes the statistic %s", (statistic) => {
    const rendered = body({ metric: { namespace: "N", name: "M", statistic } });
    expect(rendered["extended_statistic"]).toBe(statistic);
    expect(rendered).not.toHaveProperty("statistic");
  });

  it.each(["average", "avg", "p", "p101", "Median", ""])("refuses the statistic %j", (statistic) => {
    expect(() => body({ metric: { namespace: "N", name: "M", statistic } })).toThrow(
      `test/Alarm0: metric.statistic must be one of Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p90, got "${statistic}"`,
    );
  });

  it("renders a metric math query", () => {
    const rendered = body({
      metric: [
        { id: "rate", expression: "errors / requests", returnData: true },
        { id: "errors", metric: { namespace: "N", metricName: "E", period: 60, stat: "Sum" } },
        { id: "requests", metric: { namespace: "N", metricName: "R", period: 60, stat: "Sum" } },
      ],
    });
    expect(rendered["metric_query"]).toHaveLength(3);
    expect(rendered).not.toHaveProperty("metric_name");
    expect(rendered).not.toHaveProperty("period");
  });

  it.each([
    [[], 0],
    [[{ id: "a" }], 0],
    [
      [
        { id: "a", returnData: true },
        { id: "b", returnData: true },
      ],
      2,
    ],
  ])("refuses a metric math query without exactly one result (%#)", (metric, count) => {
    expect(() => body({ metric })).toThrow(`test/Alarm0: metric must hold one query with returnData, got ${count}`);
  });

  it("compares a metric with a band that CloudWatch learns", () => {
    const metric = [
      { id: "rows", metric: { metricName: "Rows", namespace: "OpsDX", stat: "Sum", period: 60 }, returnData: true },
      { id: "band", expression: "ANOMALY_DETECTION_BAND(rows, 2)", returnData: true },
    ];
    const rendered = body({ metric, comparison: "outside", threshold: 2 });
    expect(rendered).toMatchObject({
      comparison_operator: "LessThanLowerOrGreaterThanUpperThreshold",
      threshold_metric_id: "band",
    });
    expect(rendered).not.toHaveProperty("threshold");
    expect(() => body({ metric, comparison: "outside", threshold: 3 })).toThrow(
      'test/Alarm0: metric must hold a query ANOMALY_DETECTION_BAND(…, 3) for a comparison with "outside", got none',
    );
    expect(() => body({ comparison: "outside", threshold: 2 })).toThrow(
      "metric must hold a query ANOMALY_DETECTION_BAND",
    );
    expect(() => body({ metric: metric.slice(1), comparison: "outside", threshold: 2 })).toThrow(
      "metric must hold two queries with returnData, got 1",
    );
  });

  it("leaves its facts for the runbook and the alarm table", () => {
    const { made } = alarms({ datapoints: 3 });
    const facts = made[0]?.node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as unknown;
    expect(facts).toEqual({
      name: "pump-stalled",
      alarmName: "opsdx-test-pump-stalled",
      kind: "pump-stalled",
      of: {},
      intent: "The pump stands still.",
      severity: "page",
      owner: "Yanif",
      steps: [aws("rds describe-db-instances")],
      condition: "OpsDX/Pump Strokes Sum < 1, 3 of 5 × 60 s, no data = breaching",
      threshold: { value: 1, builtIn: 1, largerIsWeaker: false },
    });
  });

  it("takes any data points from one to all periods, and no others", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: -2, max: 25 }), (periods, datapoints) => {
        if (datapoints >= 1 && datapoints <= periods) {
          expect(body({ periods, datapoints })["datapoints_to_alarm"]).toBe(datapoints);
        } else {
          expect(() => body({ periods, datapoints })).toThrow(
            `test/Alarm0: datapoints must be a whole number from 1 to periods (${periods}), got ${datapoints}`,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    [{ datapoints: 6 }, "datapoints must be a whole number from 1 to periods (5), got 6"],
    [{ datapoints: 0 }, "datapoints must be a whole number from 1 to periods (5), got 0"],
    [{ datapoints: 2.5 }, "datapoints must be a whole number from 1 to periods (5), got 2.5"],
    [{ periods: 0 }, "periods must be a whole number from 1, got 0"],
    [{ periods: 1.5 }, "periods must be a whole number from 1, got 1.5"],
    [{ periodSeconds: 90 }, "periodSeconds must be 10, 20, 30 or a multiple of 60, got 90"],
    [{ periodSeconds: 0 }, "periodSeconds must be 10, 20, 30 or a multiple of 60, got 0"],
    [{ periodSeconds: 300, periods: 289 }, "periods × periodSeconds must be within a day, got 86700"],
    [{ periodSeconds: 3600, periods: 169 }, "periods × periodSeconds must be within 7 days, got 608400"],
    [{ threshold: NaN }, "threshold must be a number, got NaN"],
    [{ steps: [] }, "steps must hold at least one step, got none"],
    [{ name: "Pump stalled" }, 'name must be lower-case letters, digits and hyphens, got "Pump stalled"'],
    [{ name: "p".repeat(250) }, "the alarm's name must fit 255 characters"],
    [{ intent: "long ".repeat(200) }, "intent, owner and runbook link must fit 1024 characters"],
  ])("refuses %j", (change, message) => {
    expect(() => body(change)).toThrow(`test/Alarm0: ${message}`);
  });

  it("tells everything that is wrong at once", () => {
    expect(() => body({ name: "Pump stalled", periods: 1.5, steps: [], threshold: NaN })).toThrow(
      [
        'name must be lower-case letters, digits and hyphens, got "Pump stalled"',
        'kind must be lower-case letters, digits and hyphens, got "Pump stalled"',
        "steps must hold at least one step, got none",
        "periods must be a whole number from 1, got 1.5",
        "datapoints must be a whole number from 1 to periods (1.5), got 1.5",
        "threshold must be a number, got NaN",
      ]
        .map((fault) => `test/Alarm0: ${fault}`)
        .join("\n"),
    );
  });

  it.each([
    { periodSeconds: 10, periods: 1 },
    { periodSeconds: 300, periods: 288 },
    { periodSeconds: 3600, periods: 168 },
    { periodSeconds: 86400, periods: 7 },
  ])("takes %j", (change) => {
    expect(body(change)["period"]).toBe(change.periodSeconds);
  });

  it("refuses a name that is taken: CloudWatch would replace the first alarm", () => {
    expect(() => alarms({}, {})).toThrow(
      'test/Alarm1: name must be unique, as one of two alarms would be lost, got "opsdx-test-pump-stalled"',
    );
    expect(alarms({}, { name: "pump-hot" }).made).toHaveLength(2);
  });

  it("refuses to stand outside a system", () => {
    expect(() =>
      synth((scope) => {
        const monitoring = new Monitoring(scope, "Monitoring", {
          environment: "test",
          namePrefix: "opsdx-test",
          account: TEST_ACCOUNT,
          subscribers: { page: [], ticket: [] },
          retention: { auditDays: 365, logDays: 30 },
          runbookUrl: "https://example.org",
          thresholds: {},
        });
        new Alarm(scope, "Alarm", { monitoring, ...PROPS });
      }),
    ).toThrow("test/Alarm: must stand inside a system, got no describeSystem() on any ancestor");
  });
});
