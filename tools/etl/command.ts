import { Command } from "commander";
import { EXIT_CODES, RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { LaunchResult } from "../../lambdas/etl-launcher/launch";
import { assertAccount } from "../aws/caller";
import { WALL_CLOCK, type Watch } from "../wall-clock";
import type { Connection } from "./connection";
import { EXAMPLES } from "./help";
import { launchEvent, outcomeOf, parseVariables, performLaunch } from "./launch";
import { logQuery, printLogs } from "./logs";
import { allOf, UsageError } from "../command-error";
import { GROUPS } from "../command-groups";
import { assertRange, parseBound, parseSince } from "./range-argument";
import { performRerun } from "./rerun";
import { assertOnSchedule, parseSlot } from "./slot-argument";
import { anythingRead, readStatuses } from "./status";
import { statusText } from "./status-text";
import { killRuns, runsOnTheirWay, runText } from "./stop";
import { pausable, resumable, turnSchedules } from "./switch";
import { ALL, findTarget, findTargets, type EtlTarget } from "./target";

/** Settings of {@link etlCommand}. */
export interface EtlCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its AWS account, and its clusters with kubectl */
  readonly connect?: (environment: EnvironmentConfig) => Connection | Promise<Connection>;
  /** Time and progress. @default - the clock, and standard error */
  readonly watch?: Watch;
}

interface EnvOption {
  readonly env?: readonly string[];
}

