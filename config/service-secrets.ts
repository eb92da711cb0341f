import { secretPath, serviceSecretsRole } from "./names";
import type { ClusterName, EnvironmentConfig } from "./schema/environment";
import { concourseSecrets } from "./service-secrets/concourse";
import type { SecretReader, SecretRecipe, ServiceSecret } from "./service-secrets/declaration";
import { grafanaSecrets } from "./service-secrets/grafana";
import { loadSecrets } from "./service-secrets/load";
import { prometheusSecrets } from "./service-secrets/prometheus";
import { redashSecrets } from "./service-secrets/redash";
import { workloadSecrets, type DeclaredSecret } from "./workload-secrets";

export type { SecretReader, SecretRecipe, ServiceSecret } from "./service-secrets/declaration";

/**
 * Every secret of an environment's services, by name.
 *
 * A service adds its own in `config/service-secrets/<service>.ts`, as a function of the environment that returns none where the service is
 * not configured, and one line here. That is all: stage1 declares them, empty, `opsdx secrets` knows them, the operator comes to
 * their clusters, and `ServiceSecrets` (constructs/shared/helm/service-secrets.ts) makes Kubernetes Secrets of them.
 */
export function serviceSecrets(environment: EnvironmentConfig): readonly ServiceSecret[] {
  const services: readonly ((environment: EnvironmentConfig) => readonly ServiceSecret[])[] = [
    concourseSecrets,
    grafanaSecrets,
    loadSecrets,
    redashSecrets,
    prometheusSecrets,
  ];
  return services
    .flatMap((secretsOf) => secretsOf(environment))
    .sort((a, b) => (secretName("", a) < secretName("", b) ? -1 : 1));
}

/** Full name of a service's secret in AWS Secrets Manager. */
export function secretName(
  environment: string,
  { reference, service }: Pick<ServiceSecret, "reference" | "service">,
): string {
  return `${secretPath(environment, service)}${reference}`;
}

/** Name of the role of a reader. */
export function readerRole(environment: string, reader: SecretReader): string {
  return "role" in reader ? reader.role : serviceSecretsRole(environment, reader.service, reader.cluster);
}

/** Properties of the JSON object that a recipe makes; undefined when it makes one text, or a person decides. */
export function propertiesOf({ kind }: SecretRecipe): readonly string[] | undefined {
  return {
    rsa: ["private", "public"],
    htpasswd: ["user", "password", "bcrypt"],
    certificate: ["ca", "certificate", "key"],
  }[kind as string];
}

/** The clusters on which Kubernetes Secrets are made of secrets: they need the operator that does it. */
export function clustersOf(secrets: readonly ServiceSecret[]): readonly ClusterName[] {
  return [
    ...new Set(secrets.flatMap(({ readers }) => readers.flatMap((by) => ("cluster" in by ? [by.cluster] : [])))),
  ].sort();
}

/** Every secret that stage1 declares for an environment, by name: those of its workloads, and those of its services. */
export function declaredSecrets(
  environment: EnvironmentConfig,
  services = serviceSecrets(environment),
): readonly DeclaredSecret[] {
  const { name: env } = environment;
  return [
    ...workloadSecrets(environment),
    ...services.map((secret): DeclaredSecret => ({
      system: secret.service,
      reference: secret.reference,
      name: secretName(env, secret),
      roles: secret.readers.map((reader) => readerRole(env, reader)),
      generated: secret.recipe.kind !== "person",
      awaited: true,
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}
