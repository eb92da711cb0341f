import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { Construct } from "../cdktf";
import type { Alarm } from "../observability/alarm";
import type { MonitoringContext, Severity } from "../observability/monitoring";
import { acknowledge } from "../policy/acknowledge";
import { refuse } from "../props-error";
import { LoadBalancerAlarms, type LoadBalancerAlarmSteps } from "./load-balancer-alarms";

/** Properties of {@link HttpLoadBalancer}. */
export interface HttpLoadBalancerProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name after the environment's prefix, for example `web`: `opsdx-dev-web`. Its alarms start with it, too. */
  readonly name: string;
  /** What people reach through it, as alarms name it, for example `trews.dev.opsdx.io`. */
  readonly serves: string;
  /** Only addresses of the VPC reach it. */
  readonly internal: boolean;
  /** Id of the VPC. */
  readonly vpcId: string;
  /** Its subnets, by zone name: public ones, or those of nodes when it is internal. */
  readonly subnetIds: Readonly<Record<string, string>>;
  /** Security group that takes 443 (a public one's 80, too), and reaches nodes on the ports of its hosts. */
  readonly securityGroupId: string;
  /** ARN of a certificate that covers every host. */
  readonly certificateArn: string;
  /** Zone of the hosts' addresses. */
  readonly zoneId: string;
  /** Bucket of access logs, and the environment's prefix in it. */
  readonly logs: { readonly bucket: string; readonly prefix: string };
  /** Whom failures reach that its users feel. */
  readonly severity: Severity;
  /** More failures of its own than this in five minutes raise an alarm. */
  readonly errorsPer5Minutes: number;
  /** Path of the setting that holds `errorsPer5Minutes`. @default - none: it is a constant */
  readonly errorsSetting?: string;
  /** Start of the names of the alarms on failed connections, by zone. @default - the name, and `-connections-failed` */
  readonly connectionAlarm?: string;
  /** What else to do when an alarm fires, after what holds for every load balancer. @default - nothing else */
  readonly steps?: LoadBalancerAlarmSteps;
  /** Keep everybody from deleting the load balancer. @default true */
  readonly deletionProtection?: boolean;
}

/**
 * Forward secrecy and authenticated ciphers only; every browser that Epic's client still runs in speaks TLS 1.2 with them.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";

/** A year: browsers that came once never try HTTP again. */
const STRICT_TRANSPORT_SECURITY = "max-age=31536000";

/** AWS's limit on a name. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html */
const MAX_NAME = 32;

/**
 * An application load balancer, public or internal, that answers HTTPS only and hands each host's requests to the nodes that serve it:
 * every {@link HttpHost} adds its own rule. A host that nobody added gets 404. A public one sends HTTP on to HTTPS; people come to an internal
 * one by a link. It belongs to Terraform and not to a controller in
 * the cluster, so that its name, certificate and alarms outlive the cluster, and a destroy leaves nothing behind.
 *
 * IPv4 only, like the VPC: hosts have an A record and no AAAA.
 */
export class HttpLoadBalancer extends Construct {
  /** Name in AWS. */
  public readonly loadBalancerName: string;
  /** The load balancer's ARN. */
  public readonly arn: string;
  /** The load balancer as CloudWatch names it, `app/<name>/<id>`. */
  public readonly arnSuffix: string;
  /** Its own name in DNS, and the zone of that name: what a host's record points to. */
  public readonly address: { readonly name: string; readonly zoneId: string };
  /** ARN of the listener that the hosts' rules belong to. */
  public readonly httpsListenerArn: string;
  /** Id of the VPC. */
  public readonly vpcId: string;
  /** Zone of the hosts' addresses. */
  public readonly zoneId: string;
  /** What tells when it fails itself; its hosts have their own. */
  public readonly alarms: readonly Alarm[];
  private readonly hosts = new Map<string, string>();

  /** @throws PropsError when the name is longer than AWS takes */
  public constructor(scope: Construct, id: string, props: HttpLoadBalancerProps) {
    super(scope, id);
    const { monitoring } = props;
    this.loadBalancerName = `${monitoring.namePrefix}-${props.name}`;
    refuse(this, [
      this.loadBalancerName.length > MAX_NAME &&
        `name must make at most ${MAX_NAME} characters with its prefix, got "${this.loadBalancerName}"`,
    ]);
    const logs = { ...props.logs, enabled: true };
    const loadBalancer = new Lb(this, "Resource", {
      name: this.loadBalancerName,
      loadBalancerType: "application",
      internal: props.internal,
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
        "This deployment is thrown away as a whole; wherever people depend on it the protection is on by default.",
      );
    }
    this.httpsListenerArn = new LbListener(this, "Https", {
      loadBalancerArn: loadBalancer.arn,
      port: 443,
      protocol: "HTTPS",
      sslPolicy: TLS_POLICY,
      certificateArn: props.certificateArn,
      routingHttpResponseStrictTransportSecurityHeaderValue: STRICT_TRANSPORT_SECURITY,
      routingHttpResponseServerEnabled: false,
      // Scanners that know only an address reach no pod.
      defaultAction: [
        {
          type: "fixed-response",
          fixedResponse: { contentType: "text/plain", messageBody: "Unknown host", statusCode: "404" },
        },
      ],
    }).arn;
    if (!props.internal) {
      new LbListener(this, "Http", {
        loadBalancerArn: loadBalancer.arn,
        port: 80,
        protocol: "HTTP",
        defaultAction: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
      });
    }
    this.arn = loadBalancer.arn;
    this.arnSuffix = loadBalancer.arnSuffix;
    this.address = { name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId };
    this.vpcId = props.vpcId;
    this.zoneId = props.zoneId;
    this.alarms = new LoadBalancerAlarms(this, "Alarms", {
      ...props,
      loadBalancerName: this.loadBalancerName,
      arnSuffix: this.arnSuffix,
      zones: Object.keys(props.subnetIds),
    }).alarms;
  }

  /**
   * Keeps a host for one construct: of two rules for a host the second would never be asked.
   * @returns path of the construct that has it already; undefined when it was free
   */
  public claim(host: string, by: Construct): string | undefined {
    const holder = this.hosts.get(host);
    if (holder === undefined) this.hosts.set(host, by.node.path);
    return holder;
  }
}
