import { problemsAfter } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

describe("the web service's settings", () => {
  it("keep the host where the wildcard certificate covers it, and checked from outside", () => {
    expect(faults({ "dev.web.host": "a.trews.dev.opsdx.io" })).toEqual([
      {
        path: "web.host",
        rule: "must be one label below dev.opsdx.io, which the wildcard certificate covers",
        nearest: '"a.dev.opsdx.io"',
      },
      {
        path: "web.host",
        rule: "must be the host of one of dns.healthChecks, or nobody notices from outside that it is gone",
        nearest: '"trews.dev.opsdx.io"',
      },
    ]);
  });

  it("are content where nothing at all is checked from outside", () => {
    expect(faults({ "dev.dns.healthChecks": {} })).toEqual([]);
  });

  it("name the node group that pods are placed on", () => {
    expect(faults({ "dev.web.nodeGroup": "etl" })).toEqual([
      {
        path: "web.nodeGroup",
        rule: "must be a group of clusters.k8s.nodeGroups with the label opsdx_nodegroup=web",
        nearest: '"web"',
      },
    ]);
  });

  it("need a node at any time", () => {
    expect(faults({ "prod.clusters.k8s.nodeGroups.web.minSize": 0 })).toContainEqual({
      path: "clusters.k8s.nodeGroups.web.minSize",
      rule: "must be at least 1: the web service answers at any time",
      nearest: "1",
    });
  });

  it("let the ping alarm be quiet at the expected rate", () => {
    expect(faults({ "dev.web.pings.alarmAtPer5Minutes": 60 })).toEqual([
      {
        path: "web.pings.alarmAtPer5Minutes",
        rule: "must be below expectedPer5Minutes (60), or the alarm is never quiet",
        nearest: "59",
      },
    ]);
  });

  it.each([
    ["dev.web.pings.stacks", {}, "web.pings.stacks"],
    ["dev.web.pings.stacks", { "damsl-1": { source: "x" } }, "web.pings.stacks.damsl-1"],
    ["dev.web.firewall.requestsPer5Minutes", 9, "web.firewall.requestsPer5Minutes"],
    ["dev.web.firewall.clinicNetworks", ["198.51.100.7/24"], "web.firewall.clinicNetworks.0"],
    ["dev.web.healthPath", "healthz", "web.healthPath"],
    ["dev.web.targetProtocol", "TCP", "web.targetProtocol"],
    ["dev.web.thresholds.errorPercent", 0, "web.thresholds.errorPercent"],
  ])("refuse %s = %j", (path, value, at) => {
    expect(problemsAfter({ [path]: value }).map((problem) => problem.path)).toEqual([at]);
  });
});
