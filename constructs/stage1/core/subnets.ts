import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { SUBNET_ROLES, type PlannedSubnet, type SubnetRole } from "../../../config/cidr-plan";
import { Construct } from "../../shared/cdktf";
import type { ByZone } from "../../shared/platform";

/** Properties of {@link Subnets}. */
export interface SubnetsProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The VPC. */
  readonly vpcId: string;
  /** The subnets to make. */
  readonly plan: readonly PlannedSubnet[];
  /** Full names of the kops clusters that share the subnets, for example `k8s.dev.opsdx.io`. */
  readonly clusterNames: readonly string[];
}

/** A zone's part of a construct id: `us-east-1a` becomes `UsEast1A`. */
export function zoneId(zone: string): string {
  return zone
    .split("-")
    .map((part) => part.replace(/[a-z]/, (letter) => letter.toUpperCase()))
    .join("");
}

/** A subnet's construct id: `NodeUsEast1A`. */
export function subnetId(role: SubnetRole, zone: string): string {
  return role.charAt(0).toUpperCase() + role.slice(1) + zoneId(zone);
}

/**
 * Tags by which kops, the cloud controller and the load balancer controller find shared subnets. Only one private subnet per
 * zone may be an internal load balancer's, or the controller picks one by id: the nodes'.
 * @see https://kops.sigs.k8s.io/run_in_existing_vpc/
 */
function discoveryTags(role: SubnetRole, clusterNames: readonly string[]): Record<string, string> {
  if (role === "db") return {};
  return {
    SubnetType: role === "utility" ? "Utility" : "Private",
    ...(role === "utility" ? { "kubernetes.io/role/elb": "1" } : {}),
    ...(role === "node" ? { "kubernetes.io/role/internal-elb": "1" } : {}),
    ...Object.fromEntries(clusterNames.map((name) => [`kubernetes.io/cluster/${name}`, "shared"])),
  };
}

/**
 * The subnets of a VPC. Each one's address in Terraform comes from its role and its zone's name alone, so no other subnet
 * moves when a zone or a role comes or goes.
 */
export class Subnets extends Construct {
  /** Subnet ids by role, then by zone name. */
  public readonly ids: Readonly<Record<SubnetRole, ByZone>>;

  public constructor(scope: Construct, id: string, props: SubnetsProps) {
    super(scope, id);
    const ids = Object.fromEntries(SUBNET_ROLES.map((role) => [role, {}])) as Record<
      SubnetRole,
      Record<string, string>
    >;
    for (const { role, zone, cidr } of props.plan) {
      ids[role][zone] = new Subnet(this, subnetId(role, zone), {
        vpcId: props.vpcId,
        availabilityZone: zone,
        cidrBlock: cidr,
        // A load balancer or NAT gateway brings its own public address.
        mapPublicIpOnLaunch: false,
        tags: { Name: `${props.namePrefix}-${role}-${zone}`, ...discoveryTags(role, props.clusterNames) },
      }).id;
    }
    this.ids = ids;
  }
}
