import path from "node:path";
import { DataAwsSecretsmanagerSecretVersions } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-versions";
import type { ClusterName } from "../../../config/schema/environment";
import { propertiesOf, secretName, type ServiceSecret } from "../../../config/service-secrets";
import { serviceSecretsRole } from "../../../config/names";
import { Construct, Token, type ITerraformDependable } from "../cdktf";
import { constructId } from "../construct-id";
import { secretStatements } from "../iam/secret-access";
import { ServiceAccountRole } from "../iam/service-account-role";
import type { WorkloadNamespace } from "../kubernetes/workload-namespace";
import { opsdx } from "../observability/command";
import type { Platform } from "../platform";
import { refuse } from "../props-error";
import { HelmRelease } from "./helm-release";

/**
 * The operator that fills Kubernetes Secrets: namespace, name of its release, which is its service account's and its pods' label, too, and port of
 * its metrics.
 */
export const SECRETS_OPERATOR = {
  namespace: "external-secrets",
  name: "external-secrets",
  metricsPort: 8080,
} as const;

/** How often the operator looks for a new value. */
export const REFRESH_INTERVAL = "1h";

/** Where a key of a Kubernetes Secret comes from. */
export interface SecretSource {
  /** Last part of the secret's name in AWS: `admin-password`. */
  readonly reference: string;
  /** Property of the secret's JSON object. @default - the whole value */
  readonly property?: string;
  /** Another service that it belongs to, which names this one among its readers. @default - the service's own */
  readonly service?: string;
}

/** A Kubernetes Secret of a service. */
export interface KubernetesSecret {
  /** Its name. */
  readonly name: string;
  /** Its keys. With a template they are what the template may use, and nothing else. */
  readonly data: Readonly<Record<string, SecretSource>>;
  /**
   * Its keys, when they are more than a value each: texts of Go templates with the keys of `data`, `{{ .password }}`, or
   * `{{ index . "admin-password" }}` where a key has a hyphen.
   * @default - the keys of `data`
   * @see https://external-secrets.io/latest/guides/templating/
   */
  readonly template?: Readonly<Record<string, string>>;
  /** Its type, for example `kubernetes.io/tls`. @default "Opaque" */
  readonly type?: string;
}

/** Properties of {@link ServiceSecrets}. */
export interface ServiceSecretsProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    "account" | "clusters" | "environment" | "secretArns" | "secretKeyArns" | "secretOperators" | "serviceSecrets"
  >;
  /** Short name of the cluster. */
  readonly cluster: ClusterName;
  /** Namespace of the Secrets. */
  readonly namespace: Pick<WorkloadNamespace, "name" | "ready">;
  /** The service, as `config/service-secrets.ts` has it. */
  readonly service: string;
  /** The Secrets. */
  readonly secrets: readonly KubernetesSecret[];
}

/** @see https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data */
const KEY = /^[-._a-zA-Z0-9]+$/;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * The Kubernetes Secrets of a service on a cluster, filled from AWS Secrets Manager by the operator: a store, an account of its own with
 * a role that may read just these secrets, and an ExternalSecret each, as one release of a chart of this project. No value passes through Terraform.
 *
 * A release cannot start without them, so it is not planned without them: each secret must have a value, or the plan says which command
 * gives it one. Only the versions' ids are read.
 */
export class ServiceSecrets extends Construct {
  /** What must be there before a pod that reads one of the Secrets. */
  public readonly ready: readonly ITerraformDependable[];

  /** @throws PropsError naming every source that is not declared, not for this service, or has no such property */
  public constructor(scope: Construct, id: string, props: ServiceSecretsProps) {
    super(scope, id);
    const { cluster: short, namespace, platform, secrets, service } = props;
    const { account, environment } = platform;
    const operator = platform.secretOperators[short];
    refuse(this, [
      operator === undefined &&
        `cluster must be one that config/service-secrets.ts names as a reader's, got "${short}"`,
      ...secretFaults(props),
    ]);
    const used = usedOf(props);
    const versions = used.map((secret) => this.versionsOf(secret, props));
    const cluster = platform.clusters[short];
    const accountName = `${service}-secrets`;
    const systems = [...new Set(used.map((secret) => secret.service))];
    const role = new ServiceAccountRole(this, "Role", {
      name: serviceSecretsRole(environment, service, short),
      description: `Kubernetes Secrets of ${service} on ${short}`,
      policyDescription: `Secrets that ${service} reads on ${short}`,
      cluster,
      serviceAccount: { namespace: namespace.name, name: accountName },
      statements: systems.flatMap((system) =>
        secretStatements({
          account,
          keyArn: platform.secretKeyArns[system],
          names: used.filter((secret) => secret.service === system).map((secret) => secretName(environment, secret)),
        }).map((statement) => ({ ...statement, sid: `${statement.sid}${constructId(system)}` })),
      ),
    });
    const release = new HelmRelease(this, "Resource", {
      provider: cluster.helm,
      releaseName: accountName,
      namespace: namespace.name,
      chart: { folder: path.join(__dirname, "service-secrets-chart") },
      values: {
        service,
        region: account.region,
        roleArn: role.arn,
        operator: { namespace: SECRETS_OPERATOR.namespace, serviceAccount: SECRETS_OPERATOR.name },
        refreshInterval: REFRESH_INTERVAL,
        secrets: Object.fromEntries(
          secrets.map(({ data, name, template, type }) => [
            name,
            {
              type,
              template,
              data: Object.fromEntries(
                Object.entries(data).map(([key, { property, reference, service: of = service }]) => [
                  key,
                  { from: secretName(environment, { service: of, reference }), property },
                ]),
              ),
            },
          ]),
        ),
      },
      dependsOn: [...namespace.ready, ...(operator ?? []), ...versions],
    });
    this.ready = [release.resource];
  }

