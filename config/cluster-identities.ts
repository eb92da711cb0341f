import { CLUSTER_GROUPS, type ClusterGroup } from "./cluster-groups";
import {
  CI_PLAN_ROLE,
  ciApplyRole,
  controllerRole,
  etlLauncherRole,
  etlOperatorRole,
  MACHINE_USERS,
  PEOPLE_ROLES,
  PEOPLE_USERS,
} from "./names";
import type { EnvironmentConfig } from "./schema/environment";

/** An AWS role that is a user of a cluster. */
export interface ClusterIdentity {
  /** Name of a role of the environment's account, without a path. */
  readonly roleName: string;
  /** The user's name in Kubernetes, as the audit log has it. */
  readonly username: string;
  /** The user's groups. */
  readonly groups: readonly ClusterGroup[];
}

/**
 * Who is let into a cluster: people and CI on every one, and controllers, which look; who operates ETLs, and the functions that launch them, where the cluster runs
 * any. All by names that this program gives, so that nobody's way to sign in changes what a cluster boots from.
 *
 * @param cluster - its short name
 */
export function clusterIdentities(
  {
    name,
    controllers,
    etls,
  }: Pick<EnvironmentConfig, "name" | "controllers"> & {
    readonly etls: Readonly<Record<string, { readonly cluster: string }>>;
  },
  cluster: string,
): readonly ClusterIdentity[] {
  const runsEtls = Object.values(etls).some((etl) => etl.cluster === cluster);
  const { administrators, readers } = PEOPLE_ROLES;
  const { etlLaunchers, etlOperators, masters, readers: lookers } = CLUSTER_GROUPS;
  return [
    { roleName: administrators, username: PEOPLE_USERS.administrators, groups: [masters] },
    { roleName: readers, username: PEOPLE_USERS.readers, groups: [lookers] },
    { roleName: ciApplyRole(name), username: MACHINE_USERS.ciApply, groups: [masters] },
    { roleName: CI_PLAN_ROLE, username: MACHINE_USERS.ciPlan, groups: [lookers] },
    ...(controllers === undefined
      ? []
      : [{ roleName: controllerRole(name), username: MACHINE_USERS.controller, groups: [lookers] }]),
    ...(runsEtls
      ? [
          { roleName: etlOperatorRole(name), username: PEOPLE_USERS.etlOperators, groups: [etlOperators] },
          { roleName: etlLauncherRole(name), username: MACHINE_USERS.etlLauncher, groups: [etlLaunchers] },
        ]
      : []),
  ];
}
