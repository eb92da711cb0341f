import { AGENT_REQUESTS } from "../../../config/requests/cluster-agents";
import { imageParts } from "../../../config/images";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { RESTRICTED_CONTAINER } from "../../shared/kubernetes/pod-security";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";

/** The chart of Headlamp 0.45.0. */
export const HEADLAMP_CHART: PinnedChart = {
  name: "headlamp",
  version: "0.45.0",
  repository: "https://kubernetes-sigs.github.io/headlamp/",
};

/** Name of the release, its Service and its service account. */
export const HEADLAMP = "headlamp";

/** Seconds that a login lasts: as long as the token that it is made with. */
export const SESSION_SECONDS = 3600;

/** The chart's values. Everybody sees what the token allows that they bring: Headlamp itself decides nothing. */
export function headlampValues(clusterName: string): Readonly<Record<string, HelmValue>> {
  const { registry, repository, pinnedTag } = imageParts("headlamp");
  return {
    fullnameOverride: HEADLAMP,
    image: { registry, repository, tag: pinnedTag },
    priorityClassName: PRIORITY_CLASSES.tools.name,
    // A user of the pod is nobody on the node: https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
    hostUsers: false,
    replicaCount: 1,
    config: {
      inCluster: true,
      inClusterContextName: clusterName,
      sessionTTL: SESSION_SECONDS,
      // Anybody who reaches the port would be the pod's service account.
      unsafeUseServiceAccountToken: false,
      enableHelm: false,
      watchPlugins: false,
      // The one that the image brings asks Prometheus through the API server, which readers may not.
      staticPlugins: { enabled: false },
      // Without a login provider there is nothing to keep secret.
      oidc: { secret: { create: false } },
    },
    pluginsManager: { enabled: false },
    // Headlamp's own account is also whose token people take: Kubernetes' role of readers, which sees no Secret.
    serviceAccount: { create: true, name: HEADLAMP },
    clusterRoleBinding: { create: true, clusterRoleName: "view" },
    service: { type: "ClusterIP", port: 80 },
    ingress: { enabled: false },
    httpRoute: { enabled: false },
    podDisruptionBudget: { enabled: false },
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    // User and group of the image's own files.
    securityContext: { ...RESTRICTED_CONTAINER, privileged: false, runAsUser: 100, runAsGroup: 101 },
    resources: { requests: AGENT_REQUESTS.headlamp, limits: { memory: "256Mi" } },
    probes: {
      livenessProbe: { initialDelaySeconds: 5, periodSeconds: 20, timeoutSeconds: 3 },
      readinessProbe: { periodSeconds: 10, timeoutSeconds: 3 },
    },
  };
}
