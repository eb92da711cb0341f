import { headlampValues } from "../../../constructs/stage3/headlamp/values";
import { ADDONS_ANYWHERE } from "../../../config/kops";
import { MACHINE_TYPES } from "../../../config/machine-types";
import { cpuMillis, memoryMib, roomOf } from "../../../config/node-capacity";
import { workloadsOf } from "../../../config/schema/workloads";
import { problemsAfter, validInput } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

const GROUPS = "dev.clusters.k8s.nodeGroups";

describe("every pod finds a node", () => {
  it.each(["etl", "web"])("one more taint on %s is refused", (group) => {
    // The message names the first that stands there.
    const [first] = workloadsOf(validInput().environments.dev).filter(({ nodeGroup }) => nodeGroup === group);
    const name = String(first?.name);
    const own = `opsdx_nodegroup=${group}:NoSchedule`;
    for (const taint of ["dedicated=x:NoSchedule", "dedicated:NoExecute"]) {
      expect(faults({ [`${GROUPS}.${group}.taints`]: [own, taint] })).toEqual([
        {
          path: `clusters.k8s.nodeGroups.${group}.taints`,
          rule: `must not hold ${taint}: pods of ${name} bear ${own} only, and would wait for ever`,
          nearest: JSON.stringify([own]),
        },
      ]);
    }
    expect(faults({ [`${GROUPS}.${group}.taints`]: [own, "dedicated=x:PreferNoSchedule"] })).toEqual([]);
  });

  it("a second group of the same label lets the pods in, too", () => {
    const second = { machineType: "m6i.xlarge", minSize: 0, maxSize: 1, labels: { opsdx_nodegroup: "etl" } };
    expect(faults({ [`${GROUPS}.more`]: second })).toEqual([]);
    expect(faults({ [`${GROUPS}.more`]: { ...second, taints: ["a:NoSchedule"] } }).map(({ path }) => path)).toEqual([
      "clusters.k8s.nodeGroups.more.taints",
    ]);
  });

  it.each(["k8s", "k8s-ml", "k8s-ml-tf"])(
    "a tainted general group of %s leaves the addons without a node",
    (cluster) => {
      expect(faults({ [`dev.clusters.${cluster}.nodeGroups.nodes.taints`]: ["a=b:NoSchedule"] })).toEqual([
        {
          path: `clusters.${cluster}.nodeGroups`,
          rule: "must hold one group without labels, taints and GPUs, the general one: coredns, coredns-autoscaler, metrics-server, pod-identity-webhook, aws-load-balancer-controller, headlamp ask for no other",
          nearest: undefined,
        },
      ]);
    },
  );

  it("a second general group would be one that stage1's matrix does not know", () => {
    const second = { machineType: "m6i.large", minSize: 1, maxSize: 1 };
    const [fault, ...others] = problemsAfter({ "dev.clusters.k8s.nodeGroups.more": second });
    expect(fault).toMatchObject({ path: "clusters.k8s.nodeGroups", received: '["nodes","more"]' });
    expect(others).toEqual([]);
    expect(problemsAfter({ "dev.clusters.k8s.nodeGroups.more": { ...second, labels: { a: "b" } } })).toEqual([]);
  });

  it.each(Object.entries(MACHINE_TYPES))("one node of %s has room for all that stands anywhere", (_, type) => {
    const { requests } = headlampValues("k8s")["resources"] as { requests: { cpu: string; memory: string } };
    const headlamp = { pods: 1, cpuMillis: cpuMillis(requests.cpu), memoryMib: memoryMib(requests.memory) };
    const all = [...ADDONS_ANYWHERE, headlamp];
    const asked = (of: "cpuMillis" | "memoryMib"): number => all.reduce((sum, each) => sum + each.pods * each[of], 0);
    expect(asked("cpuMillis")).toBeLessThanOrEqual(roomOf(type).cpuMillis);
    expect(asked("memoryMib")).toBeLessThanOrEqual(roomOf(type).memoryMib);
    expect([asked("cpuMillis"), asked("memoryMib")]).toEqual([540, 846]);
  });

  it("an ETL does not take the room that the web service's autoscaler reckons with", () => {
    expect(faults({ "dev.etls.epic2op.nodeGroup": "web" })).toEqual([
      {
        path: "etls.epic2op.nodeGroup",
        rule: "must be a group with another opsdx_nodegroup than web: the web service's autoscaler reckons with all the room of its nodes",
        nearest: '"etl"',
      },
    ]);
  });
});
