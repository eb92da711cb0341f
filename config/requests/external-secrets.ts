/** Pods of the External Secrets operator, and what each asks for: the chart's values and the reckoning of room take it from here. */
export const EXTERNAL_SECRETS_REQUESTS = {
  "external-secrets": { replicas: 1, pod: { cpu: "20m", memory: "192Mi" } },
  // While none answers, nobody can change a store or an ExternalSecret.
  "external-secrets-webhook": { replicas: 2, pod: { cpu: "20m", memory: "128Mi" } },
  "external-secrets-cert-controller": { replicas: 1, pod: { cpu: "20m", memory: "128Mi" } },
} as const;
