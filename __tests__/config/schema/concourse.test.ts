import { problemsAfter, validInput } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

describe("Concourse's settings", () => {
  it("hold as they are, and can be left out", () => {
    expect(faults({})).toEqual([]);
    expect(problemsAfter({ "dev.concourse": undefined })).toEqual([]);
  });

  it.each([
    ["web.replicas", 1, "so that one can be replaced while the other answers"],
    ["workers.replicas", 1, "so that builds go on while one is replaced"],
    ["workers.drainMinutes", 30, "builds that take an hour must be able to end"],
    ["host", "concourse.dev.opsdx.io", "must be one label"],
    ["signIn.issuer", "http://idp.example.org", "must be an address https://"],
    ["pipeline.repository", "https://github.com/yanif/dashan-emr", "must be owner/name"],
    ["pipeline.file", "../pipeline.yml", "must be a path inside the repository"],
    ["pipeline.file", "/etc/passwd", "must be a path inside the repository"],
  ])("refuse %s: %j", (path, value, rule) => {
    expect(faults({ [`dev.concourse.${path}`]: value })).toEqual([
      expect.objectContaining({ path: `concourse.${path}`, rule: expect.stringContaining(rule) as string }),
    ]);
  });

  it("take no second way in beside the provider's group, and no password", () => {
    expect(faults({ "dev.concourse.signIn.clientSecret": "hunter2" })).toEqual([
      expect.objectContaining({ path: "concourse.signIn.clientSecret" }),
    ]);
  });

  it("give each worker a node that is always there", () => {
    expect(faults({ "dev.concourse.workers.replicas": 3 })).toEqual([
      {
        path: "concourse.workers.replicas",
        rule: "must be at most minSize of ci (2): each worker has a node of its own",
        nearest: "2",
      },
    ]);
  });

  it("leave the node a part of its volume", () => {
    expect(faults({ "dev.concourse.workers.workSpaceGib": 180 })).toEqual([
      {
        path: "concourse.workers.workSpaceGib",
        rule: "must leave 40 GiB of the root volume of ci (200) to the node",
        nearest: "160",
      },
    ]);
  });

  it("leave no node to AWS, which would not wait for builds", () => {
    expect(faults({ "dev.clusters.k8s.nodeGroups.ci.maxInstanceLifetimeDays": 30 })).toEqual([
      expect.objectContaining({ path: "clusters.k8s.nodeGroups.ci.maxInstanceLifetimeDays" }),
    ]);
  });

  it("fit a worker into its node", () => {
    expect(faults({ "dev.concourse.workers.pod.memory": "16Gi" })).toEqual([
      expect.objectContaining({ path: "concourse.workers.pod.memory", nearest: '"14415Mi"' }),
    ]);
  });

  it("keep every other pod from the workers' nodes, where builds are root", () => {
    expect(faults({ "dev.clusters.k8s.nodeGroups.ci.taints": [] })).toEqual([
      expect.objectContaining({
        path: "clusters.k8s.nodeGroups.ci.taints",
        nearest: '["opsdx_nodegroup=ci:NoSchedule"]',
      }),
    ]);
    expect(faults({ "dev.etls.op2dw.nodeGroup": "ci" })).toEqual([
      {
        path: "etls.op2dw.nodeGroup",
        rule: "must be a group with another opsdx_nodegroup than ci: op2dw would stand beside builds, which are root on their node",
        nearest: undefined,
      },
    ]);
  });

  it("keep the network clear of the builds' own", () => {
    expect(faults({ "dev.network.cidr": "10.80.0.0/16" })).toContainEqual(
      expect.objectContaining({
        path: "network.cidr",
        rule: "must not overlap 10.80.0.0/16, where Concourse numbers builds",
      }),
    );
  });

  it("stand in one environment only, which pushes images that there is a repository for", () => {
    const more = {
      "prod.concourse": validInput().environments.dev["concourse"],
      "prod.clusters.k8s.nodeGroups.ci": {
        machineType: "m6i.xlarge",
        minSize: 2,
        maxSize: 3,
        rootVolumeGib: 200,
        labels: { opsdx_nodegroup: "ci" },
        taints: ["opsdx_nodegroup=ci:NoSchedule"],
      },
    };
    expect(faults(more)).toContainEqual({
      path: "concourse",
      rule: "must be left out: dev has it, whose pipeline is the only one that pushes images",
      nearest: undefined,
    });
    expect(faults({ "global.containerRepositories": ["trews-etl", "other"] })).toContainEqual(
      expect.objectContaining({ path: "concourse.pipeline.images.trews-rest-api" }),
    );
  });
});
