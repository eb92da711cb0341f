import { prometheusHost } from "../names";
import type { ClusterName, EnvironmentConfig } from "../schema/environment";
import type { SecretReader, ServiceSecret } from "./declaration";

const RESTART =
  "On each cluster: kubectl --context <cluster> -n monitoring rollout restart statefulset/prometheus-prometheus";

/** What lets Grafana in at the Prometheus of each cluster: a login, and the certificate by which it knows where it is. */
export function prometheusSecrets(environment: EnvironmentConfig): readonly ServiceSecret[] {
  const { clusters, grafana, prometheus } = environment;
  if (prometheus === undefined) return [];
  const service = "prometheus";
  const readers: readonly SecretReader[] = [
    ...Object.keys(clusters).map((cluster) => ({ service, cluster: cluster as ClusterName })),
    ...(grafana === undefined ? [] : [{ service: "grafana", cluster: "k8s" } as const]),
  ];
  return [
    {
      service,
      reference: "web",
      recipe: { kind: "htpasswd", user: "grafana" },
      readers,
      afterRotation: [
        "Nothing restarts: nginx reads the file for each request, within the hour in which it is copied.",
      ],
    },
    {
      service,
      reference: "tls",
      recipe: {
        kind: "certificate",
        hosts: Object.keys(clusters).map((cluster) => prometheusHost(environment, cluster)),
      },
      readers,
      afterRotation: [RESTART],
    },
  ];
}
