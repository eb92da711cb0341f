import { Command } from "commander";
import { loadConfig, type Config } from "../../config/load";
import { configFile, namePrefix } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { MonitorConfig } from "../../config/schema/monitors";
import type { Answer } from "../../lambdas/behavior-monitor/handler";
import { WHOLE } from "../../lambdas/behavior-monitor/monitor";
import { assertAccount } from "../aws/caller";
import { allOf, UsageError, unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import type { MonitorsConnection } from "./connection";

/** Settings of {@link monitorsCommand}. */
export interface MonitorsCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its AWS account */
  readonly connect?: (environment: EnvironmentConfig) => Promise<MonitorsConnection>;
  /** Variables that name the PostgreSQL of a test. @default - the process's */
  readonly env?: NodeJS.ProcessEnv;
}

interface Target {
  readonly environment: EnvironmentConfig;
  readonly monitor: string;
  readonly config: MonitorConfig;
}

const RUN_EXAMPLES = `
Examples:
  npx opsdx monitors run dev epic2op-rows          have the function ask the database now, and write its metric
  npx opsdx monitors run dev epic2op-rows --json   the same, for programs

Ends with 1 where there is no number.`;

const TEST_EXAMPLES = `
Examples:
  PGHOST=localhost PGUSER=me PGDATABASE=opsdx npx opsdx monitors test dev epic2op-rows

Asks a PostgreSQL of yours that plays the database, with its views, by psql's variables PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and
PGSSLROOTCERT, which must be given for another machine. It reads in a transaction that can only read, and writes no metric. Ends with 1
where there is no number.`;

/** `opsdx monitors`: the behavior monitors. */
export function monitorsCommand({
  connect = connectToAws,
  env = process.env,
  load = loadConfig,
}: MonitorsCommandProps = {}): Command {
  const monitors = new Command("monitors").description("the behavior monitors: run one, or try one");
  const add = (
    verb: string,
    description: string,
    examples: string,
    ask: (target: Target) => Promise<Answer>,
  ): Command =>
    monitors
      .command(verb)
      .description(description)
      .argument("<env>", "environment")
      .argument("<monitor>", "name of the monitor")
      .option("--json", "print JSON for programs")
      .addHelpText("after", examples)
      .action(async (environmentName: string, monitor: string, { json }: { json?: true }) => {
        const target = find(load(), environmentName, monitor);
        const answer = await ask(target);
        console.log(json === true ? JSON.stringify(answer, undefined, 2) : textOf(target, answer));
        if ("fault" in answer) process.exitCode = 1;
      });
  add("run", "have the function run a monitor now", RUN_EXAMPLES, async ({ environment, monitor }) => {
    const connection = await connect(environment);
    await assertAccount(connection.identity, connection.account);
    return connection.run(monitor);
  }).helpGroup(GROUPS.run);
  add("test", "run a monitor on a PostgreSQL of yours", TEST_EXAMPLES, async ({ config, monitor }) => {
    const { serverOf, tryMonitor } = await import("./trial");
    return tryMonitor(serverOf(env), monitor, config);
  }).helpGroup(GROUPS.look);
  return monitors;
}

function find(config: Config, environmentName: string, monitor: string): Target {
  const [environment] = allOf(() => findEnvironment(config, environmentName));
  const watched = environment.monitors?.watched;
  if (watched === undefined) {
    throw new UsageError(
      `<env> must have behavior monitors, in ${configFile(environmentName)}, got "${environmentName}"`,
    );
  }
  const settings = watched[monitor];
  if (settings === undefined || !Object.hasOwn(watched, monitor)) {
    throw unknownArgument("monitor", monitor, Object.keys(watched));
  }
  return { environment, monitor, config: settings };
}

/** What a person reads: the numbers, and which alarm each would raise. */
function textOf({ config, environment, monitor }: Target, answer: Answer): string {
  if ("fault" in answer) return `${monitor}: no number (${answer.fault}): ${answer.why}`;
  const { ceiling, floor, unit } = config;
  const lines = Object.entries(answer.values).map(([value, number]) => {
    const of = value === WHOLE ? "" : `${value}-`;
    const alarm = (what: string): string => `${namePrefix(environment.name)}-behavior-${monitor}-${of}${what}`;
    const told = [
      ...(floor !== undefined && number < floor ? [`below the floor of ${floor}: ${alarm("below-floor")}`] : []),
      ...(ceiling !== undefined && number > ceiling
        ? [`above the ceiling of ${ceiling}: ${alarm("above-ceiling")}`]
        : []),
    ];
    const name = value === WHOLE ? monitor : `${monitor} ${value}`;
    return `${name}: ${number}${unit === "count" ? "" : ` ${unit}`}${told.map((text) => `, ${text}`).join("")}`;
  });
  const { unlisted } = answer;
  return [
    ...lines,
    ...(unlisted === 0 ? [] : [`${unlisted} rows have a value that is not on the list, and count as other`]),
  ].join("\n");
}

/** Late, because the AWS clients take a second to load, which no other command should wait for. */
async function connectToAws(environment: EnvironmentConfig): Promise<MonitorsConnection> {
  const { connect } = await import("./connection");
  return connect(environment, process.env);
}
