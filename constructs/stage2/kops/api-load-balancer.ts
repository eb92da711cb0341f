import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Construct } from "../../shared/cdktf";
import { acknowledge } from "../../shared/policy/acknowledge";
import { clusterTags, shortName } from "./names";
import type { KopsClusterSpec } from "./spec";

/**
 * The internal network load balancer in front of the API servers, and the record `api.<cluster>`.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/awsmodel/api_loadbalancer.go
 */
export class KopsApiLoadBalancer extends Construct {
  /** Id of the target group that control planes join. */
  public readonly targetGroupId: string;
  /** Load balancer as CloudWatch names it, `net/<name>/<id>`. */
  public readonly arnSuffix: string;
  /** Target group as CloudWatch names it, `targetgroup/<name>/<id>`. */
  public readonly targetGroupArnSuffix: string;

  public constructor(scope: Construct, id: string, props: KopsClusterSpec & { readonly securityGroupId: string }) {
    super(scope, id);
    const { name, subnets } = props;
    const loadBalancer = new Lb(this, "Resource", {
      name: shortName(name, "api"),
      internal: true,
      loadBalancerType: "network",
      enableCrossZoneLoadBalancing: false,
      securityGroups: [props.securityGroupId, ...props.securityGroups.api],
      subnetMapping: [...props.config.controlPlane.zones]
        .sort()
        .map((zone) => ({ subnetId: subnetIn(subnets.master, zone) })),
      tags: clusterTags(name, `api.${name}`),
    });
    const targetGroupName = shortName(name, "tcp");
    const targetGroup = new LbTargetGroup(this, "TargetGroup", {
      name: targetGroupName,
      port: 443,
      protocol: "TCP",
      vpcId: props.vpc.id,
      connectionTermination: true,
      deregistrationDelay: "30",
      healthCheck: { protocol: "TCP", interval: 10, healthyThreshold: 2, unhealthyThreshold: 2 },
      tags: clusterTags(name, targetGroupName),
    });
    new LbListener(this, "Listener", {
      loadBalancerArn: loadBalancer.id,
      port: 443,
      protocol: "TCP",
      defaultAction: [{ type: "forward", targetGroupArn: targetGroup.id }],
    });
    for (const type of ["A", "AAAA"]) {
      new Route53Record(this, `Record${type}`, {
        name: `api.${name}`,
        type,
        zoneId: props.dnsZone.id,
        alias: { name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId, evaluateTargetHealth: false },
      });
    }
    const passThrough =
      "connections pass through to the API servers, which end TLS themselves with the cluster's own CA";
    acknowledge(this, "ELBv2ACMCertificateRequired", passThrough);
    acknowledge(this, "ELBLoggingEnabled", `a network load balancer logs TLS listeners only, and ${passThrough}`);
    acknowledge(
      this,
      "ELBDeletionProtectionEnabled",
      "the load balancer holds nothing, and kops replaces it when its subnets change",
    );
    this.targetGroupId = targetGroup.id;
    this.arnSuffix = loadBalancer.arnSuffix;
    this.targetGroupArnSuffix = targetGroup.arnSuffix;
  }
}

/**
 * The id of the subnet in a zone.
 * @throws Error when the zone has none
 */
export function subnetIn(subnets: KopsClusterSpec["subnets"]["node"], zone: string): string {
  const subnet = subnets[zone];
  if (subnet === undefined) {
    throw new Error(`zone must be one of ${Object.keys(subnets).sort().join(", ")}, got ${zone}`);
  }
  return subnet.id;
}
