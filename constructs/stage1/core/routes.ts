import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Route } from "@cdktf/provider-aws/lib/route";
import { type SubnetRole } from "../../../config/cidr-plan";
import { Construct } from "../../shared/cdktf";
import type { ByZone } from "../../shared/platform";
import { acknowledge } from "../../shared/policy/acknowledge";
import type { NatGateways } from "./nat-gateways";
import { subnetId, zoneId } from "./subnets";

/** Properties of {@link Routes}. */
export interface RoutesProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** The VPC. */
  readonly vpcId: string;
  /** The way out of the public subnets. */
  readonly internetGatewayId: string;
  /** The way out of the private subnets. */
  readonly nat: NatGateways;
  /** Subnet ids by role, then by zone name. */
  readonly subnetIds: Readonly<Record<SubnetRole, ByZone>>;
}

const ANYWHERE = "0.0.0.0/0";

/**
 * Route tables: one for the public subnets, one per zone for nodes and control planes, and one for the databases, which has
 * no way out at all.
 */
export class Routes extends Construct {
  /** Route tables of nodes and control planes, by zone name. */
  public readonly privateTableIds: ByZone;
  /** Route table of the databases. */
  public readonly dbTableId: string;

  public constructor(scope: Construct, id: string, props: RoutesProps) {
    super(scope, id);
    const { subnetIds } = props;
    const table = (tableId: string, name: string): string =>
      new RouteTable(this, tableId, { vpcId: props.vpcId, tags: { Name: `${props.namePrefix}-${name}` } }).id;
    const associate = (role: SubnetRole, zone: string, routeTableId: string): void => {
      new RouteTableAssociation(this, `${subnetId(role, zone)}Association`, {
        subnetId: subnetIds[role][zone],
        routeTableId,
      });
    };

    const publicTableId = table("Public", "public");
    const toInternet = new Route(this, "PublicDefault", {
      routeTableId: publicTableId,
      destinationCidrBlock: ANYWHERE,
      gatewayId: props.internetGatewayId,
    });
    acknowledge(
      toInternet,
      "VPCNoUnrestrictedRouteToIGW",
      "The utility subnets hold load balancers and NAT gateways only; no instance gets a public address there",
    );
    for (const zone of Object.keys(subnetIds.utility)) associate("utility", zone, publicTableId);

    this.privateTableIds = Object.fromEntries(
      Object.keys(subnetIds.node).map((zone) => {
        const tableId = table(`Private${zoneId(zone)}`, `private-${zone}`);
        new Route(this, `Private${zoneId(zone)}Default`, {
          routeTableId: tableId,
          destinationCidrBlock: ANYWHERE,
          natGatewayId: props.nat.gatewayFor(zone),
        });
        associate("node", zone, tableId);
        associate("master", zone, tableId);
        return [zone, tableId];
      }),
    );

    this.dbTableId = table("Db", "db");
    for (const zone of Object.keys(subnetIds.db)) associate("db", zone, this.dbTableId);
  }
}
