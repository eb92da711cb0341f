import { loadConfig } from "../../../config/load";
import { problemsAfter, setAt, validInput } from "../support";

const LABEL =
  "must be one label of lower-case letters, digits and hyphens, at most 63: the environment's zone is put behind it, and the wildcard certificate covers no deeper name";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

describe("the web service's settings", () => {
  it.each([
    ["trews.dev.opsdx.io", '"trews"'],
    ["trews.prod.opsdx.io", '"trews"'],
    ["a.trews", '"a"'],
    ["Trews", undefined],
    ["", undefined],
  ])("name the host by its label: not %j", (host, nearest) => {
    expect(faults({ "dev.web.host": host })).toEqual([{ path: "web.host", rule: LABEL, nearest }]);
  });

  it("make the host's full name, and that of its check, of the label and the zone", () => {
    const input = validInput();
    setAt(input.environments.dev, ["web", "host"], "sepsis");
    const dev = loadConfig(input).environments.find(({ name }) => name === "dev");
    expect([dev?.web.host, dev?.dns.healthChecks]).toEqual([
      "sepsis.dev.opsdx.io",
      { web: { host: "sepsis.dev.opsdx.io", path: "/", live: true } },
    ]);
  });

  it("keep the host checked from outside", () => {
    expect(faults({ "dev.dns.healthChecks.web.host": "other" })).toEqual([
      {
        path: "web.host",
        rule: "must be the host of one of dns.healthChecks, or nobody notices from outside that it is gone",
        nearest: '"other"',
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

  it("keep the group to themselves", () => {
    expect(faults({ "dev.clusters.k8s.nodeGroups.web.taints": ["x=y:NoSchedule"] })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.web.taints",
        rule: "must hold opsdx_nodegroup=web:NoSchedule, or other pods take the room that the web service reckons with",
        nearest: '["x=y:NoSchedule","opsdx_nodegroup=web:NoSchedule"]',
      },
      {
        path: "clusters.k8s.nodeGroups.web.taints",
        rule: "must not hold x=y:NoSchedule: pods of trews-rest-api bear opsdx_nodegroup=web:NoSchedule only, and would wait for ever",
        nearest: "[]",
      },
    ]);
  });

  it("ask for no more pods than the group holds, one for a rollout included", () => {
    expect(faults({ "dev.web.replicas.max": 9 })).toEqual([
      {
        path: "web.replicas.max",
        rule: "must leave room for one pod more during a rollout: 3 nodes of web (m7i.xlarge, 3 pods each) hold 9",
        nearest: "8",
      },
    ]);
    expect(faults({ "dev.web.replicas.max": 8 })).toEqual([]);
  });

  it("reckon with the emptiest zone where pods must be spread evenly", () => {
    const changes = { "prod.clusters.k8s.nodeGroups.web.maxSize": 4 };
    expect(faults(changes)).toEqual([
      {
        path: "web.replicas.max",
        rule: "must leave room for one pod more during a rollout: 4 nodes of web (m7i.xlarge, 3 pods each, even over 3 zones) hold 10",
        nearest: "9",
      },
    ]);
    expect(faults({ ...changes, "prod.web.replicas": { min: 3, max: 9, cpuPercent: 60 } })).toEqual([]);
  });

  it("have a node in each zone where pods must be spread evenly", () => {
    expect(faults({ "prod.clusters.k8s.nodeGroups.web.minSize": 2 })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.web.minSize",
        rule: "must be at least 3, a node in each zone, where web.zoneSpread is required",
        nearest: "3",
      },
    ]);
  });

  it("let a pod fit a node", () => {
    expect(faults({ "dev.web.pod": { cpu: "1200m", memory: "20Gi" } })).toEqual([
      {
        path: "web.pod.memory",
        rule: "must fit a node of web: m7i.xlarge has 14415Mi for pods, after the system and the DaemonSets",
        // One pod a node would be too few for the replicas.
        nearest: undefined,
      },
    ]);
  });

  it("hold no secret, and one source for each variable", () => {
    expect(faults({ "dev.web.env": { API_TOKEN: "x", DB_PASSWORD: "y", LEVEL: "info" } })).toEqual([
      {
        path: "web.env.API_TOKEN",
        rule: "must not be a secret: put its name under secrets, and its value into AWS Secrets Manager; if it is none, name it in notSecret",
        nearest: undefined,
      },
      { path: "web.env.DB_PASSWORD", rule: "must not stand in secrets too", nearest: undefined },
    ]);
  });

  it("order the numbers of pods", () => {
    expect(faults({ "dev.web.replicas": { min: 5, max: 4, cpuPercent: 60 } })).toEqual([
      { path: "web.replicas.min", rule: "must be at most replicas.max (4)", nearest: "4" },
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
    ["dev.web.image", "trews-rest-api:latest", "web.image"],
    ["dev.web.image", `nginx@sha256:${"1a".repeat(32)}`, "web.image"],
    ["dev.web.containerPort", 80, "web.containerPort"],
    ["dev.web.replicas.min", 1, "web.replicas.min"],
    ["dev.web.secrets", { DB_PASSWORD: "hunter2!" }, "web.secrets.DB_PASSWORD"],
    ["dev.web.healthPath", "healthz", "web.healthPath"],
    ["dev.web.targetProtocol", "TCP", "web.targetProtocol"],
    ["dev.web.thresholds.errorPercent", 0, "web.thresholds.errorPercent"],
  ])("refuse %s = %j", (path, value, at) => {
    expect(problemsAfter({ [path]: value }).map((problem) => problem.path)).toEqual([at]);
  });
});