  /** Reads which versions a secret has, and refuses the plan where none is current. */
  private versionsOf(
    { recipe, reference, service }: ServiceSecret,
    { platform }: ServiceSecretsProps,
  ): ITerraformDependable {
    const name = secretName(platform.environment, { service, reference });
    const how = recipe.kind === "person" ? `nobody can make it up: ${recipe.what}` : "it makes one";
    return new DataAwsSecretsmanagerSecretVersions(this, constructId("versions", service, reference), {
      // From stage1's state: as long as a plan of stage1 does not know it, this waits for the apply.
      secretId: platform.secretArns[`${service}/${reference}`] ?? "",
      lifecycle: {
        postcondition: [
          {
            // A secret without versions has no list of them either.
            condition: Token.asAny(
              '${try(anytrue([for version in self.versions : contains(version.version_stages, "AWSCURRENT")]), false)}',
            ),
            errorMessage: `The secret ${name} has no value: ${opsdx(`secrets init ${platform.environment}`).command} (${how}).`,
          },
        ],
      },
    });
  }
}

type Wanted = Pick<ServiceSecretsProps, "cluster" | "platform" | "secrets" | "service">;

/** The declared secrets that are used, each once, by name. */
function usedOf({ platform, secrets, service }: Wanted): readonly ServiceSecret[] {
  const wanted = new Set(
    secrets.flatMap(({ data }) =>
      Object.values(data).map(({ reference, service: of = service }) => `${of}/${reference}`),
    ),
  );
  return platform.serviceSecrets.filter((secret) => wanted.has(`${secret.service}/${secret.reference}`));
}

function secretFaults({ cluster, platform, secrets, service }: Wanted): readonly (string | false)[] {
  const names = secrets.map(({ name }) => name);
  return [
    secrets.length === 0 && "secrets must name a Secret, got none",
    ...names.map((name, at) => names.indexOf(name) !== at && `secrets must have a name each, got "${name}" twice`),
    ...secrets.flatMap(({ data, name, template = {} }) => [
      !NAME.test(name) && `secrets[].name must be at most 63 lower-case letters, digits and hyphens, got "${name}"`,
      Object.keys(data).length === 0 && `secrets.${name}.data must name a source, got none`,
      ...Object.keys({ ...data, ...template }).map(
        (key) => !KEY.test(key) && `secrets.${name} must have keys of letters, digits, - _ and ., got "${key}"`,
      ),
      ...Object.entries(data).flatMap(([key, source]) =>
        sourceFaults(source, { cluster, platform, service }).map((fault) => `secrets.${name}.data.${key}${fault}`),
      ),
    ]),
  ];
}

function sourceFaults(
  { property, reference, service: of }: SecretSource,
  { cluster, platform, service }: Pick<Wanted, "cluster" | "platform" | "service">,
): readonly string[] {
  const owner = of ?? service;
  const own = platform.serviceSecrets.filter((secret) => secret.service === owner);
  const declared = own.find((secret) => secret.reference === reference);
  if (declared === undefined) {
    const known = own.map((secret) => secret.reference).join(", ");
    return [
      `.reference must be a secret of ${owner} in config/service-secrets.ts (${known === "" ? "it has none" : known}), got "${reference}"`,
    ];
  }
  const isReader = declared.readers.some(
    (reader) => "cluster" in reader && reader.service === service && reader.cluster === cluster,
  );
  const properties = propertiesOf(declared.recipe);
  return [
    ...(isReader ? [] : [`.reference must name ${service} on ${cluster} among its readers, got "${reference}"`]),
    ...(property === undefined || declared.recipe.kind === "person" || properties?.includes(property) === true
      ? []
      : [
          `.property must be ${properties === undefined ? `left out: a ${declared.recipe.kind} is one text` : `one of ${properties.join(", ")}`}, got "${property}"`,
        ]),
  ];
}
