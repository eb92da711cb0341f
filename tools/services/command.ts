import { Command } from "commander";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { configFile } from "../../config/names";
import { DATABASE_SERVICES } from "../../config/schema/database";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { assertAccount } from "../aws/caller";
import { allOf, UsageError, unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { refuseInLoadWindow } from "../exercise/window";
import { onTerminal } from "../prompt";
import { WALL_CLOCK, type Watch } from "../wall-clock";
import type { ServicesConnection } from "./connection";
import { confirmation, createDatabase, resetDatabase, type ServiceDatabaseTarget } from "./database";

/** Settings of {@link servicesCommand}. */
export interface ServicesCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its AWS account, and its cluster with kubectl */
  readonly connect?: (environment: EnvironmentConfig) => Promise<ServicesConnection>;
  /** Time and progress. @default - the clock, and standard error */
  readonly watch?: Watch;
  /** Asks a person. @default - on the terminal; refused where there is none */
  readonly ask?: (question: string) => Promise<string>;
}

const ACTIONS = ["create", "reset"] as const;

const EXAMPLES = `
Examples:
  npx opsdx services database dev grafana create   make database and role, or set right what is not as it should be
  npx opsdx services database dev redash reset     snapshot, then drop the database and make it anew, empty
  npx opsdx services database dev redash reset --confirm dev/redash

create runs again what a deploy of stage3 runs: it takes a new password over, too. reset is refused in the load window, waits until the
snapshot of the instance is whole, and drops nothing without it. Both need kubectl, as a role that may make Jobs.`;

/** `opsdx services`: what services on the clusters stand on. */
export function servicesCommand({
  load = loadConfig,
  connect = connectToAws,
  watch = WALL_CLOCK,
  ask = (question) => onTerminal(question, "--confirm <env>/<service>"),
}: ServicesCommandProps = {}): Command {
  const services = new Command("services").description("the services on the clusters: their databases");
  services
    .command("database")
    .helpGroup(GROUPS.repair)
    .description("make a service's database and role, or drop the database and make it anew, after a snapshot")
    .argument("<env>", "environment")
    .argument("<service>", DATABASE_SERVICES.join(", "))
    .argument("<action>", ACTIONS.join(" or "))
    .option("--confirm <env/service>", "what reset asks for otherwise")
    .addHelpText("after", EXAMPLES)
    .action(async (environmentName: string, service: string, action: string, { confirm }: { confirm?: string }) => {
      const [environment] = allOf(
        () => findEnvironment(load(), environmentName),
        () => known("service", service, DATABASE_SERVICES),
        () => known("action", action, ACTIONS),
      );
      const target = { environment, service };
      allOf(
        () => assertConfigured(target),
        () => action === "create" || refuseInLoadWindow(environment, watch.now()),
      );
      if (action === "reset") await assertConfirmed(target, confirm, ask);
      const connection = await connect(environment);
      await assertAccount(connection.identity, connection.account);
      const run = action === "reset" ? resetDatabase : createDatabase;
      console.log((await run(connection, watch, target)).trim());
    });
  return services;
}

function known(argument: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) throw unknownArgument(argument, value, values);
}

function assertConfigured({ environment, service }: ServiceDatabaseTarget): void {
  const settings = environment as unknown as Readonly<Record<string, unknown>>;
  if (environment.databases.services !== undefined && settings[service] !== undefined) return;
  throw new UsageError(`<service> must be configured in ${configFile(environment.name)}, got "${service}"`);
}

async function assertConfirmed(
  target: ServiceDatabaseTarget,
  given: string | undefined,
  ask: (question: string) => Promise<string>,
): Promise<void> {
  const wanted = confirmation(target);
  const typed = given ?? (await ask(`Everything in the database ${target.service} goes. To go on, type ${wanted}: `));
  if (typed === wanted) return;
  throw new RefusedError(`Nothing was changed: the confirmation must be ${wanted}, got "${typed}".`);
}

/** Late, because the AWS clients take a second to load, which no other command should wait for. */
async function connectToAws(environment: EnvironmentConfig): Promise<ServicesConnection> {
  const { connect } = await import("./connection");
  return connect(environment, process.env);
}
