import type { PlannedChange } from "./events";

/** Arguments of which every change restarts an instance. */
const RESTARTS = ["instance_class", "engine_version"] as const;

/**
 * What a change of the retention of automated backups says of a restart: from none to some, or back, is one.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
 */
const switchesBackups = (before: unknown, after: unknown): boolean => (before === 0) !== (after === 0);

/**
 * What people must know about a plan that restarts databases: which, why, and whether it waits for the maintenance window.
 * @param changes - what the plan would change
 */
export function databaseRestartNotice(changes: readonly PlannedChange[]): string | undefined {
  const restarts = changes
    .filter(({ address, action }) => address.startsWith("aws_db_instance.") && action === "update")
    .flatMap(({ address, before = {}, after = {} }) => {
      const reasons = [
        ...RESTARTS.filter((argument) => before[argument] !== after[argument]),
        ...["backup_retention_period"].filter((argument) => switchesBackups(before[argument], after[argument])),
      ].map((argument) => `${argument} ${String(before[argument])} -> ${String(after[argument])}`);
      const when =
        after["apply_immediately"] === true
          ? "at once, with whatever else is pending"
          : `in its maintenance window (${String(after["maintenance_window"])}, UTC)`;
      return reasons.length === 0 ? [] : [`  ${address}: ${reasons.join(", ")}: ${when}`];
    });
  if (restarts.length === 0) return undefined;
  return [
    `${restarts.length === 1 ? "A database restarts" : `${restarts.length} databases restart`}:`,
    ...restarts,
  ].join("\n");
}
