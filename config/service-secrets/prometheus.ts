import { prometheusHost } from "../names";
import type { ClusterName, EnvironmentConfig } from "../schema/environment";
import type { SecretReader, ServiceSecret } from "./declaration";
import { grafanaRestart } from "./grafana";

const RESTART =
  "on each cluster, which until then shows its former certificate: kubectl --context <cluster> -n monitoring rollout restart statefulset/prometheus-prometheus";

/** What lets Grafana in at the Prometheus of each cluster: a login, and the certificate by which it knows where it is. */
export function prometheusSecrets(environment: EnvironmentConfig): readonly ServiceSecret[] {
  const { clusters, grafana, prometheus } = environment;
  if (prometheus === undefined) return [];
  const service = "prometheus";
  const readers: readonly SecretReader[] = [
    ...Object.keys(clusters).map((cluster) => ({ service, cluster: cluster as ClusterName })),
    ...(grafana === undefined ? [] : [{ service: "grafana", cluster: "k8s" } as const]),
  ];
  // https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#variable-expansion
  const grafanas =
    grafana === undefined
      ? []
      : [
          "Grafana reads password and authority when it starts, and its graphs of the clusters are empty until then. Once its Kubernetes Secret has followed, too (docs/runbook/grafana.md, Go on with new secrets of Prometheus):",
          grafanaRestart(environment),
        ];
  return [
    {
      service,
      reference: "web",
      recipe: { kind: "htpasswd", user: "grafana" },
      readers,
      afterRotation: [
        "Prometheus goes on: nginx reads the file for each request, and lets nobody in by the former password from the moment that it is copied.",
        ...grafanas,
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
      // Another authority, too: who trusts the former one trusts none of the new certificates.
      afterRotation: [`Once the Kubernetes Secrets of all have followed, ${RESTART}`, ...grafanas],
    },
  ];
}
