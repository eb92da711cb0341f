import type { ClusterName } from "../../../config/schema/environment";
import { clusterLogGroup, logStreamRoot, sharedLogsCluster, stackName } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { Alarm } from "../../shared/observability/alarm";
import { cdktf } from "../../shared/observability/command";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { contextOf } from "../../shared/helm/watched-cluster";
import type { Platform } from "../../shared/platform";
import { ClusterRecords } from "./cluster-records";
import { EventReader } from "./event-reader";
import { fluentBitCommands, fluentBitFacts } from "./fluent-bit-facts";
import { HTTP_PORT } from "./pipeline";
import { FLUENT_BIT, FLUENT_BIT_ACCEPTED, FLUENT_BIT_CHART, fluentBitValues } from "./values";

/** Properties of {@link LogShipping}. */
export interface LogShippingProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "clusterLogs" | "clusters" | "clustersOwner" | "monitoring">;
}

/** Seconds without a line after which somebody should look: control planes write every second. */
const SILENCE_SECONDS = 1800;
const PERIOD_SECONDS = 300;

/**
 * Carries the logs of every container of every cluster to CloudWatch, and what is recorded of the clusters themselves: one fluent-bit on each
 * node and one for the events, each with a role that may write into its log groups and nothing else. The log groups, their keys and their retention are this program's.
 */
export class LogShipping extends Construct {
  public constructor(scope: Construct, id: string, { platform }: LogShippingProps) {
    super(scope, id);
    const { clusterLogs, clusters, clustersOwner, monitoring } = platform;
    describeSystem(this, fluentBitFacts(monitoring.environment, clustersOwner, contextOf(clusters)));
    const names = Object.keys(clusters) as ClusterName[];
    const records = new ClusterRecords(this, "Records", { platform });
    for (const name of names) {
      this.ship(platform, name, records);
      new EventReader(this, constructId(name, "events"), { platform, name, logGroup: records.groups.events });
    }
    const alarms = Object.keys(clusterLogs.groups).map((logs) =>
      this.silence(
        platform,
        logs,
        names.filter((name) => sharedLogsCluster(name) === logs),
      ),
    );
    new SystemHealth(this, "Health", { monitoring, alarms: [...alarms, ...records.alarms] });
  }

  private ship(
    { account, clusterLogs, clusters, monitoring }: LogShippingProps["platform"],
    name: ClusterName,
    { groups: { audit, nodes } }: ClusterRecords,
  ): void {
    const cluster = clusters[name];
    const logGroup = clusterLogs.of(name);
    const namespace = cluster.foundation.nodeAgents;
    const role = new ServiceAccountRole(this, constructId(name, "role"), {
      name: `${monitoring.namePrefix}-${FLUENT_BIT}-${name}`,
      description: `${FLUENT_BIT} on ${name}`,
      policyDescription: `Log lines, audit log and journals of ${name}`,
      cluster,
      serviceAccount: { namespace: namespace.name, name: FLUENT_BIT },
      statements: [
        {
          sid: "WriteLines",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [
            ...[logGroup, audit, nodes].map(({ arn }) => arn),
            `${logGroup.arn}:log-stream:*`,
            // Nobody writes a line of another cluster.
            ...[audit, nodes].map(({ arn }) => `${arn}:log-stream:${cluster.name}/*`),
          ],
        },
      ],
    });
    const ways = new PodNetworkPolicy(this, constructId(name, "network"), {
      provider: cluster.kubernetes,
      namespace,
      name: FLUENT_BIT,
      podLabels: { "app.kubernetes.io/name": FLUENT_BIT },
      // Prometheus reads its metrics; itself it asks AWS, and the API server for pods' annotations.
      in: [{ peer: { namespace: cluster.foundation.monitoring.name }, ports: [HTTP_PORT] }],
      out: [HTTPS],
    });
    new HelmRelease(this, constructId(name), {
      provider: cluster.helm,
      releaseName: FLUENT_BIT,
      namespace: namespace.name,
      chart: FLUENT_BIT_CHART,
      values: fluentBitValues({
        clusterName: cluster.name,
        namespace: namespace.name,
        region: account.region,
        logGroupName: logGroup.logGroupName,
        auditGroupName: audit.logGroupName,
        nodeGroupName: nodes.logGroupName,
        streamRoot: logStreamRoot(name),
        roleArn: role.arn,
      }),
      accepted: FLUENT_BIT_ACCEPTED,
      dependsOn: [...namespace.ready, ways.resource],
    });
  }

  private silence(
    { clusterLogs, clusters: all, monitoring }: LogShippingProps["platform"],
    logs: string,
    clusters: readonly ClusterName[],
  ): Alarm {
    const commands = fluentBitCommands(contextOf(all));
    return new Alarm(this, constructId(logs, "silent"), {
      monitoring,
      name: `${logs}-logs-silent`,
      intent: `No line of ${clusters.join(" and ")} arrived in CloudWatch for ${SILENCE_SECONDS / 60} minutes: what happens there is not recorded, and alarms on logs are blind. Nodes keep their newest lines, so little is lost yet.`,
      severity: "ticket",
      steps: [
        ["See which streams wrote last:", commands.newestStreams(clusterLogGroup(monitoring.environment, logs))],
        [`See the pods, on ${clusters.join(" and ")}:`, commands.pods, "None, or too few:", commands.describe],
        [
          "What do they say?",
          commands.ownLog,
          "AccessDenied or no credentials: this must name the role, and show no change to it:",
          commands.roleInPod,
          cdktf("diff", stackName(monitoring.environment, "stage3")),
        ],
        ["Restart them, which loses nothing:", commands.restart],
      ],
      metric: {
        namespace: "AWS/Logs",
        name: "IncomingLogEvents",
        dimensions: { LogGroupName: clusterLogs.of(logs).logGroupName },
        statistic: "Sum",
      },
      comparison: "<",
      threshold: 1,
      periodSeconds: PERIOD_SECONDS,
      periods: SILENCE_SECONDS / PERIOD_SECONDS,
      missingData: "breaching",
    });
  }
}
