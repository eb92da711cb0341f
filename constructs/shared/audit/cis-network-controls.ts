import { aws, output, shell } from "../observability/command";
import { placeholder } from "../observability/placeholders";
import type { CisControl } from "./trail-watch";

const ID = placeholder("id");

/** The controls that watch the network: what may be reached, and how packets go. */
export const CIS_NETWORK_CONTROLS: readonly CisControl[] = [
  {
    id: "SecurityGroupChanges",
    name: "cis-security-group-changes",
    section: "4.10",
    match: {
      names: [
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
        "CreateSecurityGroup",
        "DeleteSecurityGroup",
      ],
    },
    intent: "A security group changed: a port may be open that should not be.",
    severity: "ticket",
    lookup: { key: "EventName", value: "AuthorizeSecurityGroupIngress" },
    steps: ({ diff }) => [
      [
        "Open to the world? This must be empty but for the load balancer's ports 80 and 443:",
        shell(`GROUP=${ID}`),
        aws(
          `ec2 describe-security-group-rules --filters "Name=group-id,Values=$GROUP" --query "SecurityGroupRules[?CidrIpv4=='0.0.0.0/0' && !IsEgress]"`,
        ),
      ],
      [
        "Made by hand: take the rule out; nothing must differ then.",
        aws(`ec2 revoke-security-group-ingress --group-id "$GROUP" --security-group-rule-ids ${ID}`),
        diff,
      ],
    ],
  },
  {
    id: "NetworkAclChanges",
    name: "cis-network-acl-changes",
    section: "4.11",
    match: {
      names: [
        "CreateNetworkAcl",
        "CreateNetworkAclEntry",
        "DeleteNetworkAcl",
        "DeleteNetworkAclEntry",
        "ReplaceNetworkAclEntry",
        "ReplaceNetworkAclAssociation",
      ],
    },
    intent: "A network ACL changed. This program leaves them as AWS made them, so somebody did it by hand.",
    severity: "ticket",
    lookup: { key: "EventSource", value: "ec2.amazonaws.com" },
    steps: () => [
      [
        "See the entries; AWS's default is one rule 100 that allows all, in each direction:",
        aws(`ec2 describe-network-acls --network-acl-ids ${ID} --query 'NetworkAcls[].Entries'`),
      ],
      [
        "Take the entry out (or `--egress`):",
        aws(`ec2 delete-network-acl-entry --network-acl-id ${ID} --rule-number ${placeholder("number")} --ingress`),
      ],
    ],
  },
  {
    id: "GatewayChanges",
    name: "cis-gateway-changes",
    section: "4.12",
    match: {
      names: [
        "CreateCustomerGateway",
        "DeleteCustomerGateway",
        "AttachInternetGateway",
        "CreateInternetGateway",
        "DeleteInternetGateway",
        "DetachInternetGateway",
      ],
    },
    intent: "A way out of the VPC appeared or went: traffic may leave where nobody looks, or not at all.",
    severity: "ticket",
    lookup: { key: "EventName", value: "AttachInternetGateway" },
    steps: ({ deploy }) => [
      [
        "There is one internet gateway for each VPC, and no customer gateway:",
        aws("ec2 describe-internet-gateways --query 'InternetGateways[].[InternetGatewayId,Attachments[].VpcId]'"),
        aws("ec2 describe-customer-gateways"),
      ],
      ["No deployment ran: put back what is missing:", deploy],
      [
        "Detach what is too many:",
        shell(`GATEWAY=${ID}`),
        shell(
          `VPC=${output(aws(`ec2 describe-internet-gateways --internet-gateway-ids "$GATEWAY" --query 'InternetGateways[0].Attachments[0].VpcId' --output text`))}`,
        ),
        aws('ec2 detach-internet-gateway --internet-gateway-id "$GATEWAY" --vpc-id "$VPC"'),
      ],
    ],
  },
  {
    id: "RouteTableChanges",
    name: "cis-route-table-changes",
    section: "4.13",
    match: {
      names: [
        "CreateRoute",
        "CreateRouteTable",
        "ReplaceRoute",
        "ReplaceRouteTableAssociation",
        "DeleteRouteTable",
        "DeleteRoute",
        "DisassociateRouteTable",
      ],
    },
    intent: "A route changed: a private or a database subnet may have got a way to the internet.",
    severity: "ticket",
    lookup: { key: "EventName", value: "CreateRoute" },
    steps: ({ deploy, diff }) => [
      [
        "Database subnets have no default route, private ones go through NAT:",
        aws(
          `ec2 describe-route-tables --query "RouteTables[].[RouteTableId,Routes[?DestinationCidrBlock=='0.0.0.0/0'].[GatewayId,NatGatewayId]]"`,
        ),
      ],
      ["See what is not from the code, and put it right:", diff, deploy],
      [
        "What the code does not know:",
        aws(
          `ec2 delete-route --route-table-id ${ID} --destination-cidr-block ${placeholder("address")}/${placeholder("number")}`,
        ),
      ],
    ],
  },
  {
    id: "VpcChanges",
    name: "cis-vpc-changes",
    section: "4.14",
    match: {
      names: [
        "CreateVpc",
        "DeleteVpc",
        "ModifyVpcAttribute",
        "AcceptVpcPeeringConnection",
        "CreateVpcPeeringConnection",
        "DeleteVpcPeeringConnection",
        "RejectVpcPeeringConnection",
        "AttachClassicLinkVpc",
        "DetachClassicLinkVpc",
        "DisableVpcClassicLink",
        "EnableVpcClassicLink",
      ],
    },
    intent: "A VPC or a peering changed: a network that nobody watches may reach the databases.",
    severity: "ticket",
    lookup: { key: "EventName", value: "CreateVpcPeeringConnection" },
    steps: () => [
      [
        "List them. One VPC is ours; there is no peering.",
        aws("ec2 describe-vpcs --query 'Vpcs[].[VpcId,CidrBlock,IsDefault]'"),
        aws(
          "ec2 describe-vpc-peering-connections --query 'VpcPeeringConnections[].[VpcPeeringConnectionId,Status.Code,AccepterVpcInfo.OwnerId]'",
        ),
      ],
      ["An unknown peering:", aws(`ec2 delete-vpc-peering-connection --vpc-peering-connection-id ${ID}`)],
    ],
  },
];
