import type { PlannedSubnet, SubnetRole } from "../../../config/cidr-plan";
import { accountBucket, namePrefix, stackName } from "../../../config/names";
import { aws, awslogs, cdktf, output, pipe, shell, terraform, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import { portLabel, SECURITY_MATRIX, SECURITY_ROLES, type Peer } from "../../shared/network/security-matrix";

const kebabCase = (peer: Peer): string => peer.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Copies this hour's flow records of the VPC into a folder `flows`. */
export function downloadFlows(prefix: string, account: NetworkFactsProps["account"]): Command {
  return aws(
    `s3 sync "s3://${accountBucket(prefix, "flow-logs", account.id)}/AWSLogs/${account.id}/vpcflowlogs/${account.region}/$(date -u +%Y/%m/%d/%H)/" flows/`,
  );
}

/** What the network's page of the runbook is written from. */
export interface NetworkFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the VPC. */
  readonly account: { readonly id: string; readonly region: string };
  /** Who answers for the network. */
  readonly owner: string;
  /** The lowest slot that one more zone may have; undefined when none is left. */
  readonly slot: number | undefined;
  /** Its addresses: the block of the VPC, and the subnets. */
  readonly addresses: { readonly cidr: string; readonly subnets: readonly PlannedSubnet[] };
}

/** What a role's subnets hold, and how they reach the internet: `subnets.ts` and `routes.ts` make them so. */
const TIERS: Readonly<Record<SubnetRole, string>> = {
  utility: "public: load balancers and NAT gateways; out and in by the internet gateway",
  node: "private: nodes, functions, controllers, runners, endpoints and mount targets; out by a NAT gateway",
  master: "private: control planes of the clusters; out by a NAT gateway",
  db: "isolated: databases and caches; no way out",
};

/** The runbook's chapter on the network. */
export function networkFacts({ account, addresses, environment, owner, slot }: NetworkFactsProps): SystemFacts {
  const prefix = namePrefix(environment);
  const config = `config/environments/${environment}.ts`;
  const stage1 = stackName(environment, "stage1");
  const deploy = cdktf("deploy", stage1);
  const diff = cdktf("diff", stage1);
  const publicAddresses = pipe(terraform(stage1, "output -json core"), "jq .natPublicIps");
  const vpc = output(
    aws(`ec2 describe-vpcs --filters Name=tag:Name,Values=${prefix} --query 'Vpcs[0].VpcId' --output text`),
  );
  return {
    name: "core",
    title: "VPC & Networking",
    owner,
    purpose: `One VPC per environment: public subnets (utility) for load balancers and NAT gateways, private ones for nodes and for masters, isolated ones for databases, in each availability zone. Addresses and zones stand in ${config}.`,
    launch: [diff, deploy],
    stop: [
      [
        `Everything else stands on it. First \`deletionProtection: false\` in ${config}, and a deploy of each stage, or Terraform refuses; then destroy stage3 and stage2, and then this, with the databases:`,
        cdktf("destroy", stage1),
      ],
    ],
    status: [
      aws(
        `ec2 describe-subnets --filters Name=vpc-id,Values=${vpc} --query 'sort_by(Subnets,&CidrBlock)[].[CidrBlock,AvailabilityZone,AvailableIpAddressCount,Tags[?Key==\`Name\`]|[0].Value]' --output table`,
      ),
      aws(
        `ec2 describe-nat-gateways --filter Name=vpc-id,Values=${vpc} --query 'NatGateways[].[NatGatewayId,State,NatGatewayAddresses[0].PublicIp,SubnetId]' --output table`,
      ),
      aws(
        `ec2 describe-vpc-endpoints --filters Name=vpc-id,Values=${vpc} --query 'VpcEndpoints[].[ServiceName,VpcEndpointType,State]' --output table`,
      ),
      aws(
        `cloudwatch describe-alarms --alarm-types CompositeAlarm --alarm-names ${prefix}-core-health --query 'CompositeAlarms[].[StateValue,StateReason]' --output text`,
      ),
    ],
    logs: [
      [
        "Rejected flows, a minute or so old:",
        awslogs(`${prefix}-flow-logs-rejected`),
        `Saved queries under \`${prefix}/core/\` in CloudWatch Logs Insights tell them by source, by port and for an address.`,
      ],
      ["DNS queries of the VPC; saved queries stand beside those:", awslogs(`${prefix}-resolver-queries`)],
      [
        "Every flow, by the hour, as parquet:",
        downloadFlows(prefix, account),
        shell(
          `duckdb -c "select srcaddr, dstaddr, dstport, action, sum(bytes) from 'flows/*.parquet' group by all order by 5 desc limit 20"`,
        ),
      ],
    ],
    metrics: [
      aws("cloudwatch list-metrics --namespace AWS/NATGateway"),
      aws("cloudwatch list-metrics --namespace AWS/PrivateLinkEndpoints"),
    ],
    procedures: [
      {
        title: "VPC and subnets",
        steps: [
          `VPC ${prefix}: ${addresses.cidr}. It has one internet gateway, ${prefix}; ${config} says whether there is one NAT gateway or one for each zone (\`network.nat\`).`,
          ...addresses.subnets.map(({ cidr, role, zone }) => `${role} ${zone}: ${cidr}. ${TIERS[role]}.`),
          [
            "The internet gateway as it is attached:",
            aws(
              `ec2 describe-internet-gateways --filters Name=attachment.vpc-id,Values=${vpc} --query 'InternetGateways[].[InternetGatewayId,Attachments[0].State]' --output text`,
            ),
          ],
        ],
      },
      {
        title: "Why can A not reach B",
        steps: [
          `Run the saved query \`${prefix}/core/rejected flows of an address\` with A's address. A line: a security group refused it; look up the pair in the table below. No line: the packet never came there; look at routes and DNS.`,
          [
            "What has the address, and its security groups:",
            aws(
              `ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=${placeholder("address")} --query 'NetworkInterfaces[].[NetworkInterfaceId,Description,SubnetId,Groups[].GroupName]' --output json`,
            ),
          ],
          "To open a connection, add a line to SECURITY_MATRIX in constructs/shared/network/security-matrix.ts and deploy: never by hand.",
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
          ([role, carrier]) => `${prefix}-${kebabCase(role as keyof typeof SECURITY_ROLES)}: ${carrier}.`,
        ),
      },
      {
        title: "Add an availability zone",
        steps: [
          slot === undefined
            ? `No slot is left whose subnets fit for every role: another range in \`network.subnets\` of ${config} must be found first, and a range that is in use never moves.`
            : [
                `Add it to \`network.zones\` in ${config} with slot ${slot}, the lowest that fits for every role: the slot fixes its addresses for good. Then only additions must show, except the lists of subnets:`,
                diff,
                "The rest stands in docs/recipes/add-a-zone.md.",
              ],
          [
            "With `nat` at `per-az` a public address comes with it; Epic's firewall must know it before nodes start there:",
            publicAddresses,
          ],
        ],
      },
      {
        title: "A zone with the only NAT gateway is down",
        steps: [
          [
            `Set \`nat: "per-az"\` in ${config}; each zone gets a gateway of its own, and the lost one keeps its address:`,
            deploy,
          ],
          ["Tell Epic's network team the new addresses:", publicAddresses],
        ],
      },
    ],
  };
}
