import { namePrefix } from "../../../config/names";
import type { DatabaseConfig } from "../../../config/schema/database";
import { aws, opsdx, shell } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Procedure } from "../../shared/observability/system";

/** What the page says of the database of services. */
export type ServicesFactsProps = Pick<DatabaseConfig, "backupRetentionDays" | "multiAz" | "replicaRegion">;

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

/** What people do with the database of one service. */
export function servicesProcedures(environment: string): readonly Procedure[] {
  const prefix = namePrefix(environment);
  const service = placeholder("service");
  const run = (action: string) => opsdx(`services database ${environment} ${service} ${action}`);
  return [
    {
      title: "SERVICES: make a service's database, or take a new password over",
      steps: [
        "A deploy of stage3 does it by a Job whenever the program or its settings change. Again, as often as you like; a line says what was done:",
        run("create"),
        "A new password: first the secret (runbook, Secrets), then this, then restart the service. Between the two its open connections go on, and new ones are refused.",
      ],
    },
    {
      title: "SERVICES: make a service's database anew, empty (what it held is in a snapshot; not in the load window)",
      steps: [
        [
          "Takes a snapshot of the instance and waits for it, asks for the name, drops the database and makes it again:",
          run("reset"),
        ],
        "Restart the service: it makes its tables when it starts. An interrupt before the Job has begun drops nothing; the Job goes on by itself.",
        [
          "The snapshots of earlier resets, which stay until somebody deletes them:",
          aws(
            `rds describe-db-snapshots --db-instance-identifier ${prefix}-services --snapshot-type manual --query "DBSnapshots[].[DBSnapshotIdentifier,SnapshotCreateTime,Status]" --output table`,
          ),
        ],
      ],
    },
    {
      title: "SERVICES: restore one service's database (the others stay as they are)",
      steps: [
        `Restore the instance to a time, or from a snapshot, beside itself as ${prefix}-services-restored (below, with \`services\` in place of \`db\`).`,
        [
          "Copy the one database out of it, as its role, into the empty one that `reset` made:",
          shell(
            `pg_dump --format=custom --no-owner --file service.dump "host=${placeholder("address")} user=${service} dbname=${service} sslmode=verify-full sslrootcert=global-bundle.pem"`,
          ),
          shell(
            `pg_restore --no-owner --dbname "host=${placeholder("address")} user=${service} dbname=${service} sslmode=verify-full sslrootcert=global-bundle.pem" service.dump`,
          ),
        ],
        "Delete the file: it holds what the database held. Delete the restored instance.",
      ],
    },
  ];
}