/** `opsdx etl`: run the ETLs. */
export function etlCommand(props: EtlCommandProps = {}): Command {
  const { load = loadConfig, connect = connectToAws, watch = WALL_CLOCK } = props;
  const etl = new Command("etl")
    .description("the ETLs: status, launch, re-run, backfill, pause, stop, logs")
    .addHelpText("after", EXAMPLES.etl);

  /** Only what is asked for in the right account is done. */
  const connected = async ({ environment }: EtlTarget): Promise<Connection> => {
    const connection = await connect(environment);
    await assertAccount(connection.identity, connection.account);
    return connection;
  };
  const tell = (target: EtlTarget, result: LaunchResult): void => {
    const { text, exitCode } = outcomeOf(target, result);
    console.log(text);
    if (exitCode !== EXIT_CODES.done) process.exitCode = exitCode;
  };

  etl
    .command("status")
    .helpGroup(GROUPS.look)
    .description("show schedule, next slot, Jobs, dead letters and the last launch")
    .argument("<env>", "environment")
    .argument("[etl]", ONE_OR_ALL, ALL)
    .option("--json", "print JSON for programs")
    .addHelpText("after", EXAMPLES.status)
    .action(async (environmentName: string, name: string, { json }: { json?: true }) => {
      const targets = findTargets(load(), environmentName, name);
      const [first] = targets;
      if (first === undefined) return;
      const statuses = await readStatuses(await connect(first.environment), watch, targets);
      console.log(json === true ? JSON.stringify(statuses, undefined, 2) : statusText(statuses, watch.now()));
      if (!anythingRead(statuses)) process.exitCode = 1;
    });

  onEtl(etl, "launch", "launch it now", EXAMPLES.launch)
    .helpGroup(GROUPS.run)
    .option("--env <NAME=value>", "one more variable of the Job; repeatable; never a secret", collect)
    .action(async (environmentName: string, name: string, { env }: EnvOption) => {
      const [target, variables] = allOf(
        () => findTarget(load(), environmentName, name),
        () => parseVariables(env),
      );
      const event = launchEvent(target, { slot: watch.now(), variables });
      tell(target, await performLaunch(await connected(target), target, event));
    });

  onEtl(etl, "rerun", "launch a slot again, after removing its Job", EXAMPLES.rerun)
    .helpGroup(GROUPS.repair)
    .argument("<slot>", "2026-03-08T14:15:00Z or 20260308-1415, in UTC")
    .option("--off-schedule", "take a minute that the schedule does not have")
    .option("--kill", "kill the slot's run if it is on its way")
    .option("--env <NAME=value>", "one more variable of the Job; repeatable; never a secret", collect)
    .action(
      async (
        environmentName: string,
        name: string,
        slotText: string,
        { offSchedule, kill, env }: EnvOption & { offSchedule?: true; kill?: true },
      ) => {
        const now = watch.now();
        const [target, slot, variables] = allOf(
          () => findTarget(load(), environmentName, name),
          () => parseSlot(slotText, now),
          () => parseVariables(env),
        );
        const [, event] = allOf(
          () => offSchedule === true || assertSlot(target, slot, now),
          () => launchEvent(target, { slot, variables }),
        );
        const connection = await connected(target);
        tell(target, await performRerun({ connection, watch, target, event, kill: kill === true }));
      },
    );

  onEtl(etl, "backfill", "load a range again, in one run", EXAMPLES.backfill)
    .helpGroup(GROUPS.repair)
    .requiredOption("--from <moment>", "begin of the range, in UTC")
    .requiredOption("--to <moment>", "end of the range, in UTC")
    .option("--env <NAME=value>", "one more variable of the Job; repeatable; never a secret", collect)
    .action(async (environmentName: string, name: string, options: EnvOption & { from: string; to: string }) => {
      const now = watch.now();
      const [target, from, to, variables] = allOf(
        () => findTarget(load(), environmentName, name),
        () => parseBound("--from", options.from),
        () => parseBound("--to", options.to),
        () => parseVariables(options.env),
      );
      const range = { from, to };
      allOf(
        () => assertRange(range, target.config.backfillMaxDays, now),
        () => launchEvent(target, { slot: now, variables }),
      );
      const event = launchEvent(target, { slot: now, range, variables });
      tell(target, await performLaunch(await connected(target), target, event));
    });

  onEtl(etl, "pause", "switch the schedule off, until the next deploy", EXAMPLES.pause, ONE_OR_ALL)
    .helpGroup(GROUPS.change)
    .action(async (environmentName: string, name: string) => {
      const targets = pausable(findTargets(load(), environmentName, name));
      await turnAll(targets, "DISABLED");
    });
  onEtl(etl, "resume", "switch the schedule on, until the next deploy", EXAMPLES.resume, ONE_OR_ALL)
    .helpGroup(GROUPS.change)
    .option("--force", "even though config says enabled: false")
    .action(async (environmentName: string, name: string, { force }: { force?: true }) => {
      const targets = resumable(findTargets(load(), environmentName, name), force === true, watch);
      await turnAll(targets, "ENABLED");
    });
  const turnAll = async (targets: readonly EtlTarget[], state: "ENABLED" | "DISABLED"): Promise<void> => {
    const [first] = targets;
    if (first === undefined) return;
    await turnSchedules(await connected(first), { ...watch, say: console.log }, targets, state);
  };

  onEtl(etl, "stop", "kill the run that is on its way; its slot is free again", EXAMPLES.stop)
    .helpGroup(GROUPS.repair)
    .option("-y, --yes", "do it")
    .action(async (environmentName: string, name: string, { yes }: { yes?: true }) => {
      const target = findTarget(load(), environmentName, name);
      const connection = await connected(target);
      const runs = await runsOnTheirWay(connection, target);
      if (runs.length === 0) {
        console.log(`Nothing of ${target.etl} is on its way.`);
        return;
      }
      console.log(runs.map(runText).join("\n"));
      if (yes !== true)
        throw new RefusedError("Nothing was stopped. Add --yes to kill it; what it has loaded so far stays");
      await killRuns(connection, watch, target, runs);
    });

  onEtl(etl, "logs", "print the log of its runs, or of its launcher", EXAMPLES.logs)
    .helpGroup(GROUPS.look)
    .option("--since <time>", "how far back: 30m, 3h, 2d, or a moment in UTC", "3h")
    .option("-f, --follow", "go on with what comes, until Ctrl-C")
    .option("--launcher", "the launcher's log, not the runs'")
    .action(
      async (
        environmentName: string,
        name: string,
        { since, follow, launcher }: { since: string; follow?: true; launcher?: true },
      ) => {
        const [target, from] = allOf(
          () => findTarget(load(), environmentName, name),
          () => parseSince(since, watch.now()),
        );
        const query = logQuery(target, launcher === true, from);
        const place = `${query.group}${query.streams === undefined ? "" : `, streams ${query.streams}*`}`;
        const connection = await connected(target);
        if (follow === true) watch.say(`Following ${place}; Ctrl-C ends it.`);
        process.stdout.once("error", endAtClosedPipe);
        const print = (line: string): void => console.log(line);
        const count = await printLogs({ connection, watch, query, follow: follow === true, print });
        if (count === 0) watch.say(`No line since ${since} in ${place}.`);
      },
    );
  return etl;
}

function assertSlot({ etl, config }: EtlTarget, slot: number, now: number): void {
  if (config.schedule === undefined) {
    throw new UsageError(`<slot> cannot be checked, because ${etl} has no schedule: --off-schedule takes any minute`);
  }
  assertOnSchedule(config.schedule, slot, now);
}

function onEtl(parent: Command, name: string, description: string, examples: string, etls = ONE): Command {
  return parent
    .command(name)
    .description(description)
    .argument("<env>", "environment")
    .argument("<etl>", etls)
    .addHelpText("after", examples);
}

const ONE = "name of an ETL; `etl status` lists them";
const ONE_OR_ALL = `name of an ETL, or ${ALL}`;

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `etl logs … | head` reads as much as it wants. */
function endAtClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

/** Late, because four AWS clients take a second to load, which no other command should wait for. */
async function connectToAws(environment: EnvironmentConfig): Promise<Connection> {
  const { connect } = await import("./connection");
  return connect(environment, process.env);
}
