import { clusterFullName, serviceDatabaseName, serviceNamespace, servicesInstance } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { kubectl as command } from "../../constructs/shared/observability/command";
import { CommandError } from "../command-error";
import { refuseInLoadWindow } from "../exercise/window";
import type { KubectlPlace } from "../kubectl";
import type { Watch } from "../wall-clock";
import type { ServicesConnection } from "./connection";

/** A service's database that a person named. */
export interface ServiceDatabaseTarget {
  /** The environment. */
  readonly environment: EnvironmentConfig;
  /** The service. */
  readonly service: string;
}

const SNAPSHOT_MINUTES = 120;
/** The Job's own deadline, and a pod's time to start. */
const JOB_MINUTES = 10;

/** What a person types to have a database dropped. */
export function confirmation({ environment, service }: ServiceDatabaseTarget): string {
  return `${environment.name}/${service}`;
}

/**
 * Makes a service's database, or sets it right.
 * @returns what the program said
 * @throws CommandError when it failed
 */
export function createDatabase(
  connection: ServicesConnection,
  watch: Watch,
  target: ServiceDatabaseTarget,
): Promise<string> {
  return runJob(connection, watch, target, {});
}

/**
 * Takes a snapshot of the instance, and then drops a service's database and makes it anew. Nothing is dropped before the snapshot is whole.
 * @returns what the program said
 * @throws CommandError when there is no snapshot, or the program failed
 */
export async function resetDatabase(
  connection: ServicesConnection,
  watch: Watch,
  target: ServiceDatabaseTarget,
): Promise<string> {
  const { environment, service } = target;
  const instance = servicesInstance(environment.name);
  const stamp = new Date(watch.now())
    .toISOString()
    .replace(/[-:]|\.\d+/g, "")
    .toLowerCase();
  const snapshot = `${instance}-before-reset-of-${service}-${stamp}`;
  const kept = `Nothing was dropped. What RDS says: aws rds describe-db-snapshots --db-snapshot-identifier ${snapshot}`;
  await connection.snapshots.begin(instance, snapshot);
  watch.say(`Snapshot ${snapshot} of ${instance}: until it is whole, Ctrl-C drops nothing.`);
  const until = watch.now() + SNAPSHOT_MINUTES * 60_000;
  for (let said = 0; ;) {
    const { percent, status } = await connection.snapshots.look(snapshot);
    if (status === "available") break;
    if (status !== "creating") throw new CommandError(`The snapshot ${snapshot} is "${status}". ${kept}`);
    if (watch.now() > until)
      throw new CommandError(`The snapshot ${snapshot} took over ${SNAPSHOT_MINUTES} minutes. ${kept}`);
    if (percent > said) watch.say(`${percent} %`);
    said = Math.max(said, percent);
    await watch.sleep(15_000);
  }
  // It took a while.
  refuseInLoadWindow(environment, watch.now());
  const said = await runJob(connection, watch, target, { RESET: service });
  return `${said}\nThe snapshot ${snapshot} stays until somebody deletes it.`;
}

async function runJob(
  { jobs }: ServicesConnection,
  watch: Watch,
  { environment, service }: ServiceDatabaseTarget,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const place: KubectlPlace = {
    environment: environment.name,
    cluster: "k8s",
    context: clusterFullName(environment, "k8s"),
    namespace: serviceNamespace(service),
  };
  const job = await jobs.begin(place, serviceDatabaseName(service), variables);
  const logs = command({ cluster: place.context, namespace: place.namespace }, `logs job/${job}`).command;
  watch.say(`Job ${job}: it goes on without this command. What it says: ${logs}`);
  const until = watch.now() + JOB_MINUTES * 60_000;
  for (;;) {
    const ended = await jobs.look(place, job);
    if (ended === "Complete") return jobs.log(place, job);
    if (ended === "Failed") {
      const said = await jobs.log(place, job).catch((error: unknown) => String(error));
      throw new CommandError(`Job ${job} failed: ${said.trim()}\nMend that, then: ${again(environment.name, service)}`);
    }
    if (watch.now() > until)
      throw new CommandError(`Job ${job} has not ended in ${JOB_MINUTES} minutes. What it says: ${logs}`);
    await watch.sleep(3_000);
  }
}

/** Makes what a reset that failed half way has dropped, too. */
function again(environment: string, service: string): string {
  return `npx opsdx services database ${environment} ${service} create`;
}
