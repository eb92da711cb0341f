import { problemsAfter } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, received, nearest }) => ({ path, received, nearest }));
const rules = (changes: Record<string, unknown>) => problemsAfter(changes).map(({ path, rule }) => `${path}: ${rule}`);

describe("the settings of TensorFlow", () => {
  it("may be missing", () => {
    expect(faults({ "dev.tensorflow": undefined })).toEqual([]);
  });

  it("want the file system on which models are kept", () => {
    expect(rules({ "dev.nfs": undefined })).toContain(
      "tensorflow: must be left out, or nfs must be configured, on which models are kept",
    );
  });

  it("want their cluster, which an environment may leave out with all that stands on it", () => {
    expect(rules({ "dev.clusters.k8s-ml-tf": undefined })).toEqual(
      expect.arrayContaining([
        "tensorflow: must be left out, or clusters must have k8s-ml-tf, on which it stands",
        "prometheus.clusters.k8s-ml-tf: must be left out: there is no such cluster",
      ]),
    );
    expect(rules({ "dev.prometheus.clusters.k8s-ml-tf": undefined })).toEqual([
      "prometheus.clusters.k8s-ml-tf: is required: the cluster is configured",
    ]);
    const without = ["clusters.k8s-ml-tf", "prometheus.clusters.k8s-ml-tf", "tensorflow"];
    expect(rules(Object.fromEntries(without.map((path) => [`dev.${path}`, undefined])))).toEqual([]);
  });

  it("let no pod that asks for GPUs stand where there is none: it would wait for ever", () => {
    const nodeGroup = "tensorflow.training.nodeGroup";
    expect(faults({ [`dev.${nodeGroup}`]: "serving" })).toContainEqual({
      path: nodeGroup,
      received: '"serving"',
      nearest: expect.stringMatching(/^"gpu/) as string,
    });
    expect(faults({ "dev.tensorflow.training.gpus": 2 })).toEqual([
      { path: "tensorflow.training.gpus", received: "2", nearest: "1" },
    ]);
    expect(faults({ "dev.tensorflow.training.gpus": 0 })).toContainEqual({
      path: "tensorflow.training.gpus",
      received: "0",
      nearest: "1",
    });
  });

  it("let no server stand on nodes with GPUs: it does not bear their taint", () => {
    expect(rules({ "dev.tensorflow.serving.nodeGroup": "gpu" })).toContainEqual(
      expect.stringContaining("must not hold nvidia.com/gpu:NoSchedule: pods of trews bear"),
    );
  });

  it("want groups that are there, and pods that fit them", () => {
    expect(faults({ "dev.tensorflow.serving.nodeGroup": "srving" })).toEqual([
      { path: "tensorflow.serving.nodeGroup", received: '"srving"', nearest: '"serving"' },
    ]);
    expect(faults({ "dev.tensorflow.serving.models.trews.pod.memory": "9Gi" })).toEqual([
      { path: "tensorflow.serving.models.trews.pod.memory", received: '"9Gi"', nearest: '"6837Mi"' },
    ]);
    expect(faults({ "dev.tensorflow.training.pod.cpu": "5" })).toEqual([
      { path: "tensorflow.training.pod.cpu", received: '"5"', nearest: '"3650m"' },
    ]);
  });

  it("take an image from the registry only, and no name that is a canary's", () => {
    expect(rules({ "dev.tensorflow.training.image": `other@sha256:${"1".repeat(64)}` })).toContainEqual(
      expect.stringContaining("must come from one of global's containerRepositories"),
    );
    expect(rules({ "dev.tensorflow.serving.models.a-canary": {} })).toContainEqual(
      expect.stringContaining("must not end in -canary"),
    );
  });

  it("leave TRAIN_ to the Job", () => {
    expect(rules({ "dev.tensorflow.training.env": { TRAIN_MODEL: "x" } })).toContainEqual(
      expect.stringContaining("must not start with TRAIN_"),
    );
  });
});
