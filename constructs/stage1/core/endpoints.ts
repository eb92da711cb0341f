import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { stackName } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { policyDocument, type PolicyStatement } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf, kubectl } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import { acknowledge } from "../../shared/policy/acknowledge";

/** Properties of {@link Endpoints}. */
export interface EndpointsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Account and region of the VPC. */
  readonly account: { readonly id: string; readonly region: string };
  /** Other accounts whose buckets the VPC may write, such as the one with kops' state. */
  readonly trustedAccounts: readonly string[];
  /** The VPC. */
  readonly vpcId: string;
  /** Route tables that reach S3 and DynamoDB through gateway endpoints. */
  readonly routeTableIds: readonly string[];
  /** Services with interface endpoints, for example `ecr.api`. */
  readonly services: readonly string[];
  /** One subnet per zone for the interfaces. */
  readonly subnetIds: readonly string[];
  /** Security group of the interfaces. */
  readonly securityGroupId: string;
  /** Full names of the clusters in the VPC: the runbook's commands name them. */
  readonly clusterNames: readonly string[];
  /** Alarm above this many packets dropped by one endpoint in a minute. */
  readonly packetsDropThreshold: number;
}

/** The range of a metric's values that a person looks at first. */
const LAST_HOUR = "--start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)";

const pascalCase = (service: string): string =>
  service.replace(/(^|[.-])(.)/g, (_, __, letter: string) => letter.toUpperCase());

/**
 * Private ways to AWS services: gateway endpoints for S3 and DynamoDB, interface endpoints with private DNS for the rest. The
 * gateways' policies keep data from leaving for a stranger's account.
 */
export class Endpoints extends Construct {
  /** The alarms. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: EndpointsProps) {
    super(scope, id);
    const { account, monitoring, vpcId } = props;
    const own = { "aws:PrincipalAccount": account.id };
    const gateway = (gatewayId: string, service: string, statements: readonly PolicyStatement[]): VpcEndpoint =>
      new VpcEndpoint(this, gatewayId, {
        vpcId,
        serviceName: `com.amazonaws.${account.region}.${service}`,
        vpcEndpointType: "Gateway",
        routeTableIds: [...props.routeTableIds],
        policy: policyDocument(...statements),
        tags: { Name: `${monitoring.namePrefix}-${service}` },
      });
    const s3 = gateway("S3", "s3", [
      {
        // Image layers, package repositories and AWS's own agents lie in other accounts' buckets, many of them read unsigned.
        sid: "ReadAnywhere",
        actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
        resources: ["*"],
        principals: "*",
      },
      {
        sid: "EverythingInOurAccounts",
        actions: ["s3:*"],
        resources: ["*"],
        principals: "*",
        conditions: { StringEquals: { ...own, "aws:ResourceAccount": [account.id, ...props.trustedAccounts] } },
      },
    ]);
    acknowledge(
      s3,
      "PolicyNoWildcardPrincipal",
      "Anyone's objects may be read, often unsigned: an endpoint's policy grants nothing by itself, and writes are held to our accounts",
    );
    gateway("DynamoDb", "dynamodb", [
      {
        sid: "EverythingInOurAccount",
        actions: ["dynamodb:*"],
        resources: ["*"],
        principals: "*",
        conditions: { StringEquals: { ...own, "aws:ResourceAccount": account.id } },
      },
    ]);
    this.alarms = props.services.map((service) => {
      const serviceName = `com.amazonaws.${account.region}.${service}`;
      const endpoint = new VpcEndpoint(this, pascalCase(service), {
        vpcId,
        serviceName,
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds: [...props.subnetIds],
        securityGroupIds: [props.securityGroupId],
        tags: { Name: `${monitoring.namePrefix}-${service}` },
      });
      return this.packetsDropped(service, serviceName, endpoint.id, props);
    });
  }

  /**
   * AWS publishes the metric per endpoint and also per endpoint and subnet; an endpoint is the unit that one acts on.
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html
   */
  private packetsDropped(service: string, serviceName: string, endpointId: string, props: EndpointsProps): Alarm {
    const { monitoring } = props;
    const drops = JSON.stringify({
      Id: "drops",
      // The shell reads the query between single quotes, so those in it are written as JSON's escapes.
      Expression: `SEARCH('{AWS/PrivateLinkEndpoints,"Endpoint Type","Service Name","Subnet Id","VPC Endpoint Id","VPC Id"} MetricName="PacketsDropped" "Service Name"="${serviceName}"','Sum',300)`,
    }).replaceAll("'", "\\u0027");
    return new Alarm(this, `${pascalCase(service)}PacketsDropped`, {
      monitoring,
      name: `endpoint-${service.replace(/\./g, "-")}-packets-dropped`,
      kind: "endpoint-packets-dropped",
      of: { endpoint: service },
      intent: `The interface endpoint of ${service} loses packets: calls to that service from inside the VPC are slow or fail.`,
      severity: "ticket",
      steps: [
        [
          "See its state:",
          aws(
            `ec2 describe-vpc-endpoints --filters Name=tag:Name,Values=${monitoring.namePrefix}-${service} --query 'VpcEndpoints[].[VpcEndpointId,State,LastError.Message]' --output text`,
          ),
        ],
        ["Which zone:", aws(`cloudwatch get-metric-data ${LAST_HOUR} --metric-data-queries '[${drops}]'`)],
        [
          "Packets above 8500 bytes are always dropped: if drops began with a node image or Cilium change, compare the MTU that Cilium's pods show before and after:",
          ...props.clusterNames.map((cluster) =>
            kubectl({ cluster, namespace: "kube-system" }, "exec ds/cilium -c cilium-agent -- ip -o link"),
          ),
        ],
        "Look for an event of the service or of PrivateLink: https://health.aws.amazon.com/health/status",
        [
          `Way round: take \`${service}\` out of \`network.interfaceEndpoints\` in config/environments/${monitoring.environment}.ts, then:`,
          cdktf("deploy", stackName(monitoring.environment, "stage1")),
          "Its calls leave through the NAT gateway from then on, from nodes and controllers; Lambda functions lose the service until it is back.",
        ],
      ],
      metric: {
        namespace: "AWS/PrivateLinkEndpoints",
        name: "PacketsDropped",
        dimensions: {
          "Endpoint Type": "Interface",
          "Service Name": serviceName,
          "VPC Endpoint Id": endpointId,
          "VPC Id": props.vpcId,
        },
        statistic: "Sum",
      },
      comparison: ">",
      threshold: props.packetsDropThreshold,
      thresholdSetting: "network.endpointPacketsDropThreshold",
      periodSeconds: 60,
      periods: 5,
      // The metric exists only in minutes with traffic: no traffic, no loss.
      missingData: "notBreaching",
    });
  }
}
