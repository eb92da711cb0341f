import type { EntranceService } from "../../../config/entrance";
import { Construct } from "../../shared/cdktf";
import type { Entrance as EntranceForServices, EntranceHost, EntranceHostProps } from "../../shared/http/entrance";
import { HttpHost } from "../../shared/http/host";
import { HttpLoadBalancer } from "../../shared/http/load-balancer";
import { SERVICE_NODE_PORTS } from "../../shared/network/ports";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { PropsError } from "../../shared/props-error";
import { ENTRANCE, entranceFacts } from "./facts";
import { hostSteps } from "./host-steps";

/** Properties of {@link Entrance}. */
export interface EntranceProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    | "accessLogBucket"
    | "account"
    | "clusters"
    | "clustersOwner"
    | "deletionProtection"
    | "dns"
    | "environment"
    | "monitoring"
    | "network"
  >;
  /** The hosts by their full names, by service. */
  readonly hosts: Readonly<Partial<Record<EntranceService, string>>>;
}

/** Tools of a few people: a share of few requests says little, and a dashboard's query may take seconds. */
const THRESHOLDS = { errorPercent: 5, minRequestsPerMinute: 10, latencySeconds: 10 };

/** Failures of the load balancer itself in five minutes that somebody should look at: one reload of a page makes a few. */
const ERRORS_PER_5_MINUTES = 20;

/**
 * The one way in from people to the services on the cluster: an internal load balancer with a host for each, on the nodes of the general
 * group of k8s. It is reached from those nodes and from controllers only, by Session Manager (`opsdx open`): no host of it is public. Who
 * asks for no login (Prometheus, Alertmanager) is not on it.
 */
export class Entrance extends Construct implements EntranceForServices {
  private loadBalancer: HttpLoadBalancer | undefined;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: EntranceProps,
  ) {
    super(scope, id);
  }

  /** See {@link EntranceForServices.host}. */
  public host(scope: Construct, props: EntranceHostProps): EntranceHost {
    const { hosts, platform } = this.props;
    const { service, severity = "ticket", thresholds = THRESHOLDS } = props;
    const host = hosts[service];
    const cluster = platform.clusters.k8s;
    if (host === undefined) {
      const known = Object.keys(hosts).join(", ");
      throw new PropsError(scope, [
        `service must be one that the environment's settings name (${known}), got "${service}"`,
      ]);
    }
    const loadBalancer = (this.loadBalancer ??= this.open());
    const { alarms, targetGroupArnSuffix } = new HttpHost(scope, "Host", {
      monitoring: platform.monitoring,
      loadBalancer,
      name: service,
      service: props.title,
      users: props.users,
      host,
      nodePort: SERVICE_NODE_PORTS[service],
      protocol: props.protocol,
      healthPath: props.healthPath,
      // By its export, so that the policy sees which group it is.
      autoScalingGroupName: cluster.autoScalingGroupNames[cluster.generalGroup] ?? "",
      severity,
      thresholds,
      steps: hostSteps(platform.environment, props),
    });
    return {
      host,
      url: `https://${host}`,
      nodePort: SERVICE_NODE_PORTS[service],
      target: { loadBalancerArnSuffix: loadBalancer.arnSuffix, targetGroupArnSuffix },
      alarms,
    };
  }

  private open(): HttpLoadBalancer {
    const { hosts, platform } = this.props;
    const { accessLogBucket, account, clusters, dns, environment, monitoring, network } = platform;
    const names = Object.values(hosts);
    describeSystem(
      this,
      entranceFacts({
        environment,
        account,
        hosts: names,
        services: Object.keys(hosts),
        owner: platform.clustersOwner,
        accessLogBucket,
        generalGroup: `${clusters.k8s.generalGroup}.${clusters.k8s.name}`,
      }),
    );
    const loadBalancer = new HttpLoadBalancer(this, "LoadBalancer", {
      monitoring,
      name: ENTRANCE,
      serves: names.join(", "),
      internal: true,
      vpcId: network.vpcId,
      subnetIds: network.nodeSubnetIds,
      securityGroupId: network.securityGroupIds.entrance,
      certificateArn: dns.certificateArn,
      zoneId: dns.zoneId,
      logs: { bucket: accessLogBucket, prefix: environment },
      severity: "ticket",
      errorsPer5Minutes: ERRORS_PER_5_MINUTES,
      deletionProtection: platform.deletionProtection,
    });
    new SystemHealth(this, "Health", { monitoring, alarms: loadBalancer.alarms });
    return loadBalancer;
  }
}
