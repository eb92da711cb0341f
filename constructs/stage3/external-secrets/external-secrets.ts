import type { ClusterName } from "../../../config/schema/environment";
import { clustersOf } from "../../../config/service-secrets";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { HelmRelease } from "../../shared/helm/helm-release";
import { SECRETS_OPERATOR } from "../../shared/helm/service-secrets";
import { contextOf } from "../../shared/helm/watched-cluster";
import { fromNodes, HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { notSynced } from "./alarms";
import { externalSecretsFacts } from "./facts";
import { EXTERNAL_SECRETS_CHART, externalSecretsValues, WEBHOOK_PORT } from "./values";

/** Properties of {@link ExternalSecrets}. */
export interface ExternalSecretsProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    "clusterLogs" | "clusters" | "clustersOwner" | "environment" | "monitoring" | "serviceSecrets"
  >;
}

/**
 * The External Secrets operator, on each cluster that a service's secret is read on: it copies values from AWS Secrets Manager into
 * Kubernetes Secrets, for charts that know nothing else. It has no right in AWS of its own; a service's release lets it take on the service's account
 * (docs/decisions/0035-secrets-into-the-clusters.md).
 */
export class ExternalSecrets extends Construct {
  /** What must be there before a store is declared, by cluster: definitions, and a webhook that answers. */
  public readonly ready: Readonly<Partial<Record<ClusterName, readonly ITerraformDependable[]>>>;

  public constructor(scope: Construct, id: string, { platform }: ExternalSecretsProps) {
    super(scope, id);
    const { clusters, monitoring } = platform;
    const names = clustersOf(platform.serviceSecrets);
    this.ready = Object.fromEntries(names.map((name) => [name, this.install(platform, name)]));
    if (names.length === 0) return;
    const on = contextOf(Object.fromEntries(names.map((name) => [name, clusters[name]])));
    describeSystem(this, externalSecretsFacts(platform.environment, platform.clustersOwner, names, on));
    new SystemHealth(this, "Health", { monitoring, alarms: [notSynced(this, platform, names, on)] });
  }

  private install({ clusters }: ExternalSecretsProps["platform"], name: ClusterName): readonly ITerraformDependable[] {
    const { foundation, helm, kubernetes: provider } = clusters[name];
    const namespace = new WorkloadNamespace(this, constructId(name, "namespace"), {
      provider,
      name: SECRETS_OPERATOR.namespace,
      level: "restricted",
      quota: { "services.loadbalancers": "0", "services.nodeports": "0" },
      containerDefaults: { cpu: "20m", memory: "128Mi" },
    });
    const ways = new PodNetworkPolicy(this, constructId(name, "network"), {
      provider,
      namespace,
      name: SECRETS_OPERATOR.name,
      // The API server, and AWS.
      out: [HTTPS],
      // Prometheus reads the metrics.
      in: [{ peer: { namespace: foundation.monitoring.name }, ports: [SECRETS_OPERATOR.metricsPort] }],
    });
    const webhook = new PodNetworkPolicy(this, constructId(name, "webhook"), {
      provider,
      namespace,
      name: `${SECRETS_OPERATOR.name}-webhook`,
      podLabels: { "app.kubernetes.io/name": "external-secrets-webhook" },
      // The API server calls it from a control plane, which is a node.
      in: [fromNodes(WEBHOOK_PORT)],
    });
    const release = new HelmRelease(this, constructId(name), {
      provider: helm,
      releaseName: SECRETS_OPERATOR.name,
      namespace: namespace.name,
      chart: EXTERNAL_SECRETS_CHART,
      values: externalSecretsValues(),
      dependsOn: [...namespace.ready, ways.resource, webhook.resource],
    });
    return [release.resource];
  }
}
