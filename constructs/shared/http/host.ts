import { AutoscalingAttachment } from "@cdktf/provider-aws/lib/autoscaling-attachment";
import { LbListenerRule } from "@cdktf/provider-aws/lib/lb-listener-rule";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Construct } from "../cdktf";
import type { Alarm } from "../observability/alarm";
import type { MonitoringContext, Severity } from "../observability/monitoring";
import { acknowledge } from "../policy/acknowledge";
import { refuse } from "../props-error";
import { HostAlarms, type HostAlarmSteps, type HostThresholds } from "./host-alarms";
import type { HttpLoadBalancer } from "./load-balancer";

/** Properties of {@link HttpHost}. */
export interface HttpHostProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** What takes the requests. */
  readonly loadBalancer: HttpLoadBalancer;
  /** Name after the environment's prefix, for example `web`: names of target group and alarms start with it. */
  readonly name: string;
  /** The service as alarms name it, for example `trews-rest-api`. */
  readonly service: string;
  /** Who sees its errors, for example `clinicians`. */
  readonly users: string;
  /** Host name, which the load balancer's certificate covers. */
  readonly host: string;
  /** Port on every node that the service takes; also the priority of its rule, since no two hosts have the same. */
  readonly nodePort: number;
  /** What the pods speak. Behind HTTPS any certificate will do. */
  readonly protocol: "HTTP" | "HTTPS";
  /** Path that answers 200 when a pod can work. */
  readonly healthPath: string;
  /** Auto scaling group whose instances are the targets. */
  readonly autoScalingGroupName: string;
  /** Whom failures reach that users feel. */
  readonly severity: Severity;
  /** When its metrics raise an alarm. */
  readonly thresholds: HostThresholds;
  /** Path of the settings that hold the thresholds, for example `web.thresholds`. @default - none: they are constants */
  readonly thresholdSettings?: string;
  /** What to do when an alarm fires, after what holds for every host. */
  readonly steps: HostAlarmSteps;
}

/** Seconds that requests under way have to finish on a pod that goes: shorter than a pod's own 60 s of grace. */
export const DEREGISTRATION_SECONDS = 30;

/** AWS's limit on a name. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html */
const MAX_NAME = 32;

/**
 * One host behind a load balancer: its address, the rule that picks its requests, and the nodes that serve it on a NodePort, with
 * alarms of their own. It stands inside its system, whose owner is told, wherever the load balancer stands.
 */
export class HttpHost extends Construct {
  /** The target group's ARN. */
  public readonly targetGroupArn: string;
  /** The target group as CloudWatch names it, `targetgroup/<name>/<id>`. */
  public readonly targetGroupArnSuffix: string;
  /** What tells when the host fails. */
  public readonly alarms: readonly Alarm[];

  /** @throws PropsError when another host of the load balancer has the name, or a name is longer than AWS takes */
  public constructor(scope: Construct, id: string, props: HttpHostProps) {
    super(scope, id);
    const { host, loadBalancer } = props;
    const holder = loadBalancer.claim(host, this);
    const name = this.targetGroupName(props);
    refuse(this, [
      holder !== undefined && `host must be one that no other takes, got "${host}", which ${holder} has`,
      name.length > MAX_NAME && `name must make at most ${MAX_NAME} characters with its prefix and port, got "${name}"`,
    ]);
    const targetGroup = this.targetGroup(props);
    new AutoscalingAttachment(this, "Attachment", {
      autoscalingGroupName: props.autoScalingGroupName,
      lbTargetGroupArn: targetGroup.arn,
    });
    new LbListenerRule(this, "Rule", {
      listenerArn: loadBalancer.httpsListenerArn,
      // Hosts differ, so their order means nothing; left open, two that are made at once would take the same.
      priority: props.nodePort,
      condition: [{ hostHeader: { values: [host] } }],
      action: [{ type: "forward", targetGroupArn: targetGroup.arn }],
    });
    new Route53Record(this, "Record", {
      zoneId: loadBalancer.zoneId,
      name: host,
      type: "A",
      alias: { ...loadBalancer.address, evaluateTargetHealth: true },
    });
    this.targetGroupArn = targetGroup.arn;
    this.targetGroupArnSuffix = targetGroup.arnSuffix;
    this.alarms = new HostAlarms(this, "Alarms", {
      ...props,
      loadBalancerArnSuffix: loadBalancer.arnSuffix,
      targetGroupArnSuffix: this.targetGroupArnSuffix,
      targetGroupName: this.targetGroupName(props),
    }).alarms;
  }

  /** Protocol and port cannot be changed, so a change makes a second group, whose name must differ, before the first goes. */
  private targetGroupName({ monitoring, name, nodePort, protocol }: HttpHostProps): string {
    return `${monitoring.namePrefix}-${name}-${nodePort}${protocol === "HTTPS" ? "s" : ""}`;
  }

  private targetGroup(props: HttpHostProps): LbTargetGroup {
    const { protocol } = props;
    const name = this.targetGroupName(props);
    const group = new LbTargetGroup(this, "Resource", {
      name,
      lifecycle: { createBeforeDestroy: true },
      vpcId: props.loadBalancer.vpcId,
      targetType: "instance",
      protocol,
      port: props.nodePort,
      deregistrationDelay: `${DEREGISTRATION_SECONDS}`,
      // A slow pod gets fewer requests than its neighbours instead of as many.
      loadBalancingAlgorithmType: "least_outstanding_requests",
      healthCheck: {
        protocol,
        path: props.healthPath,
        port: "traffic-port",
        matcher: "200",
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    });
    if (protocol === "HTTP") {
      acknowledge(
        group,
        "ELBTargetGroupEncrypted",
        "The pods serve HTTP, so requests travel in plain text from the load balancer to the nodes, inside the VPC, on one port that only the load balancer's group may reach. A certificate in the pods would not be checked by the load balancer; the setting targetProtocol switches it on when the image serves TLS (docs/decisions/0024-encryption-between-pods.md).",
      );
    }
    return group;
  }
}
