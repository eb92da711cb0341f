import { servicesInstance } from "../../../config/names";
import { aws, shell, type Command } from "../observability/command";

/**
 * Takes a snapshot of the instance of the services, and waits for it: minutes. In one shell, and before a schema is changed that no older
 * version reads.
 * @param environment - name of the environment
 * @param service - whose schema is changed: part of the snapshot's name
 */
export function snapshotFirst(environment: string, service: string): readonly Command[] {
  const instance = servicesInstance(environment);
  return [
    shell(`SNAPSHOT=${instance}-before-${service}-$(date -u +%Y%m%d%H%M)`),
    aws(`rds create-db-snapshot --db-instance-identifier ${instance} --db-snapshot-identifier "$SNAPSHOT"`),
    aws(`rds wait db-snapshot-available --db-snapshot-identifier "$SNAPSHOT"`),
  ];
}
