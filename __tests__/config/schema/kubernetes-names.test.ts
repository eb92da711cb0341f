import { problemsAfter } from "../support";

/** Path and rule of every problem. */
const faults = (changes: Record<string, unknown>) => problemsAfter(changes).map(({ path, rule }) => ({ path, rule }));

describe("a namespace of ETLs", () => {
  it.each(["etl", "c2dw-etl", "kubernetes", "x"])("may be %s", (name) => {
    expect(faults({ "dev.etls.epic2op.namespace": name })).toEqual([]);
  });

  it.each(["kube-system", "kube-public", "kube-node-lease", "kube-etl", "default", "monitoring", "node-agents"])(
    "may not be %s, which holds other things",
    (name) => {
      expect(faults({ "dev.etls.epic2op.namespace": name })).toEqual([
        {
          path: "etls.epic2op.namespace",
          rule: "must not be concourse, concourse-workers, default, drills, external-secrets, load, monitoring, nfs, node-agents, redash, tensorflow, tensorflow-training or start with kube-: a namespace of ETLs holds nothing else",
        },
      ]);
    },
  );

  it.each(["Etl", "etl_1", "-etl", "a".repeat(64)])("may not be %s, which is no DNS label", (name) => {
    expect(faults({ "dev.etls.epic2op.namespace": name })).toEqual([
      { path: "etls.epic2op.namespace", rule: "must be lower-case letters, digits and hyphens (RFC 1123)" },
    ]);
  });
});

test("a node group has no more nodes than a cluster may have", () => {
  const PATH = "dev.clusters.k8s.nodeGroups.nodes.maxSize";
  expect(faults({ [PATH]: 5000 })).toEqual([]);
  expect(faults({ [PATH]: 5001 })).toEqual([
    { path: "clusters.k8s.nodeGroups.nodes.maxSize", rule: "must be at most 5000" },
  ]);
});
