import { AutoscalingAttachment } from "@cdktf/provider-aws/lib/autoscaling-attachment";
import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { WEB_NODE_PORT } from "../../stage1/core/security-matrix";
import { acknowledge } from "../../shared/policy/acknowledge";

/** Properties of {@link WebLoadBalancer}. */
export interface WebLoadBalancerProps {
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** Host name, what the pods speak, and the path of the health check. */
  readonly config: Pick<WebConfig, "host" | "targetProtocol" | "healthPath">;
  /** Id of the VPC. */
  readonly vpcId: string;
  /** Public subnets, by zone name. */
  readonly subnetIds: Readonly<Record<string, string>>;
  /** Security group that takes 80 and 443, and reaches nodes on the service's port. */
  readonly securityGroupId: string;
  /** ARN of a certificate that covers the host. */
  readonly certificateArn: string;
  /** Zone of the host. */
  readonly zoneId: string;
  /** Bucket of access logs, and the environment's prefix in it. */
  readonly logs: { readonly bucket: string; readonly prefix: string };
  /** Auto scaling group whose instances are the targets. */
  readonly autoScalingGroupName: string;
  /** Keep everybody from deleting the load balancer. @default true */
  readonly deletionProtection?: boolean;
}

/**
 * Forward secrecy and authenticated ciphers only; every browser that Epic's client still runs in speaks TLS 1.2 with them.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";

/** Seconds that requests under way have to finish on a pod that goes: shorter than the pod's own 60 s of grace. */
export const DEREGISTRATION_SECONDS = 30;

/** A year: browsers that came once never try HTTP again. */
const STRICT_TRANSPORT_SECURITY = "max-age=31536000";

/**
 * The public front door of trews-rest-api: an application load balancer that answers HTTPS only and hands requests to the
 * service's NodePort on the nodes of one auto scaling group. It belongs to Terraform and not to a controller in the cluster, so
 * that its name, certificate and alarms outlive the cluster, and a destroy leaves nothing behind.
 *
 * IPv4 only, like the VPC: there is an A record and no AAAA.
 */
export class WebLoadBalancer extends Construct {
  /** The load balancer's ARN. */
  public readonly arn: string;
  /** The load balancer as CloudWatch names it, `app/<name>/<id>`. */
  public readonly arnSuffix: string;
  /** The target group's ARN. */
  public readonly targetGroupArn: string;
  /** The target group as CloudWatch names it, `targetgroup/<name>/<id>`. */
  public readonly targetGroupArnSuffix: string;

  public constructor(scope: Construct, id: string, props: WebLoadBalancerProps) {
    super(scope, id);
    const { config, namePrefix } = props;
    const logs = { ...props.logs, enabled: true };
    const loadBalancer = new Lb(this, "Resource", {
      name: `${namePrefix}-web`,
      loadBalancerType: "application",
      internal: false,
      securityGroups: [props.securityGroupId],
      subnets: Object.values(props.subnetIds),
      dropInvalidHeaderFields: true,
      // Not strictest, which also refuses what is merely unusual: the proxies of hospitals are, and cannot be changed from here.
      desyncMitigationMode: "defensive",
      enableDeletionProtection: props.deletionProtection ?? true,
      accessLogs: logs,
      connectionLogs: logs,
    });
    if (props.deletionProtection === false) {
      acknowledge(
        loadBalancer,
        "ELBDeletionProtectionEnabled",
        "This deployment is thrown away as a whole; wherever clinicians depend on it the protection is on by default.",
      );
    }
    const targetGroup = this.targetGroup(props);
    new AutoscalingAttachment(this, "Attachment", {
      autoscalingGroupName: props.autoScalingGroupName,
      lbTargetGroupArn: targetGroup.arn,
    });
    new LbListener(this, "Https", {
      loadBalancerArn: loadBalancer.arn,
      port: 443,
      protocol: "HTTPS",
      sslPolicy: TLS_POLICY,
      certificateArn: props.certificateArn,
      routingHttpResponseStrictTransportSecurityHeaderValue: STRICT_TRANSPORT_SECURITY,
      routingHttpResponseServerEnabled: false,
      defaultAction: [{ type: "forward", targetGroupArn: targetGroup.arn }],
    });
    new LbListener(this, "Http", {
      loadBalancerArn: loadBalancer.arn,
      port: 80,
      protocol: "HTTP",
      defaultAction: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    });
    new Route53Record(this, "Record", {
      zoneId: props.zoneId,
      name: config.host,
      type: "A",
      alias: { name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId, evaluateTargetHealth: true },
    });
    this.arn = loadBalancer.arn;
    this.arnSuffix = loadBalancer.arnSuffix;
    this.targetGroupArn = targetGroup.arn;
    this.targetGroupArnSuffix = targetGroup.arnSuffix;
  }

  private targetGroup({ config, namePrefix, vpcId }: WebLoadBalancerProps): LbTargetGroup {
    return new LbTargetGroup(this, "TargetGroup", {
      // Protocol and port cannot be changed, so a change makes a second group, whose name must differ, before the first goes.
      name: `${namePrefix}-web-${config.targetProtocol.toLowerCase()}-${WEB_NODE_PORT}`,
      lifecycle: { createBeforeDestroy: true },
      vpcId,
      targetType: "instance",
      protocol: config.targetProtocol,
      port: WEB_NODE_PORT,
      deregistrationDelay: `${DEREGISTRATION_SECONDS}`,
      // A slow pod gets fewer requests than its neighbours instead of as many.
      loadBalancingAlgorithmType: "least_outstanding_requests",
      healthCheck: {
        protocol: config.targetProtocol,
        path: config.healthPath,
        port: "traffic-port",
        matcher: "200",
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    });
  }
}
