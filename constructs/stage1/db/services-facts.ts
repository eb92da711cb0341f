import type { DatabaseConfig } from "../../../config/schema/database";

/** What the page says of the database of services. */
export type ServicesFactsProps = Pick<DatabaseConfig, "backupRetentionDays" | "multiAz">;

/** What its loss means: a line of "What a loss costs". */
export function servicesLoss({ backupRetentionDays, multiAz }: ServicesFactsProps): string {
  const zone = multiAz
    ? "Its instance or its zone: nothing, 60 to 120 seconds."
    : "Its zone: as a mistake in its data, because it has no standby.";
  const data =
    backupRetentionDays === 0
      ? "A mistake in its data: what was written since its last snapshot."
      : "A mistake in its data: five minutes of writes, and as long as the restore tests take plus an hour of people.";
  return `SERVICES: people lose Grafana's users and preferences, Redash's queries, dashboards and kept results, Concourse's builds and their logs; no clinician and no ETL waits for it, and alarms live elsewhere. ${zone} ${data}`;
}
