import { secretPath, serviceSecretsRole } from "./names";
import type { ClusterName, EnvironmentConfig } from "./schema/environment";
import { concourseSecrets } from "./service-secrets/concourse";
import { grafanaSecrets } from "./service-secrets/grafana";
import { redashSecrets } from "./service-secrets/redash";
import { workloadSecrets, type DeclaredSecret } from "./workload-secrets";

/**
 * What the value of a service's secret is made of. `opsdx secrets init` and `opsdx secrets rotate` make it, straight into AWS Secrets
 * Manager. Kinds with properties are JSON objects of texts ({@link propertiesOf}); the others are one text.
 */
export type SecretRecipe =
  /** 43 characters that need no escape in a URL, a shell or SQL. */
  | { readonly kind: "password" }
  /** Random bytes, written as hexadecimal digits or as Base64. */
  | { readonly kind: "hex" | "base64"; readonly bytes: number }
  /** An RSA key of 4096 bits: `private` is PEM (PKCS #1), `public` one line of OpenSSH. */
  | { readonly kind: "rsa" }
  /** A login over HTTP: `user`, `password`, and `bcrypt`, the password's hash. */
  | { readonly kind: "htpasswd"; readonly user: string }
  /** A server's certificate under an authority of its own, PEM: `ca`, `certificate`, `key`. The authority's key is kept nowhere. */
  | { readonly kind: "certificate"; readonly hosts: readonly string[] }
  /** Nobody can make it up: a person gets it, as `what` says, and puts it in. */
  | { readonly kind: "person"; readonly what: string };

/** Who reads a secret: a service's {@link ServiceSecrets} on a cluster, for a Kubernetes Secret, or any other role. */
export type SecretReader = { readonly service: string; readonly cluster: ClusterName } | { readonly role: string };

/** A secret of a service that runs on a cluster. */
export interface ServiceSecret {
  /** The service that it belongs to: `grafana`. */
  readonly service: string;
  /** Last part of its name: `admin-password`. */
  readonly reference: string;
  /** What its value is made of. */
  readonly recipe: SecretRecipe;
  /** Who reads it: nobody else does. */
  readonly readers: readonly SecretReader[];
  /** What a person does when it has a new value, in order, as `opsdx secrets rotate` tells it: what restarts, what must run. */
  readonly afterRotation: readonly string[];
  /** Why `opsdx secrets rotate` refuses to make it a new value: what would be lost, and what a person does instead. @default - it makes one */
  readonly keep?: string;
}

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
    redashSecrets,
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
