import { isArm64, MACHINE_TYPES } from "../../config/machine-types";
import { problemsAfter } from "./support";

const ARM64 = "must be an x86_64 type of config/machine-types.ts: this one is arm64, and every machineImage is x86_64";

const GROUP = "dev.clusters.k8s.nodeGroups.etl.machineType";

it.each([
  "m7g.xlarge",
  "c7gn.large",
  "t4g.medium",
  "r8gd.2xlarge",
  "im4gn.large",
  "is4gen.large",
  "g5g.xlarge",
  "a1.large",
])("%s is arm64", (type) => {
  expect(isArm64(type)).toBe(true);
  expect(problemsAfter({ [GROUP]: type }).map(({ path, rule }) => [path, rule])).toContainEqual([
    "clusters.k8s.nodeGroups.etl.machineType",
    ARM64,
  ]);
});

it.each([
  ...Object.keys(MACHINE_TYPES),
  "g4dn.xlarge",
  "gr6.4xlarge",
  "m7i-flex.large",
  "u7i-12tb.224xlarge",
  "c6in.large",
])("%s is not", (type) => {
  expect(isArm64(type)).toBe(false);
  expect(problemsAfter({ [GROUP]: type }).map(({ rule }) => rule)).not.toContain(ARM64);
});

it("an arm64 type is refused wherever nodes get one, with the nearest that is not", () => {
  const problems = problemsAfter({
    "dev.clusters.k8s.controlPlane.machineType": "t4g.medium",
    "dev.clusters.k8s-ml-tf.nodeGroups.gpu.mixedInstances.machineTypes": ["g5.xlarge", "g5g.2xlarge"],
    [GROUP]: "m7g.xlarge",
  });
  expect(problems.map(({ path, rule, received, nearest }) => [path, rule, received, nearest])).toEqual([
    ["clusters.k8s.controlPlane.machineType", ARM64, '"t4g.medium"', '"t3.medium"'],
    ["clusters.k8s.nodeGroups.etl.machineType", ARM64, '"m7g.xlarge"', '"m7i.xlarge"'],
    ["clusters.k8s-ml-tf.nodeGroups.gpu.mixedInstances.machineTypes.1", ARM64, '"g5g.2xlarge"', '"g5.2xlarge"'],
  ]);
});
