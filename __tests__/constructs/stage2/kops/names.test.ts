import fc from "fast-check";
import {
  eventRulePrefix,
  groupTags,
  serviceAccountRoleName,
  shortName,
  terminationQueueName,
} from "../../../../constructs/stage2/kops/names";

const CLUSTERS = ["dev", "prod"].flatMap((env) =>
  ["k8s", "k8s-ml", "k8s-ml-tf"].map((name) => `${name}.${env}.opsdx.io`),
);
const clusterName = fc.stringMatching(/^[a-z][a-z0-9-]{0,40}\.[a-z]{2,8}\.[a-z]{2,20}\.io$/);

describe("names are those that kops 1.36.2 makes", () => {
  test.each([
    ["api", "k8s.dev.opsdx.io", "api-k8s-dev-opsdx-io-grscji"],
    ["tcp", "k8s.dev.opsdx.io", "tcp-k8s-dev-opsdx-io-muubi4"],
  ])("%s of %s", (prefix, cluster, expected) => {
    expect(shortName(cluster, prefix)).toBe(expected);
  });

  test.each([
    ["aws-cloud-controller-manager", "aws-cloud-controller-manager.kube-system.sa.k8s-ml-tf.dev-qia0cl"],
    ["aws-load-balancer-controller", "aws-load-balancer-controller.kube-system.sa.k8s-ml-tf.dev-veise5"],
    ["aws-node-termination-handler", "aws-node-termination-handler.kube-system.sa.k8s-ml-tf.dev-3dub5v"],
    ["dns-controller", "dns-controller.kube-system.sa.k8s-ml-tf.dev.opsdx.io"],
  ])("role of %s", (serviceAccount, expected) => {
    expect(serviceAccountRoleName("k8s-ml-tf.dev.opsdx.io", "kube-system", serviceAccount)).toBe(expected);
  });

  test.each([
    ["k8s.dev.opsdx.io", "k8s.dev.opsdx.io"],
    ["a".repeat(40), "a".repeat(40)],
    [`${"a".repeat(40)}.dev.opsdx.io`, expect.stringMatching(/^a{33}-[0-9a-v]{6}$/)],
  ])("event rules of %s start with it, or with what kops makes of it", (cluster, expected) => {
    expect(eventRulePrefix(cluster)).toEqual(expected);
  });

  test("the six clusters share no name", () => {
    const names = CLUSTERS.flatMap((cluster) => [
      shortName(cluster, "api"),
      shortName(cluster, "tcp"),
      terminationQueueName(cluster),
      serviceAccountRoleName(cluster, "kube-system", "aws-load-balancer-controller"),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});

test("no name is longer than AWS allows, whatever the cluster is called", () => {
  fc.assert(
    fc.property(clusterName, fc.stringMatching(/^[a-z][a-z0-9-]{0,61}$/), (cluster, account) => {
      expect(shortName(cluster, "api").length).toBeLessThanOrEqual(32);
      expect(serviceAccountRoleName(cluster, "kube-system", account).length).toBeLessThanOrEqual(64);
      expect(terminationQueueName(cluster).length).toBeLessThanOrEqual(80);
    }),
  );
});

test("labels and taints become node-template tags, so that a group can scale from zero", () => {
  const tags = groupTags({
    clusterName: "k8s-ml-tf.dev.opsdx.io",
    group: "gpu",
    autoScalingGroup: "gpu.k8s-ml-tf.dev.opsdx.io",
    role: "node",
    labels: { "kops.k8s.io/gpu": "1" },
    taints: ["nvidia.com/gpu:NoSchedule", "opsdx_nodegroup=etl:NoSchedule"],
    gpus: 4,
  });
  expect(tags).toMatchObject({
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/gpu": "1",
    "k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu": "4",
    "k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu": ":NoSchedule",
    "k8s.io/cluster-autoscaler/node-template/taint/opsdx_nodegroup": "etl:NoSchedule",
    "k8s.io/role/node": "1",
  });
});
