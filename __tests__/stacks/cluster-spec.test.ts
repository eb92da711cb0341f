import { loadConfig } from "../../config/load";
import { clusterSpec, type ClusterGround } from "../../stacks/stage2-stack";
import { SECURITY_MATRIX } from "../../constructs/shared/network/security-matrix";
import { instanceGroups } from "../../constructs/stage2/kops/spec";

const { environments, global } = loadConfig();

const GROUND: ClusterGround = {
  core: {
    vpcId: "vpc",
    nodeSubnetIds: {},
    masterSubnetIds: {},
    utilitySubnetIds: {},
    securityGroupIds: {
      api: "sg-api",
      master: "sg-master",
      node: "sg-node",
      services: "sg-services",
      builds: "sg-builds",
    },
  },
  dns: { zoneId: "Z1" },
  audit: { ebsKeyArn: "key" },
};

describe("clusterSpec", () => {
  it.each(environments.map((environment) => [environment.name, environment] as const))(
    "lets only the general group of %s's k8s be where the services run",
    (_, environment) => {
      const joined = Object.entries(environment.clusters).flatMap(([name, cluster]) =>
        instanceGroups(clusterSpec(environment, global, name, cluster, GROUND))
          .filter(({ securityGroups }) => securityGroups.includes("sg-services"))
          .map((group) => [name, group.name, group.labels, group.taints, group.securityGroups]),
      );
      expect(joined).toEqual([["k8s", "nodes", {}, [], ["sg-node", "sg-services"]]]);
    },
  );

  it("takes from the nodes that builds are root on the way to databases, cache and volumes", () => {
    const joined = environments.flatMap((environment) =>
      Object.entries(environment.clusters).flatMap(([name, cluster]) =>
        instanceGroups(clusterSpec(environment, global, name, cluster, GROUND))
          .filter(({ securityGroups }) => securityGroups.includes("sg-builds"))
          .map((group) => [environment.name, name, group.name, group.securityGroups]),
      ),
    );
    expect(joined).toEqual([["dev", "k8s", "ci", ["sg-builds"]]]);
    expect(SECURITY_MATRIX.filter(({ from }) => from === "builds").map(({ to }) => to)).toEqual(
      expect.not.arrayContaining(["db", "cache", "nfs", "entrance"]),
    );
  });
});
