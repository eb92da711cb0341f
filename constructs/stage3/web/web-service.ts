import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { imageAddress } from "../../shared/kubernetes/image-address";
import type { CoreExports } from "../../stage1/core/network";
import { WEB_NODE_PORT } from "../../stage1/core/security-matrix";
import type { DnsExports } from "../../stage1/dns/environment-zone";
import type { KopsClusterExports } from "../../stage2/kops/cluster";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { WebFirewall } from "./firewall";
import { WebLoadBalancer } from "./load-balancer";
import { ReachabilityAlarms } from "./reachability-alarms";
import { TrafficAlarms } from "./traffic-alarms";
import { WebDashboard } from "./web-dashboard";
import { webFacts } from "./web-facts";
import { WebLogs } from "./web-logs";
import { WebRole } from "./web-role";
import { WebWorkload } from "./web-workload";

/** What other programs know of the web service. */
export interface WebExports {
  /** Public address. */
  readonly url: string;
  /** Port on every node that the Service must take: the load balancer sends requests there. */
  readonly nodePort: string;
  /** ARN of the load balancer's target group. */
  readonly targetGroupArn: string;
  /** Log group that the pods write their events to. */
  readonly logGroupName: string;
  /** Role of the pods: the annotation `eks.amazonaws.com/role-arn` of their service account. */
  readonly roleArn: string;
}

/** Properties of {@link WebService}. */
export interface WebServiceProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** The environment's name: prefix of the load balancer's logs. */
  readonly environment: string;
  /** The environment's account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** The web service's settings. */
  readonly config: WebConfig;
  /** Who answers for it. */
  readonly owner: string;
  /** The network that stage1 made. */
  readonly network: Pick<CoreExports, "vpcId" | "vpcCidr" | "utilitySubnetIds"> & {
    readonly securityGroupIds: Pick<CoreExports["securityGroupIds"], "webLoadBalancer">;
  };
  /** The zone and the certificate that stage1 made. */
  readonly dns: Pick<DnsExports, "zoneId" | "certificateArn">;
  /** The cluster that serves. */
  readonly cluster: Pick<KopsClusterExports, "oidcIssuer" | "oidcProviderArn" | "autoScalingGroupNames"> & {
    /** Full name, for example `k8s.dev.opsdx.io`. */
    readonly clusterName: string;
    /** The provider of what is in it. */
    readonly kubernetes: KubernetesProvider;
    /** Value of the label `opsdx_nodegroup` of the nodes that serve. */
    readonly nodeLabel: string;
  };
  /** Address of each image repository, by name. */
  readonly registryUrls: Readonly<Record<string, string>>;
  /** Variables of the pods: where the databases are. */
  readonly variables: Readonly<Record<string, string>>;
  /** Fewest and most nodes of the group that serves. */
  readonly capacity: { readonly minSize: number; readonly maxSize: number };
  /** Bucket of load balancer access logs. */
  readonly accessLogBucket: string;
  /** Keep everybody from deleting the load balancer. @default true */
  readonly deletionProtection?: boolean;
}

/**
 * The system trews-rest-api: load balancer, firewall, address, the pods and their role, logs, alarms and dashboard.
 */
export class WebService extends Construct {
  /** What other programs use. */
  public readonly exports: WebExports;

  /** @throws Error when the cluster has no auto scaling group for the configured node group */
  public constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    const { account, cluster, config, environment, monitoring, network } = props;
    const { host, metricNamespace, nodeGroup, pings } = config;
    const attachedGroup = cluster.autoScalingGroupNames[nodeGroup];
    if (attachedGroup === undefined) {
      const known = Object.keys(cluster.autoScalingGroupNames).join(", ");
      throw new Error(
        `${this.node.path}: config.nodeGroup must be a node group of the cluster (${known}), got "${nodeGroup}"`,
      );
    }
    describeSystem(
      this,
      webFacts(host.replace(`.${environment}.`, ".<env>."), props.owner, {
        expected: pings.expectedPer5Minutes,
        stacks: Object.keys(pings.stacks),
        namespace: metricNamespace,
      }),
    );
    // kops' name for the group: alarms and their steps need it written out, which an export of another stack is not.
    const autoScalingGroupName = `${nodeGroup}.${cluster.clusterName}`;
    const logs = new WebLogs(this, "Logs", { monitoring, metricNamespace });
    const role = new WebRole(this, "Role", {
      namePrefix: monitoring.namePrefix,
      environment,
      account,
      cluster,
      logGroup: logs.logGroup,
      metricNamespace,
    });
    const loadBalancer = new WebLoadBalancer(this, "LoadBalancer", {
      namePrefix: monitoring.namePrefix,
      config,
      vpcId: network.vpcId,
      subnetIds: network.utilitySubnetIds,
      securityGroupId: network.securityGroupIds.webLoadBalancer,
      certificateArn: props.dns.certificateArn,
      zoneId: props.dns.zoneId,
      logs: { bucket: props.accessLogBucket, prefix: environment },
      autoScalingGroupName: attachedGroup,
      deletionProtection: props.deletionProtection,
    });
    new WebWorkload(this, "Workload", {
      provider: cluster.kubernetes,
      environment,
      region: account.region,
      config,
      image: imageAddress(props.registryUrls, config.image),
      nodeLabel: cluster.nodeLabel,
      roleArn: role.arn,
      logGroupName: logs.logGroup.logGroupName,
      vpcCidr: network.vpcCidr,
      variables: props.variables,
    });
    const firewall = new WebFirewall(this, "Firewall", {
      monitoring,
      account,
      config: config.firewall,
      loadBalancerArn: loadBalancer.arn,
    });
    const reachability = new ReachabilityAlarms(this, "Reachability", {
      monitoring,
      config,
      nodes: { autoScalingGroupName, ...props.capacity },
      loadBalancer,
      zones: Object.keys(network.utilitySubnetIds),
    });
    const traffic = new TrafficAlarms(this, "Traffic", {
      monitoring,
      region: account.region,
      config,
      loadBalancerArnSuffix: loadBalancer.arnSuffix,
      webAclName: firewall.webAclName,
    });
    const alarms = [...reachability.alarms, ...traffic.alarms];
    new SystemHealth(this, "Health", { monitoring, alarms });
    new WebDashboard(this, "Dashboard", {
      monitoring,
      region: account.region,
      config,
      alarms,
      loadBalancer,
      autoScalingGroupName,
      logGroup: logs.logGroup,
    });
    this.exports = {
      url: `https://${host}`,
      nodePort: `${WEB_NODE_PORT}`,
      targetGroupArn: loadBalancer.targetGroupArn,
      logGroupName: logs.logGroup.logGroupName,
      roleArn: role.arn,
    };
  }
}
