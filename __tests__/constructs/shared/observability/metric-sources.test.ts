import { dashboardsOf, GrafanaDashboard } from "../../../../constructs/shared/observability/dashboard";
import type { GrafanaWidget } from "../../../../constructs/shared/observability/dashboard-model";
import { unknownMetrics, writesMetrics } from "../../../../constructs/shared/observability/metric-sources";
import { synth } from "../../../support";

const graph = (namespace: string, name: string): GrafanaWidget => ({
  kind: "graph",
  title: "Heat",
  unit: "count",
  lines: [{ namespace, name, statistic: "Sum" }],
});
const search = (terms: string): GrafanaWidget => ({ kind: "search", title: "Heat", search: terms, statistic: "Sum" });

function faultsOf(widget: GrafanaWidget): readonly string[] {
  let faults: readonly string[] = [];
  synth((scope) => {
    writesMetrics(scope, "OpsDX/Pump", ["heat"]);
    writesMetrics(scope, "OpsDX/Pump", ["water"]);
    writesMetrics(scope, "Theirs", "any");
    new GrafanaDashboard(scope, "Board", {
      name: "opsdx-test",
      title: "OpsDX Test",
      region: "us-east-1",
      rows: [{ widgets: [widget] }],
    });
    faults = unknownMetrics(dashboardsOf(scope), [scope]);
  });
  return faults;
}

describe("unknownMetrics", () => {
  it.each([
    ["what a system writes", graph("OpsDX/Pump", "heat")],
    ["what AWS recommends an alarm on", graph("AWS/RDS", "CPUUtilization")],
    ["what AWS lists besides", graph("AWS/RDS", "ReadIOPS")],
    ["whatever another program writes", graph("Theirs", "anything")],
    ["a search of it", search("{Theirs,Route}")],
  ])("knows %s", (_, widget) => {
    expect(faultsOf(widget)).toEqual([]);
  });

  it.each([
    [
      "metric",
      graph("AWS/RDS", "CPUUtilisation"),
      'test/Board: panel "Heat" must name a metric of AWS/RDS that AWS or a system of the environment writes, got "CPUUtilisation"; nearest: "CPUUtilization"',
    ],
    [
      "namespace",
      graph("OpsDX/Pumps", "heat"),
      'test/Board: panel "Heat" must name a namespace that AWS or a system of the environment writes, got "OpsDX/Pumps"; nearest: "OpsDX/Pump"',
    ],
    [
      "namespace of a search",
      search("{Their,Route}"),
      'test/Board: panel "Heat" must name a namespace that AWS or a system of the environment writes, got "Their"; nearest: "Theirs"',
    ],
  ])("tells an unknown %s with its place", (_, widget, fault) => {
    expect(faultsOf(widget)).toEqual([fault]);
  });
});
