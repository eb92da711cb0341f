import { HIPAA } from "../citations";
import { blocks, isTrue, type Block } from "../model";
import { resourceRule, type Rule } from "../rule";

const toInternet = (route: Block, gateway: unknown): boolean =>
  String(gateway).includes("aws_internet_gateway.") &&
  ["cidr_block", "ipv6_cidr_block", "destination_cidr_block", "destination_ipv6_cidr_block"].some((argument) =>
    String(route[argument]).endsWith("/0"),
  );

/** Rules on networks. */
export const vpcRules: readonly Rule[] = [
  resourceRule({
    id: "VPCDefaultSecurityGroupClosed",
    citation: HIPAA.transmission,
    fix: "take the default group over with an aws_default_security_group without rules",
    types: ["aws_vpc"],
    problem: (vpc, stack) => {
      const [group] = stack.referring("aws_default_security_group", "vpc_id", vpc);
      if (group === undefined) return "leaves its default security group open";
      return ["ingress", "egress"].some((side) => blocks(group.body, side).length > 0)
        ? "has rules in its default security group"
        : undefined;
    },
  }),
  resourceRule({
    id: "VPCFlowLogsEnabled",
    citation: HIPAA.accessLog,
    fix: "give the VPC an aws_flow_log",
    types: ["aws_vpc"],
    problem: (vpc, stack) =>
      stack.referring("aws_flow_log", "vpc_id", vpc).length > 0 ? undefined : "keeps no flow log",
  }),
  resourceRule({
    id: "VPCNoUnrestrictedRouteToIGW",
    citation: HIPAA.transmission,
    fix: "route private subnets through a NAT gateway; acknowledge the route of the public ones",
    types: ["aws_route", "aws_route_table"],
    problem: ({ type, body }) => {
      const routes = type === "aws_route" ? [body] : blocks(body, "route");
      return routes.some((route) => toInternet(route, route["gateway_id"]))
        ? "sends everything to the internet gateway"
        : undefined;
    },
  }),
  resourceRule({
    id: "VPCSubnetAutoAssignPublicIpDisabled",
    citation: HIPAA.noPublicAccess,
    fix: "do not set map_public_ip_on_launch",
    types: ["aws_subnet"],
    problem: ({ body }) =>
      isTrue(body["map_public_ip_on_launch"]) || isTrue(body["assign_ipv6_address_on_creation"])
        ? "gives every machine a public address"
        : undefined,
  }),
];
