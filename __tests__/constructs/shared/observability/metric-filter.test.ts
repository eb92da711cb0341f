import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { MetricFilter, type MetricFilterProps } from "../../../../constructs/shared/observability/metric-filter";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

function filter(change: Partial<MetricFilterProps> = {}) {
  const stack = synth((scope) => {
    const logGroup = new LogGroup(scope, "Log", { monitoring: monitoringIn(scope), name: "opsdx-test/pump" });
    new MetricFilter(scope, "Filter", {
      name: "errors",
      logGroup,
      pattern: '{ $.level = "error" }',
      metric: { namespace: "OpsDX/Pump", name: "Errors" },
      ...change,
    });
  });
  return { stack, ...stack.one("aws_cloudwatch_log_metric_filter") };
}

describe("MetricFilter", () => {
  it("counts matches, and writes 0 when nothing matches", () => {
    expect(filter().body).toEqual({
      name: "errors",
      log_group_name: expect.stringMatching(/^\$\{aws_cloudwatch_log_group\.Log_\w+\.name\}$/) as string,
      pattern: '{ $.level = "error" }',
      metric_transformation: { namespace: "OpsDX/Pump", name: "Errors", value: "1", default_value: "0" },
    });
  });

  it("writes a field of the event", () => {
    expect(filter({ value: "$.rows" }).body["metric_transformation"]).toMatchObject({ value: "$.rows" });
  });

  it("writes no default value beside dimensions, which CloudWatch refuses together", () => {
    const { body } = filter({ dimensions: { Job: "$.job" } });
    expect(body["metric_transformation"]).toEqual({
      namespace: "OpsDX/Pump",
      name: "Errors",
      value: "1",
      dimensions: { Job: "$.job" },
    });
  });

  it("takes three dimensions and no more", () => {
    const three = { A: "$.a", B: "$.b", C: "$.c" };
    expect(filter({ dimensions: three }).body["metric_transformation"]).toMatchObject({ dimensions: three });
    expect(() => filter({ dimensions: { ...three, D: "$.d" } })).toThrow(
      "test/Filter: dimensions must be at most 3, got 4: A, B, C, D",
    );
  });
});
