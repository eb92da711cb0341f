import { Eip } from "@cdktf/provider-aws/lib/eip";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import type { NetworkConfig } from "../../../config/schema/network";
import { stackName } from "../../../config/names";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf, kubectl, output, pipe, shell } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import { placeholder } from "../../shared/observability/placeholders";
import type { ByZone } from "../../shared/platform";
import { PropsError } from "../../shared/props-error";
import { downloadFlows } from "./network-facts";
import { zoneId } from "./subnets";

/** Properties of {@link NatGateways}. */
export interface NatGatewaysProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Account and region of the VPC. */
  readonly account: { readonly id: string; readonly region: string };
  /** Full names of the clusters in the VPC: the runbook's commands name them. */
  readonly clusterNames: readonly string[];
  /** Mode, zones and alarm threshold. */
  readonly config: Pick<NetworkConfig, "nat" | "zones" | "natPacketsDropThreshold">;
  /** Public subnets by zone name. */
  readonly utilitySubnetIds: ByZone;
  /** The internet gateway: a NAT gateway works only after it. */
  readonly internetGateway: ITerraformDependable;
}

/**
 * The way out of the private subnets: one NAT gateway for all, or one per zone. The one stands in the zone with the lowest
 * slot, which new zones never take over: its public address, known to Epic's firewall, survives new zones and the switch to
 * one per zone.
 */
export class NatGateways extends Construct {
  /** Public address of each gateway, by zone name. */
  public readonly publicIps: ByZone;
  /** The alarms. */
  public readonly alarms: readonly Alarm[];
  private readonly ids: ByZone;
  private readonly first: string;

  public constructor(scope: Construct, id: string, props: NatGatewaysProps) {
    super(scope, id);
    const zones = Object.entries(props.config.zones)
      .sort(([, a], [, b]) => a.slot - b.slot)
      .map(([zone]) => zone);
    this.first = zones[0] ?? this.fail();
    const ids: Record<string, string> = {};
    const publicIps: Record<string, string> = {};
    const alarms: Alarm[] = [];
    for (const zone of props.config.nat === "single" ? [this.first] : zones) {
      const tags = { Name: `${props.monitoring.namePrefix}-nat-${zone}` };
      const address = new Eip(this, `Address${zoneId(zone)}`, { domain: "vpc", tags });
      const gateway = new NatGateway(this, `Gateway${zoneId(zone)}`, {
        allocationId: address.id,
        subnetId: props.utilitySubnetIds[zone],
        tags,
        dependsOn: [props.internetGateway],
      });
      ids[zone] = gateway.id;
      publicIps[zone] = address.publicIp;
      alarms.push(...this.alarmsOf(zone, gateway.id, props));
    }
    this.ids = ids;
    this.publicIps = publicIps;
    this.alarms = alarms;
  }

  /** Id of the gateway that serves a zone. */
  public gatewayFor(zone: string): string {
    return this.ids[zone] ?? this.ids[this.first] ?? this.fail();
  }

  private fail(): never {
    throw new PropsError(this, ["config.zones must hold at least one zone, got none"]);
  }

  private alarmsOf(zone: string, gatewayId: string, props: NatGatewaysProps): Alarm[] {
    const { account, clusterNames, monitoring } = props;
    const prefix = monitoring.namePrefix;
    const metric = (name: string) => ({
      namespace: "AWS/NATGateway",
      name,
      dimensions: { NatGatewayId: gatewayId },
      statistic: "Sum",
    });
    const { environment } = monitoring;
    const config = `config/environments/${environment}.ts`;
    const deploy = cdktf("deploy", stackName(environment, "stage1"));
    const find = [
      "See its state:",
      aws(
        `ec2 describe-nat-gateways --filter Name=tag:Name,Values=${prefix}-nat-${zone} --query 'NatGateways[].[NatGatewayId,State,FailureMessage]' --output text`,
      ),
    ];
    const routeTable = aws(
      `ec2 describe-route-tables --filters Name=tag:Name,Values=${prefix}-private-${zone} --query 'RouteTables[0].RouteTableId' --output text`,
    );
    return [
      new Alarm(this, `PortAllocation${zoneId(zone)}`, {
        monitoring,
        name: `nat-${zone}-port-allocation`,
        kind: "nat-port-allocation",
        of: { zone },
        intent: `New connections through the NAT gateway of ${zone} fail: ETL jobs cannot reach Epic, nodes cannot pull images.`,
        severity: "page",
        steps: [
          find,
          [
            // https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
            "One address carries 55 000 connections to one destination at a time: find that destination and who opens them.",
            downloadFlows(prefix, account),
            shell(
              `duckdb -c "select srcaddr, dstaddr, dstport, count(*) flows from 'flows/*.parquet' where flow_direction = 'egress' group by all order by flows desc limit 20"`,
            ),
          ],
          [
            "Find the node by that address:",
            ...clusterNames.map((cluster) =>
              pipe(kubectl({ cluster }, "get nodes -o wide"), `grep -wF ${placeholder("address")}`),
            ),
            "Then its pods; read their logs, and stop what opens connections without closing them.",
            ...clusterNames.map((cluster) =>
              kubectl({ cluster }, `get pods -A -o wide --field-selector spec.nodeName=${placeholder("node")}`),
            ),
          ],
          [
            `If the load is real and \`network.nat\` is \`single\`: set it to \`per-az\` in ${config}, then:`,
            deploy,
            "The present address stays; Epic's firewall must learn the new ones first.",
          ],
        ],
        metric: metric("ErrorPortAllocation"),
        comparison: ">",
        threshold: 0,
        periodSeconds: 60,
        periods: 15,
        missingData: "missing",
      }),
      new Alarm(this, `PacketsDrop${zoneId(zone)}`, {
        monitoring,
        name: `nat-${zone}-packets-drop`,
        kind: "nat-packets-drop",
        of: { zone },
        intent: `The NAT gateway of ${zone} loses packets: calls to Epic and to AWS services without an endpoint are slow or fail.`,
        severity: "ticket",
        steps: [
          find,
          "Look for an event of NAT Gateway in the region: https://health.aws.amazon.com/health/status",
          [
            `Compare with the traffic; up to 0.01 % is usual, and a larger share of more traffic means that \`network.natPacketsDropThreshold\` in ${config} is out of date:`,
            aws(
              `cloudwatch get-metric-statistics --namespace AWS/NATGateway --metric-name PacketsOutToDestination --dimensions Name=NatGatewayId,Value=${placeholder("id")} --start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ) --period 300 --statistics Sum`,
            ),
          ],
          [
            `If this gateway alone is ill and there is one per zone, send ${zone} through another until AWS mends it; the id is that of the other:`,
            aws(
              `ec2 replace-route --destination-cidr-block 0.0.0.0/0 --nat-gateway-id ${placeholder("id")} --route-table-id ${output(routeTable)}`,
            ),
          ],
          ["Back to normal; this restores the route:", deploy],
        ],
        metric: metric("PacketsDropCount"),
        comparison: ">",
        threshold: props.config.natPacketsDropThreshold,
        thresholdSetting: "network.natPacketsDropThreshold",
        periodSeconds: 60,
        periods: 5,
        missingData: "missing",
      }),
    ];
  }
}
