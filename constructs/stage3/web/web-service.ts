import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { HttpHost } from "../../shared/http/host";
import { HttpLoadBalancer } from "../../shared/http/load-balancer";
import { WebAcl } from "../../shared/http/web-acl";
import { imageAddress } from "../../shared/kubernetes/image-address";
import { WEB_NODE_PORT } from "../../shared/network/ports";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { ClusterExports, CoreExports, DnsExports } from "../../shared/platform";
import { hostAlarmSteps, loadBalancerAlarmSteps, WEB_ACL_ALARM_STEPS } from "./alarm-steps";
import { PropsError } from "../../shared/props-error";
import { moveFromEarlierAddresses } from "./earlier-addresses";
import { ReachabilityAlarms } from "./reachability-alarms";
import { WebDashboard } from "./web-dashboard";
import { webFacts } from "./web-facts";
import { WebLogs } from "./web-logs";
import { WEB_APP, WebRole } from "./web-role";
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
  readonly cluster: Pick<ClusterExports, "oidcIssuer" | "oidcProviderArn" | "autoScalingGroupNames"> & {
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
 * The system trews-rest-api: load balancer, host, firewall, the pods and their role, logs, alarms and dashboard.
 */
export class WebService extends Construct {
  /** What other programs use. */
  public readonly exports: WebExports;

  /** @throws PropsError when the cluster has no auto scaling group for the configured node group */
  public constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    const { account, cluster, config, environment, monitoring, network } = props;
    const { host, metricNamespace, nodeGroup, pings } = config;
    const attachedGroup = cluster.autoScalingGroupNames[nodeGroup];
    if (attachedGroup === undefined) {
      const known = Object.keys(cluster.autoScalingGroupNames).join(", ");
      throw new PropsError(this, [
        `config.nodeGroup must be a node group of the cluster (${known}), got "${nodeGroup}"`,
      ]);
    }
    describeSystem(
      this,
      webFacts(host, cluster.clusterName, props.owner, {
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
    const loadBalancer = new HttpLoadBalancer(this, "LoadBalancer", {
      monitoring,
      name: "web",
      serves: host,
      internal: false,
      vpcId: network.vpcId,
      subnetIds: network.utilitySubnetIds,
      securityGroupId: network.securityGroupIds.webLoadBalancer,
      certificateArn: props.dns.certificateArn,
      zoneId: props.dns.zoneId,
      logs: { bucket: props.accessLogBucket, prefix: environment },
      severity: "page",
      errorsPer5Minutes: config.thresholds.elbErrorsPer5Minutes,
      errorsSetting: "web.thresholds.elbErrorsPer5Minutes",
      // The wiki's name.
      connectionAlarm: "elb-connections-failed",
      steps: loadBalancerAlarmSteps(cluster.clusterName),
      deletionProtection: props.deletionProtection,
    });
    const entrance = new HttpHost(this, "Host", {
      monitoring,
      loadBalancer,
      name: "web",
      service: WEB_APP,
      users: "clinicians",
      host,
      nodePort: WEB_NODE_PORT,
      protocol: config.targetProtocol,
      healthPath: config.healthPath,
      autoScalingGroupName: attachedGroup,
      severity: "page",
      thresholds: config.thresholds,
      thresholdSettings: "web.thresholds",
      steps: hostAlarmSteps(cluster.clusterName),
    });
    new WebWorkload(this, "Workload", {
      provider: cluster.kubernetes,
      environment,
      region: account.region,
      config,
      image: imageAddress(this, props.registryUrls, config.image),
      nodeLabel: cluster.nodeLabel,
      roleArn: role.arn,
      logGroupName: logs.logGroup.logGroupName,
      vpcCidr: network.vpcCidr,
      variables: props.variables,
    });
    const webAcl = new WebAcl(this, "Firewall", {
      monitoring,
      name: "web",
      description: `Web service ${WEB_APP}`,
      account,
      requestsPer5Minutes: config.firewall.requestsPer5Minutes,
      unlimited: {
        name: "clinics",
        description: "Hospitals, whose users share an address",
        one: "a hospital",
        cidrs: config.firewall.clinicNetworks,
      },
      countedCommonRules: config.firewall.countedCommonRules,
      loadBalancerArn: loadBalancer.arn,
      steps: WEB_ACL_ALARM_STEPS,
    });
    const reachability = new ReachabilityAlarms(this, "Reachability", {
      monitoring,
      config,
      cluster: cluster.clusterName,
      nodes: { autoScalingGroupName, ...props.capacity },
    });
    const alarms = [reachability, entrance, loadBalancer, webAcl].flatMap((part) => part.alarms);
    new SystemHealth(this, "Health", { monitoring, alarms });
    new WebDashboard(this, "Dashboard", {
      monitoring,
      region: account.region,
      config,
      alarms,
      target: { loadBalancerArnSuffix: loadBalancer.arnSuffix, targetGroupArnSuffix: entrance.targetGroupArnSuffix },
      autoScalingGroupName,
      logGroup: logs.logGroup,
    });
    moveFromEarlierAddresses(this);
    this.exports = {
      url: `https://${host}`,
      nodePort: `${WEB_NODE_PORT}`,
      targetGroupArn: entrance.targetGroupArn,
      logGroupName: logs.logGroup.logGroupName,
      roleArn: role.arn,
    };
  }
}
