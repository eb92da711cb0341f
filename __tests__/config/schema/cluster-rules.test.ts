import { problemsAfter } from "../support";

/** Path, rule, received and nearest value of every problem in config/environments/dev.ts. */
const faults = (changes: Record<string, unknown>) =>
  problemsAfter(
    Object.fromEntries(Object.entries(changes).map(([path, value]) => [`dev.clusters.${path}`, value])),
  ).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

const MAJORITY = "must be an odd number of zones, each once, so that etcd keeps its majority when one is lost";
const LARGE_ENOUGH =
  "must have at least the processors and memory of m6i.xlarge, and as many GPUs: the autoscaler reckons with the first type";
const mixed = (...machineTypes: string[]) => ({ machineTypes, onDemandBase: 1, onDemandAboveBasePercent: 0 });

describe("the control plane", () => {
  it.each([["us-east-1a"], ["us-east-1d", "us-east-1a", "us-east-1c"]])("may stand in %s", (...zones) => {
    expect(faults({ "k8s.controlPlane.zones": zones })).toEqual([]);
  });

  it.each([
    ["two zones", ["us-east-1a", "us-east-1c"]],
    ["a zone three times", ["us-east-1a", "us-east-1a", "us-east-1a"]],
  ])("refuses %s", (_, zones) => {
    expect(faults({ "k8s.controlPlane.zones": zones })).toEqual([
      { path: "clusters.k8s.controlPlane.zones", rule: MAJORITY, nearest: undefined },
    ]);
  });

  it("stands in the network's zones", () => {
    expect(faults({ "k8s.controlPlane.zones": ["us-east-1b"] })).toEqual([
      { path: "clusters.k8s.controlPlane.zones.0", rule: "must be one of network.zones", nearest: '"us-east-1a"' },
    ]);
  });

  it.each(["1.31.0", "1.36.3"])("runs Kubernetes %s", (version) => {
    expect(faults({ "k8s.kubernetesVersion": version })).toEqual([]);
  });

  it.each([
    ["1.30.14", "1.31.0"],
    ["1.37.0", "1.36.0"],
    ["1.3.6", "1.31.0"],
  ])("does not run Kubernetes %s, which kops refuses", (version, nearest) => {
    expect(faults({ "k8s.kubernetesVersion": version })).toEqual([
      {
        path: "clusters.k8s.kubernetesVersion",
        rule: "must be one that kops 1.36.2 supports: 1.31 to 1.36",
        nearest: JSON.stringify(nearest),
      },
    ]);
    expect(faults({ "k8s.kubernetesVersion": nearest })).toEqual([]);
  });

  it.each(["1.36.4", "1.36.99"])("does not run Kubernetes %s, which nobody has tested and may not exist", (version) => {
    expect(faults({ "k8s.kubernetesVersion": version })).toEqual([
      {
        path: "clusters.k8s.kubernetesVersion",
        rule: "must be at most 1.36.3, the newest that was tested: test a newer one, then raise KUBERNETES_TESTED in config/kops.ts",
        nearest: '"1.36.3"',
      },
    ]);
  });

  it.each(["1.36", "v1.36.3", "1.36.03", "1.036.3", "1.36.3-rc.1"])("refuses %s as a version", (version) => {
    expect(faults({ "k8s.kubernetesVersion": version }).map(({ rule }) => rule)).toEqual([
      "must be a full version such as 1.36.3",
    ]);
  });

  it.each(["10.0.0.0/16", "10.16.0.0/16", "172.16.0.0/12", "192.168.1.0/24"])("may be reached from %s", (cidr) => {
    expect(faults({ "k8s.apiAccess": [cidr] })).toEqual([]);
  });

  it.each(["0.0.0.0/0", "8.8.8.0/24", "172.0.0.0/8"])("is not reached from %s", (cidr) => {
    expect(faults({ "k8s.apiAccess": ["10.0.0.0/16", cidr] })).toEqual([
      {
        path: "clusters.k8s.apiAccess.1",
        rule: "must lie inside a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16): only the VPC and its peers reach the API",
        nearest: '"10.0.0.0/16"',
      },
    ]);
  });
});

