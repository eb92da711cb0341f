import type { ClusterName } from "../../../config/schema/environment";
import { Construct } from "../../shared/cdktf";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import type { LogGroup } from "../../shared/observability/log-group";
import type { Platform } from "../../shared/platform";
import { EVENT_READER, eventReaderValues } from "./event-values";
import { HTTP_PORT } from "./pipeline";
import { FLUENT_BIT_CHART } from "./values";

/** Properties of {@link EventReader}. */
export interface EventReaderProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "clusters" | "monitoring">;
  /** The cluster. */
  readonly name: ClusterName;
  /** Where the events go. */
  readonly logGroup: LogGroup;
}

/** Carries the events of a cluster to CloudWatch: one fluent-bit that asks the API, and may write into one log group. */
export class EventReader extends Construct {
  public constructor(scope: Construct, id: string, { logGroup, name, platform }: EventReaderProps) {
    super(scope, id);
    const { account, clusters, monitoring } = platform;
    const cluster = clusters[name];
    const namespace = cluster.foundation.monitoring;
    const role = new ServiceAccountRole(this, "Role", {
      name: `${monitoring.namePrefix}-${EVENT_READER}-${name}`,
      description: `${EVENT_READER} on ${name}`,
      policyDescription: `Kubernetes' events of ${name}`,
      cluster,
      serviceAccount: { namespace: namespace.name, name: EVENT_READER },
      statements: [
        {
          sid: "WriteEvents",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [logGroup.arn, `${logGroup.arn}:log-stream:${cluster.name}`],
        },
      ],
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider: cluster.kubernetes,
      namespace,
      name: EVENT_READER,
      podLabels: { "app.kubernetes.io/name": EVENT_READER },
      in: [{ peer: "namespace", ports: [HTTP_PORT] }],
      out: [HTTPS],
    });
    new HelmRelease(this, "Resource", {
      provider: cluster.helm,
      releaseName: EVENT_READER,
      namespace: namespace.name,
      chart: FLUENT_BIT_CHART,
      values: eventReaderValues({
        clusterName: cluster.name,
        region: account.region,
        logGroupName: logGroup.logGroupName,
        roleArn: role.arn,
      }),
      dependsOn: [...namespace.ready, ways.resource],
    });
  }
}
