import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { Subnet, type SubnetConfig } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { vpcRules } from "../../../../../constructs/shared/policy/rules/vpc";
import { testRules, type Build } from "./support";

const vpc =
  (more?: (vpcId: string, stack: Parameters<Build>[0]) => void): Build =>
  (stack) => {
    const { id } = new Vpc(stack, "Bad", { cidrBlock: "10.0.0.0/16" });
    more?.(id, stack);
  };

const subnet =
  (config: Partial<SubnetConfig> = {}): Build =>
  (stack) =>
    new Subnet(stack, "Bad", { vpcId: "vpc", ...config });

testRules(vpcRules, {
  VPCDefaultSecurityGroupClosed: {
    accepts: { "an empty group": vpc((vpcId, stack) => new DefaultSecurityGroup(stack, "Group", { vpcId })) },
    refuses: {
      "a group left alone": ["leaves its default security group open", vpc()],
      "a rule": [
        "has rules in its default security group",
        vpc(
          (vpcId, stack) =>
            new DefaultSecurityGroup(stack, "Group", {
              vpcId,
              egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
            }),
        ),
      ],
    },
  },
  VPCFlowLogsEnabled: {
    accepts: { "a flow log": vpc((vpcId, stack) => new FlowLog(stack, "Log", { vpcId, trafficType: "ALL" })) },
    refuses: { none: ["keeps no flow log", vpc()] },
  },
  VPCNoUnrestrictedRouteToIGW: {
    accepts: {
      "a route to a NAT gateway": (stack) => {
        const { id } = new NatGateway(stack, "Nat", { subnetId: "subnet" });
        new Route(stack, "Route", { routeTableId: "rtb", destinationCidrBlock: "0.0.0.0/0", natGatewayId: id });
      },
      "one network through the internet gateway": (stack) => {
        const { id } = new InternetGateway(stack, "Gateway", {});
        new Route(stack, "Route", { routeTableId: "rtb", destinationCidrBlock: "192.0.2.0/24", gatewayId: id });
      },
    },
    refuses: {
      everything: [
        "sends everything to the internet gateway",
        (stack) => {
          const { id } = new InternetGateway(stack, "Gateway", {});
          new Route(stack, "Bad", { routeTableId: "rtb", destinationCidrBlock: "0.0.0.0/0", gatewayId: id });
        },
      ],
      "everything of IPv6, in a table": [
        "sends everything to the internet gateway",
        (stack) => {
          const { id } = new InternetGateway(stack, "Gateway", {});
          new RouteTable(stack, "Bad", { vpcId: "vpc", route: [{ ipv6CidrBlock: "::/0", gatewayId: id }] });
        },
      ],
    },
  },
  VPCSubnetAutoAssignPublicIpDisabled: {
    accepts: { "the default": subnet(), "switched off": subnet({ mapPublicIpOnLaunch: false }) },
    refuses: {
      IPv4: ["gives every machine a public address", subnet({ mapPublicIpOnLaunch: true })],
      IPv6: ["gives every machine a public address", subnet({ assignIpv6AddressOnCreation: true })],
    },
  },
});
