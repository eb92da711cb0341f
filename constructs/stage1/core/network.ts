import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { freeSlots, planSubnets } from "../../../config/cidr-plan";
import type { NetworkConfig } from "../../../config/schema/network";
import { Construct } from "../../shared/cdktf";
import type { Monitoring } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { Endpoints } from "./endpoints";
import { FlowLogs } from "./flow-logs";
import { NatGateways } from "./nat-gateways";
import { networkFacts } from "./network-facts";
import { ResolverQueryLog } from "./resolver-query-log";
import { Routes } from "./routes";
import { SecurityGroups } from "./security-groups";
import type { CoreExports } from "../../shared/platform";
import { Subnets } from "./subnets";

/** Properties of {@link Network}. */
export interface NetworkProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** Account and region of the VPC. */
  readonly account: { readonly id: string; readonly region: string };
  /** Addresses, zones, way out, endpoints. */
  readonly config: NetworkConfig;
  /** Full names of the kops clusters that share the subnets, for example `k8s.dev.opsdx.io`. */
  readonly clusterNames: readonly string[];
  /** Who answers for the network. */
  readonly owner: string;
  /** Name of the bucket that receives S3 access logs. */
  readonly accessLogBucket: string;
  /** Other accounts whose buckets the VPC may write. @default - none */
  readonly trustedAccounts?: readonly string[];
}

/**
 * An environment's VPC: public, private and isolated subnets by role and zone, ways out and in, security groups by role, and
 * a record of who talked to whom. The default network ACL stays as AWS makes it: security groups decide.
 */
export class Network extends Construct {
  /** What later stages need. */
  public readonly exports: CoreExports;

  public constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { monitoring, account, config } = props;
    const { namePrefix } = monitoring;
    const { environment } = monitoring;
    const [slot] = freeSlots(config.cidr, config);
    const addresses = { cidr: config.cidr, subnets: planSubnets(config) };
    describeSystem(this, networkFacts({ environment, account, owner: props.owner, slot, addresses }));

    const vpc = new Vpc(this, "Resource", {
      cidrBlock: config.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: namePrefix },
    });
    const vpcId = vpc.id;
    const internetGateway = new InternetGateway(this, "InternetGateway", { vpcId, tags: { Name: namePrefix } });
    const subnets = new Subnets(this, "Subnets", {
      namePrefix,
      vpcId,
      plan: addresses.subnets,
      clusterNames: props.clusterNames,
    });
    const nat = new NatGateways(this, "Nat", {
      monitoring,
      account,
      clusterNames: props.clusterNames,
      config,
      utilitySubnetIds: subnets.ids.utility,
      internetGateway,
    });
    const routes = new Routes(this, "Routes", {
      namePrefix,
      vpcId,
      internetGatewayId: internetGateway.id,
      nat,
      subnetIds: subnets.ids,
    });
    const groups = new SecurityGroups(this, "SecurityGroups", { namePrefix, vpcId, vpcCidr: config.cidr });
    const endpoints = new Endpoints(this, "Endpoints", {
      monitoring,
      account,
      trustedAccounts: props.trustedAccounts ?? [],
      vpcId,
      routeTableIds: [...Object.values(routes.privateTableIds), routes.dbTableId],
      services: config.interfaceEndpoints,
      subnetIds: Object.values(subnets.ids.node),
      securityGroupId: groups.ids.endpoints,
      clusterNames: props.clusterNames,
      packetsDropThreshold: config.endpointPacketsDropThreshold,
    });
    new FlowLogs(this, "FlowLogs", { monitoring, account, vpcId, accessLogBucket: props.accessLogBucket });
    new ResolverQueryLog(this, "ResolverQueryLog", { monitoring, account, vpcId });
    new SystemHealth(this, "Health", { monitoring, alarms: [...nat.alarms, ...endpoints.alarms] });

    this.exports = {
      vpcId,
      vpcCidr: config.cidr,
      zones: Object.keys(config.zones).sort(),
      utilitySubnetIds: subnets.ids.utility,
      nodeSubnetIds: subnets.ids.node,
      masterSubnetIds: subnets.ids.master,
      dbSubnetIds: subnets.ids.db,
      securityGroupIds: groups.ids,
      natPublicIps: nat.publicIps,
    };
  }
}