describe("a node group", () => {
  it("may be of one size, and stand in some zones", () => {
    expect(faults({ "k8s.nodeGroups.web.minSize": 2, "k8s.nodeGroups.web.zones": ["us-east-1c"] })).toEqual([]);
  });

  it("has room between its sizes", () => {
    expect(faults({ "k8s.nodeGroups.web.minSize": 4 })).toEqual([
      { path: "clusters.k8s.nodeGroups.web.minSize", rule: "must be at most maxSize (3)", nearest: "3" },
    ]);
  });

  it("stands in the network's zones", () => {
    expect(faults({ "k8s.nodeGroups.web.zones": ["us-east-1c", "us-east-1e"] })).toEqual([
      { path: "clusters.k8s.nodeGroups.web.zones.1", rule: "must be one of network.zones", nearest: '"us-east-1a"' },
    ]);
  });

  it("has one taint of a key", () => {
    expect(
      faults({ "k8s.nodeGroups.etl.taints": ["a=1:PreferNoSchedule", "b:PreferNoSchedule", "a:PreferNoSchedule"] }),
    ).toEqual([
      {
        path: "clusters.k8s.nodeGroups.etl.taints.2",
        rule: "must have a key of its own: the autoscaler's tag of a taint is named by its key alone",
        nearest: undefined,
      },
    ]);
  });

  it("gets the GPU driver where there is a GPU, and nowhere else", () => {
    expect(faults({ "k8s.nodeGroups.web.gpu": true, "k8s-ml-tf.nodeGroups.gpu.gpu": false })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.web.gpu",
        rule: "must not be set: m7i.xlarge has no GPU",
        nearest: "false",
      },
      { path: "clusters.k8s-ml-tf.nodeGroups.gpu.gpu", rule: "must be set: g5.xlarge has a GPU", nearest: "true" },
      {
        path: "clusters.k8s.nodeGroups.web.gpu",
        rule: "must not hold nvidia.com/gpu:NoSchedule: pods of trews-rest-api bear opsdx_nodegroup=web:NoSchedule only, and would wait for ever",
        nearest: undefined,
      },
    ]);
  });

  it("mixes types that are no smaller than the one that the autoscaler reckons with", () => {
    const group = "k8s.nodeGroups.etl.mixedInstances";
    expect(faults({ [group]: mixed("m6i.xlarge", "m5.xlarge", "m6i.2xlarge") })).toEqual([]);
    expect(faults({ [group]: mixed("m6i.xlarge", "m6i.large") })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.etl.mixedInstances.machineTypes.1",
        rule: LARGE_ENOUGH,
        nearest: undefined,
      },
    ]);
    expect(faults({ [group]: mixed("m6i.xlarge", "g5.xlarge") }).map(({ rule }) => rule)).toEqual([LARGE_ENOUGH]);
  });

  it("mixes types around its own", () => {
    expect(faults({ "k8s.nodeGroups.etl.mixedInstances": mixed("m5.xlarge", "m6i.xlarge") })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.etl.mixedInstances.machineTypes.0",
        rule: "must be machineType",
        nearest: '"m6i.xlarge"',
      },
    ]);
  });

  it("is not called as the control plane's groups are", () => {
    const group = { machineType: "t3.large", minSize: 1, maxSize: 1, labels: { for: "tests" } };
    expect(faults({ "k8s.nodeGroups.control-plane-us-east-1a": group })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.control-plane-us-east-1a",
        rule: "must not start with control-plane-, as the groups of the control plane do",
        nearest: undefined,
      },
    ]);
  });
});

describe("a cluster", () => {
  it("has groups that differ by more than hyphens", () => {
    const group = { machineType: "t3.large", minSize: 1, maxSize: 1, labels: { for: "tests" } };
    expect(faults({ "k8s.nodeGroups.web-2": group, "k8s.nodeGroups.web2": group })).toEqual([
      {
        path: "clusters.k8s.nodeGroups.web2",
        rule: "must differ from every other group's name by more than hyphens",
        nearest: undefined,
      },
    ]);
  });

  it("has a name that its roles have room for", () => {
    const zone = `${"a".repeat(40)}.opsdx.io`;
    const found = problemsAfter({ "dev.dns.zone": zone }).filter(({ path }) => path.startsWith("clusters"));
    expect(found.map(({ path, rule, received }) => ({ path, rule, received }))).toEqual([
      {
        path: "clusters.k8s-ml-tf",
        rule: "must have a full name of at most 56 characters, for the names of its roles",
        received: `"k8s-ml-tf.${zone}"`,
      },
    ]);
  });

  it("lists a service account once; the same name elsewhere is another", () => {
    const account = { namespace: "monitoring", name: "grafana", policyNames: ["p"] };
    const elsewhere = { ...account, namespace: "default" };
    expect(faults({ "k8s.serviceAccounts": [account, elsewhere] })).toEqual([]);
    expect(faults({ "k8s.serviceAccounts": [account, elsewhere, account] })).toEqual([
      {
        path: "clusters.k8s.serviceAccounts.2.name",
        rule: "must be listed once, with all its policies",
        nearest: undefined,
      },
    ]);
  });

  it("is not judged by a part that is wrong itself", () => {
    expect(faults({ "k8s.nodeGroups.web.minSize": "three" }).map(({ path }) => path)).toEqual([
      "clusters.k8s.nodeGroups.web.minSize",
    ]);
  });
});
