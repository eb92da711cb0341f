import type { EnvironmentConfig } from "./schema/environment";

/** Whether snapshots of an environment's databases are copied to the shared account. */
export function hasCopies({ databases }: Pick<EnvironmentConfig, "databases">): boolean {
  return Object.values(databases).some(({ snapshots }) => snapshots.copies !== undefined);
}
