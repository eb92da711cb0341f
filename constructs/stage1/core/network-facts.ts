import type { SystemFacts } from "../../shared/observability/system";
import { portLabel, SECURITY_MATRIX, SECURITY_ROLES, type Peer } from "../../shared/network/security-matrix";

const kebabCase = (peer: Peer): string => peer.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The runbook's chapter on the network; `<env>` stands for the environment.
 *
 * @param slot - the lowest slot that one more zone may have; undefined when none is left
 */
export function networkFacts(owner: string, slot: number | undefined): SystemFacts {
  const account = "$(aws sts get-caller-identity --query Account --output text)";
  const vpc =
    "$(aws ec2 describe-vpcs --filters Name=tag:Name,Values=opsdx-<env> --query 'Vpcs[0].VpcId' --output text)";
  return {
    name: "core",
    title: "VPC & Networking",
    owner,
    purpose:
      "One VPC per environment: public subnets (utility) for load balancers and NAT gateways, private ones for nodes and for masters, isolated ones for databases, in each availability zone. Addresses and zones stand in config/environments/<env>.ts.",
    launch: ["npx cdktf diff <env>-stage1", "npx cdktf deploy <env>-stage1"],
    stop: [
      "Everything else stands on it: destroy stage3, stage2 and the databases first, then `npx cdktf destroy <env>-stage1`.",
    ],
    status: [
      `aws ec2 describe-subnets --filters Name=vpc-id,Values=${vpc} --query 'sort_by(Subnets,&CidrBlock)[].[CidrBlock,AvailabilityZone,AvailableIpAddressCount,Tags[?Key==\`Name\`]|[0].Value]' --output table`,
      `aws ec2 describe-nat-gateways --filter Name=vpc-id,Values=${vpc} --query 'NatGateways[].[NatGatewayId,State,NatGatewayAddresses[0].PublicIp,SubnetId]' --output table`,
      `aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values=${vpc} --query 'VpcEndpoints[].[ServiceName,VpcEndpointType,State]' --output table`,
      "aws cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names opsdx-<env>-core-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text",
    ],
    logs: [
      "Rejected flows, a minute or so old: `awslogs get opsdx-<env>-flow-logs-rejected --start='1h ago'`; saved queries under `opsdx-<env>/core/` in CloudWatch Logs Insights tell them by source, by port and for an address.",
      "DNS queries of the VPC: `awslogs get opsdx-<env>-resolver-queries --start='1h ago'`; saved queries stand beside those.",
      `Every flow, by the hour, as parquet: \`aws s3 sync "s3://opsdx-<env>-flow-logs/AWSLogs/${account}/vpcflowlogs/us-east-1/$(date -u +%Y/%m/%d/%H)/" flows/\`, then \`duckdb -c "select srcaddr, dstaddr, dstport, action, sum(bytes) from 'flows/*.parquet' group by all order by 5 desc limit 20"\``,
    ],
    metrics: [
      "aws cloudwatch list-metrics --namespace AWS/NATGateway",
      "aws cloudwatch list-metrics --namespace AWS/PrivateLinkEndpoints",
    ],
    procedures: [
      {
        title: "Why can A not reach B",
        steps: [
          "Run the saved query `opsdx-<env>/core/rejected flows of an address` with A's address. A line: a security group refused it; look up the pair in the table below. No line: the packet never came there; look at routes and DNS.",
          "aws ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=<address> --query 'NetworkInterfaces[].[NetworkInterfaceId,Description,SubnetId,Groups[].GroupName]' --output json",
          "To open a connection, add a line to SECURITY_MATRIX in constructs/stage1/core/security-matrix.ts and deploy: never by hand.",
        ],
      },
      {
        title: "Who may connect to whom",
        steps: SECURITY_MATRIX.map(
          (rule) => `${kebabCase(rule.from)} to ${kebabCase(rule.to)}: ${portLabel(rule)}. ${rule.why}.`,
        ),
      },
      {
        title: "Security groups and what carries them",
        steps: Object.entries(SECURITY_ROLES).map(
          ([role, carrier]) => `opsdx-<env>-${kebabCase(role as keyof typeof SECURITY_ROLES)}: ${carrier}.`,
        ),
      },
      {
        title: "Add an availability zone",
        steps: [
          slot === undefined
            ? "No slot is left whose subnets fit for every role: another range in `network.subnets` of config/environments/<env>.ts must be found first, and a range that is in use never moves."
            : `Add it to \`network.zones\` in config/environments/<env>.ts with slot ${slot}, the lowest that fits for every role: the slot fixes its addresses for good. Then \`npx cdktf diff <env>-stage1\`: only additions, except the lists of subnets. The rest stands in docs/recipes/add-a-zone.md.`,
          "With `nat` at `per-az` a public address comes with it: Epic's firewall must know it before nodes start there: `terraform output -json core | jq .natPublicIps` in cdktf.out/stacks/<env>-stage1.",
        ],
      },
      {
        title: "A zone with the only NAT gateway is down",
        steps: [
          'Set `nat: "per-az"` in config/environments/<env>.ts and run `npx cdktf deploy <env>-stage1`: each zone gets a gateway of its own; the lost one keeps its address.',
          "Tell Epic's network team the new addresses: `terraform output -json core | jq .natPublicIps` in cdktf.out/stacks/<env>-stage1.",
        ],
      },
    ],
  };
}
