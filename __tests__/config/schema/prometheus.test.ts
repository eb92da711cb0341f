import { problemsAfter, setAt, validInput } from "../support";
import { loadConfig } from "../../../config/load";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, received, nearest }) => ({ path, received, nearest }));

const k8s = "prometheus.clusters.k8s";

describe("the settings of Prometheus", () => {
  it("may be missing: an environment without it has none", () => {
    const input = validInput();
    setAt(input.environments.dev, ["prometheus"], undefined);
    expect(loadConfig(input).environments.find(({ name }) => name === "dev")?.prometheus).toBeUndefined();
  });

  it.each([
    [50, 41, "40"],
    [50, 50, "40"],
    [5, 300, "4"],
  ])("keep the size cap below the volume: on %d GiB not %d", (volumeGib, retentionGib, nearest) => {
    expect(faults({ [`dev.${k8s}.volumeGib`]: volumeGib, [`dev.${k8s}.retentionGib`]: retentionGib })).toEqual([
      { path: `${k8s}.retentionGib`, received: `${retentionGib}`, nearest },
    ]);
  });

  it("take a size cap of what the volume allows", () => {
    expect(faults({ [`dev.${k8s}.volumeGib`]: 50, [`dev.${k8s}.retentionGib`]: 40 })).toEqual([]);
  });

  it("want a node for each replica that is there without the autoscaler", () => {
    expect(
      faults({
        "prod.prometheus.clusters.k8s-ml-tf.replicas": 2,
        "prod.clusters.k8s-ml-tf.nodeGroups.nodes.minSize": 1,
        "prod.clusters.k8s-ml-tf.spareNodes": 0,
      }),
    ).toContainEqual({ path: "prometheus.clusters.k8s-ml-tf.replicas", received: "2", nearest: "1" });
  });

  it("want a pod that fits a node", () => {
    expect(faults({ [`dev.${k8s}.pod.memory`]: "9Gi" })).toContainEqual({
      path: `${k8s}.pod.memory`,
      received: '"9Gi"',
      nearest: '"6837Mi"',
    });
  });
});
