import { imageParts } from "../../../config/images";
import { EXTERNAL_SECRETS_REQUESTS } from "../../../config/requests/external-secrets";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";
import { SECRETS_OPERATOR } from "../../shared/helm/service-secrets";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { RESTRICTED_CONTAINER } from "../../shared/kubernetes/pod-security";

/** The chart of External Secrets 2.9.0, with its custom resource definitions. */
export const EXTERNAL_SECRETS_CHART: PinnedChart = {
  name: "external-secrets",
  version: "2.9.0",
  repository: "https://charts.external-secrets.io",
};

/** Port on which the webhook listens, which the API server calls. */
export const WEBHOOK_PORT = 10250;

/**
 * The chart's values: Secrets of one namespace from a store in it, nothing cluster-wide, nothing that writes to AWS.
 * @see https://github.com/external-secrets/external-secrets/blob/helm-chart-2.9.0/deploy/charts/external-secrets/values.yaml
 */
export function externalSecretsValues(): Readonly<Record<string, HelmValue>> {
  const {
    "external-secrets": operator,
    "external-secrets-cert-controller": certController,
    "external-secrets-webhook": webhook,
  } = EXTERNAL_SECRETS_REQUESTS;
  return {
    fullnameOverride: SECRETS_OPERATOR.name,
    serviceAccount: { create: true, name: SECRETS_OPERATOR.name },
    // Stores of a namespace are all there is.
    processClusterStore: false,
    processClusterExternalSecret: false,
    processClusterPushSecret: false,
    processClusterGenerator: false,
    processPushSecret: false,
    crds: {
      createClusterSecretStore: false,
      createClusterExternalSecret: false,
      createClusterPushSecret: false,
      createClusterGenerator: false,
      createPushSecret: false,
    },
    rbac: {
      create: true,
      // It may take on no account but those that a service's own release allows it.
      serviceAccountTokenCreate: false,
      servicebindings: { create: false },
      // Who may edit a namespace may not draw on its store.
      aggregateToView: true,
      aggregateToEdit: false,
      aggregateToAdmin: false,
    },
    ...pod(operator.pod),
    replicaCount: operator.replicas,
    livenessProbe: { enabled: true },
    readinessProbe: { enabled: true },
    webhook: {
      ...pod(webhook.pod),
      port: WEBHOOK_PORT,
      replicaCount: webhook.replicas,
      podDisruptionBudget: { enabled: true, minAvailable: 1 },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
        { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
      ],
      livenessProbe: { enabled: true },
    },
    certController: {
      ...pod(certController.pod),
      replicaCount: certController.replicas,
      livenessProbe: { enabled: true },
    },
  };
}

/** What the chart's three programs have in common. */
function pod(size: { readonly cpu: string; readonly memory: string }): Readonly<Record<string, HelmValue>> {
  const { registry, repository, pinnedTag } = imageParts("external-secrets");
  return {
    image: { repository: `${registry}/${repository}`, tag: pinnedTag },
    // A user of the pod is nobody on the node: https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
    hostUsers: false,
    priorityClassName: PRIORITY_CLASSES.service.name,
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    securityContext: { ...RESTRICTED_CONTAINER, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    resources: { requests: { ...size }, limits: { memory: size.memory } },
    metrics: { service: { enabled: true, port: SECRETS_OPERATOR.metricsPort } },
  };
}
