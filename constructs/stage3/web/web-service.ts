import type { LoadConfig } from "../../../config/schema/load";
import type { WebConfig } from "../../../config/schema/web";
import { Construct } from "../../shared/cdktf";
import { HttpHost } from "../../shared/http/host";
import { HttpLoadBalancer } from "../../shared/http/load-balancer";
import { WebAcl } from "../../shared/http/web-acl";
import { secretNames } from "../../shared/iam/secret-access";
import { workloadPlace } from "../../shared/kubernetes/workload-place";
import { WEB_NODE_PORT } from "../../shared/network/ports";
import { describeSystem } from "../../shared/observability/system";
import { acknowledge } from "../../shared/policy/acknowledge";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { hostAlarmSteps, loadBalancerAlarmSteps, webAclAlarmSteps } from "./alarm-steps";
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
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    | "accessLogBucket"
    | "account"
    | "clusters"
    | "databaseVariables"
    | "deletionProtection"
    | "dns"
    | "environment"
    | "monitoring"
    | "network"
    | "registryUrls"
    | "secretKeyArns"
  >;
  /** The web service's settings. */
  readonly config: WebConfig;
  /** Load tests that ask it: they come from the network's own addresses and may send more, and no log shows their key. @default - none */
  readonly loadTested?: Pick<LoadConfig, "keyHeader">;
}

/**
 * The system trews-rest-api: load balancer, host, firewall, the pods and their role, logs, alarms and dashboard.
 */
export class WebService extends Construct {
  /** What other programs use. */
  public readonly exports: WebExports;

  /** @throws PropsError when the cluster has no such node group, or the registry no such image */
  public constructor(scope: Construct, id: string, { config, loadTested, platform }: WebServiceProps) {
    super(scope, id);
    const { account, clusters, environment, monitoring, network } = platform;
    const cluster = clusters.k8s;
    const { host, metricNamespace, nodeGroup, pings } = config;
    const place = workloadPlace(this, cluster, platform.registryUrls, config);
    describeSystem(
      this,
      webFacts({
        environment,
        account,
        host,
        cluster: cluster.name,
        owner: config.owner,
        accessLogBucket: platform.accessLogBucket,
        pings: {
          expected: pings.expectedPer5Minutes,
          stacks: Object.keys(pings.stacks),
          namespace: metricNamespace,
        },
      }),
    );
    // kops' name for the group: alarms and their steps need it written out, which an export of another stack is not.
    const autoScalingGroupName = `${nodeGroup}.${cluster.name}`;
    const logs = new WebLogs(this, "Logs", { monitoring, metricNamespace });
    const role = new WebRole(this, "Role", {
      environment,
      account,
      cluster,
      logGroup: logs.logGroup,
      metricNamespace,
      secrets: {
        names: secretNames(environment, WEB_APP, config.secrets),
        keyArn: platform.secretKeyArns[WEB_APP],
      },
    });
    const loadBalancer = new HttpLoadBalancer(this, "LoadBalancer", {
      monitoring,
      name: "web",
      serves: host,
      internal: false,
      vpcId: network.vpcId,
      subnetIds: network.utilitySubnetIds,
      securityGroupId: network.securityGroupIds.webLoadBalancer,
      certificateArn: platform.dns.certificateArn,
      zoneId: platform.dns.zoneId,
      logs: { bucket: platform.accessLogBucket, prefix: environment },
      severity: "page",
      errorsPer5Minutes: config.thresholds.elbErrorsPer5Minutes,
      errorsSetting: "web.thresholds.elbErrorsPer5Minutes",
      // The wiki's name.
      connectionAlarm: "elb-connections-failed",
      steps: loadBalancerAlarmSteps(environment, cluster.name),
      deletionProtection: platform.deletionProtection,
    });
    acknowledge(
      loadBalancer,
      "ELBInternal",
      "Clinicians' browsers and Epic come from the internet: the one public front door, behind a web ACL.",
    );
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
      autoScalingGroupName: place.autoScalingGroupName,
      severity: "page",
      thresholds: config.thresholds,
      thresholdSettings: "web.thresholds",
      steps: hostAlarmSteps(environment, cluster.name),
    });
    new WebWorkload(this, "Workload", {
      provider: cluster.kubernetes,
      environment,
      region: account.region,
      config,
      image: place.image,
      nodeLabel: place.nodes.label,
      roleArn: role.arn,
      logGroupName: logs.logGroup.logGroupName,
      vpcCidr: network.vpcCidr,
      variables: platform.databaseVariables,
    });
    const webAcl = new WebAcl(this, "Firewall", {
      monitoring,
      name: "web",
      description: `Web service ${WEB_APP}`,
      account,
      requestsPer5Minutes: config.firewall.requestsPer5Minutes,
      unlimited: {
        name: "clinics",
        description: `Hospitals, whose users share an address${loadTested === undefined ? "" : ", and load tests"}`,
        one: "a hospital",
        cidrs: [
          ...config.firewall.clinicNetworks,
          ...(loadTested === undefined ? [] : Object.values(network.natPublicIps).map((address) => `${address}/32`)),
        ],
      },
      ...(loadTested !== undefined && { redactedHeaders: [loadTested.keyHeader.toLowerCase()] }),
      countedCommonRules: config.firewall.countedCommonRules,
      loadBalancerArn: loadBalancer.arn,
      steps: webAclAlarmSteps(environment, cluster.name),
    });
    const reachability = new ReachabilityAlarms(this, "Reachability", {
      monitoring,
      config,
      cluster: cluster.name,
      nodes: { autoScalingGroupName, minSize: place.nodes.minSize, maxSize: place.nodes.maxSize },
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
