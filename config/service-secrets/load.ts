import type { EnvironmentConfig } from "../schema/environment";
import type { ServiceSecret } from "./declaration";

/** Last parts of the names of load tests' secrets: also the names of the files in which the test finds them. */
export const LOAD_SECRETS = {
  patients: "trews-pats",
  key: "trews-admin-key",
  grafana: "grafana-token",
  page: "ui-password",
} as const;

/** What load tests ask with, and the login of Locust's page. */
export function loadSecrets({ grafana, load, locust }: EnvironmentConfig): readonly ServiceSecret[] {
  if (load === undefined) return [];
  const person = (reference: string, what: string): ServiceSecret => ({
    service: "load",
    reference,
    recipe: { kind: "person", what },
    readers: [{ service: "load", cluster: "k8s" }],
    afterRotation: ["Within the hour the Kubernetes Secret follows; the next run reads it."],
  });
  return [
    person(LOAD_SECRETS.patients, "identifiers of test patients that trews-rest-api knows, separated by commas"),
    person(LOAD_SECRETS.key, "the administrator's key of trews-rest-api"),
    ...(grafana === undefined
      ? []
      : [
          {
            service: "load",
            reference: LOAD_SECRETS.grafana,
            // Grafana, which makes the real one, comes after this has a value: until then what stands here opens nothing.
            recipe: { kind: "password" },
            readers: [{ service: "load", cluster: "k8s" }],
            afterRotation: [],
            keep: "Grafana makes it: docs/runbook/load.md, A token for annotations. Until then runs say that their annotation was not made.",
          } satisfies ServiceSecret,
        ]),
    ...(locust === undefined
      ? []
      : [
          {
            service: "load",
            reference: LOAD_SECRETS.page,
            recipe: { kind: "password" },
            readers: [{ service: "load", cluster: "k8s" }],
            afterRotation: ["kubectl --context <cluster> -n load rollout restart deployment/locust-master"],
          } satisfies ServiceSecret,
        ]),
  ];
}
