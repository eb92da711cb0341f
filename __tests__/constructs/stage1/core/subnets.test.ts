import * as fc from "fast-check";
import { planSubnets, SUBNET_ROLES, type PlannedSubnet } from "../../../../config/cidr-plan";
import { subnetId, Subnets, zoneId } from "../../../../constructs/stage1/core/subnets";
import { synth, type Synthesized } from "../../../support";
import { byAddress, nameTag, NETWORK } from "./support";

const plan = planSubnets(NETWORK);

function subnetsOf(planned: readonly PlannedSubnet[]): Synthesized {
  return synth((scope) => {
    new Subnets(scope, "Subnets", {
      namePrefix: "opsdx-dev",
      vpcId: "vpc-1",
      plan: planned,
      clusterNames: ["k8s.dev.opsdx.io", "k8s-ml.dev.opsdx.io"],
    });
  });
}

const tagsOf = (stack: Synthesized, name: string): unknown =>
  stack.ofType("aws_subnet").find(({ body }) => nameTag(body) === name)?.body["tags"];

describe("Subnets", () => {
  const stack = subnetsOf(plan);

  it("makes each planned subnet in its zone, without automatic public addresses", () => {
    expect(stack.ofType("aws_subnet")).toHaveLength(12);
    for (const { role, zone, cidr } of plan) {
      const { body } = stack.one("aws_subnet", { cidr_block: cidr });
      expect(body).toMatchObject({ availability_zone: zone, map_public_ip_on_launch: false, vpc_id: "vpc-1" });
      expect(nameTag(body)).toBe(`opsdx-dev-${role}-${zone}`);
    }
  });

  const shared = {
    "kubernetes.io/cluster/k8s.dev.opsdx.io": "shared",
    "kubernetes.io/cluster/k8s-ml.dev.opsdx.io": "shared",
  };
  it.each([
    ["utility", { SubnetType: "Utility", "kubernetes.io/role/elb": "1", ...shared }],
    ["node", { SubnetType: "Private", "kubernetes.io/role/internal-elb": "1", ...shared }],
    ["master", { SubnetType: "Private", ...shared }],
    ["db", {}],
  ])("tags %s subnets as kops and the load balancer controller look for them", (role, tags) => {
    const name = `opsdx-dev-${role}-us-east-1c`;
    expect(tagsOf(stack, name)).toEqual({ Name: name, ...tags });
  });

  it("names constructs by role and zone", () => {
    expect(zoneId("us-east-1a")).toBe("UsEast1A");
    expect(zoneId("ap-southeast-2c")).toBe("ApSoutheast2C");
    expect(subnetId("node", "us-east-1a")).toBe("NodeUsEast1A");
    expect(stack.one("aws_subnet", { cidr_block: "10.0.32.0/19" }).path).toBe("test/Subnets/NodeUsEast1A");
  });

  it("has an empty list for a role without subnets", () => {
    let ids: Subnets["ids"] | undefined;
    synth((scope) => {
      ids = new Subnets(scope, "Subnets", { namePrefix: "opsdx-dev", vpcId: "vpc-1", plan: [], clusterNames: [] }).ids;
    });
    expect(ids).toEqual({ utility: {}, node: {}, master: {}, db: {} });
  });

  it("leaves every other subnet's address and block alone when zones and roles come or go", () => {
    const all = byAddress(stack, "aws_subnet", "cidr_block");
    fc.assert(
      fc.property(
        fc.subarray(Object.keys(NETWORK.zones)),
        fc.subarray([...SUBNET_ROLES]),
        fc.boolean(),
        (zones, roles, backwards) => {
          const kept = plan.filter(({ role, zone }) => zones.includes(zone) && roles.includes(role));
          const some = byAddress(subnetsOf(backwards ? [...kept].reverse() : kept), "aws_subnet", "cidr_block");
          expect(Object.keys(some)).toHaveLength(zones.length * roles.length);
          expect(all).toMatchObject(some);
        },
      ),
      { numRuns: 25 },
    );
  });
});
