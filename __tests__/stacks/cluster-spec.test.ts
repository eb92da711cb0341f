import { loadConfig } from "../../config/load";
import { clusterSpec, type ClusterGround } from "../../stacks/stage2-stack";
import { instanceGroups } from "../../constructs/stage2/kops/spec";

const { environments, global } = loadConfig();

const GROUND: ClusterGround = {
  core: {
    vpcId: "vpc",
    nodeSubnetIds: {},
    masterSubnetIds: {},
    utilitySubnetIds: {},
    securityGroupIds: { api: "sg-api", master: "sg-master", node: "sg-node", services: "sg-services" },
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
});
