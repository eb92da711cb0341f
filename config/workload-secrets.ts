import { etlJobRole, secretPath, serviceRole } from "./names";
import type { EnvironmentConfig } from "./schema/environment";
import { workloadsOf } from "./schema/workloads";

/** A secret that stage1 declares, empty. */
export interface DeclaredSecret {
  /** System that it belongs to, as people know it: `epic2op`, `trews-rest-api`, `grafana`. */
  readonly system: string;
  /** Last part of its name. */
  readonly reference: string;
  /** Full name in AWS Secrets Manager. */
  readonly name: string;
  /** Roles that read it: nobody else does. */
  readonly roles: readonly string[];
  /** Whether this program can make a value; a person gives any other. @default false */
  readonly generated?: boolean;
  /** That it is a service's, so that stage3 is planned only when it has a value. @default - a workload's: its pods say that it has none */
  readonly awaited?: true;
  /**
   * That it belongs to the name which an ETL had before: it stays until `renamedFrom` goes, so that the value can be carried over.
   * @default - it is in use
   */
  readonly former?: true;
}

/** A secret that an environment's settings name: a person puts its value in, one workload reads it. */
export interface WorkloadSecret extends DeclaredSecret {
  /** Variables in which the workload finds its name. */
  readonly variables: readonly string[];
}

type Owner = Pick<WorkloadSecret, "former" | "roles" | "system">;

/** Every secret that an environment's workloads read, by name; a new service's are found by themselves. */
export function workloadSecrets(environment: EnvironmentConfig): readonly WorkloadSecret[] {
  const { etls, name: env } = environment;
  return workloadsOf(environment)
    .flatMap(({ name, path, secrets }) => {
      const etl = path[0] === "etls" ? etls[name] : undefined;
      if (etl === undefined) return secretsOf(env, { system: name, roles: [serviceRole(env, name)] }, secrets);
      const before = etl.renamedFrom;
      return [
        ...secretsOf(env, { system: name, roles: [etlJobRole(env, name)] }, secrets),
        ...(before === undefined
          ? []
          : secretsOf(env, { system: before, roles: [etlJobRole(env, before)], former: true }, secrets)),
      ];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function secretsOf(env: string, owner: Owner, secrets: Readonly<Record<string, string>>): readonly WorkloadSecret[] {
  return [...new Set(Object.values(secrets))].map((reference) => ({
    ...owner,
    reference,
    name: `${secretPath(env, owner.system)}${reference}`,
    variables: Object.keys(secrets)
      .filter((variable) => secrets[variable] === reference)
      .sort(),
  }));
}
