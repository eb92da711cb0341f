import { CLUSTER_GROUPS, type ClusterGroup } from "./cluster-groups";
import { CI_PLAN_ROLE, ciApplyRole, etlLauncherRole, MACHINE_USERS } from "./names";
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
 * Who is let into a cluster: the people that the configuration names, CI, and the functions that launch ETLs where the cluster runs any.
 *
 * @param cluster - its short name
 */
export function clusterIdentities(
  {
    name,
    people,
    etls,
  }: Pick<EnvironmentConfig, "name" | "people"> & {
    readonly etls: Readonly<Record<string, { readonly cluster: string }>>;
  },
  cluster: string,
): readonly ClusterIdentity[] {
  const launches = Object.values(etls).some((etl) => etl.cluster === cluster);
  return [
    ...people,
    { roleName: ciApplyRole(name), username: MACHINE_USERS.ciApply, groups: [CLUSTER_GROUPS.masters] },
    { roleName: CI_PLAN_ROLE, username: MACHINE_USERS.ciPlan, groups: [CLUSTER_GROUPS.readers] },
    ...(launches
      ? [
          {
            roleName: etlLauncherRole(name),
            username: MACHINE_USERS.etlLauncher,
            groups: [CLUSTER_GROUPS.etlLaunchers],
          },
        ]
      : []),
  ];
}
