import { Construct } from "../../../../constructs/shared/cdktf";
import { Alarm } from "../../../../constructs/shared/observability/alarm";
import { SystemHealth } from "../../../../constructs/shared/observability/system-health";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

function health(count: number) {
  return synth((scope) => {
    const monitoring = monitoringIn(scope);
    const alarms = Array.from(
      { length: count },
      (_, index) =>
        new Alarm(scope, `Alarm${index}`, {
          monitoring,
          name: `pump-${index}`,
          intent: "The pump stands still.",
          severity: "ticket",
          steps: ["Look."],
          metric: { namespace: "N", name: "M", statistic: "Sum" },
          comparison: ">",
          threshold: 0,
          periodSeconds: 60,
          periods: 1,
          missingData: "ignore",
        }),
    );
    new SystemHealth(new Construct(scope, "Inner"), "Health", { monitoring, alarms });
  });
}

describe("SystemHealth", () => {
  const stack = health(2);
  const { body } = stack.one("aws_cloudwatch_composite_alarm", { alarm_name: "opsdx-test-pump-health" });

  it("is red when any of its alarms is, and refers to each so that it is made after them", () => {
    const [first, second] = [0, 1].map(
      (index) => stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-pump-${index}` }).address,
    );
    expect(body["alarm_rule"]).toBe(`ALARM("\${${first ?? ""}.arn}") OR ALARM("\${${second ?? ""}.arn}")`);
  });

  it("notifies nobody: its alarms did", () => {
    expect(body).not.toHaveProperty("alarm_actions");
    expect(body).not.toHaveProperty("ok_actions");
  });

  it("links to the system's chapter of the runbook", () => {
    expect(body["alarm_description"]).toBe(
      "Any alarm of Pump. Owner: Yanif. Runbook: https://example.org/runbook/pump.md#alarms",
    );
  });

  it.each([0, 101])("refuses %d alarms", (count) => {
    expect(() => health(count)).toThrow(`test/Inner/Health: alarms must hold 1 to 100 alarms, got ${count}`);
  });
});
