import { Command } from "commander";
import { EXIT_CODES, RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { configFile, webAlarms } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { profileSeconds, type LoadConfig, type LoadProfileName } from "../../config/schema/load";
import { loadPlan, profilesOf, type LoadPlan } from "../../constructs/stage3/load/plan";
import { assertAccount } from "../aws/caller";
import { allOf, unknownArgument, UsageError } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { exerciseRunId, withExerciseLock } from "../exercise/lock";
import { refuseInLoadWindow } from "../exercise/window";
import { WALL_CLOCK, type Watch } from "../wall-clock";
import type { LoadConnection } from "./connection";
import { conduct } from "./run";
import { verdictText } from "./verdict";

/** Settings of {@link loadCommand}. */
export interface LoadCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its account and its cluster; in the sandbox a process beside a stand-in for the service */
  readonly connect?: (environment: EnvironmentConfig) => Promise<LoadConnection>;
  /** Time and progress. @default - the clock, and standard error */
  readonly watch?: Watch;
  /** Milliseconds between two looks at a run. @default - as conduct() has it */
  readonly lookMs?: number;
}

interface Options {
  readonly profile?: string;
  readonly prod?: true;
  readonly reason?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  npx opsdx load run dev --profile smoke
  npx opsdx load run dev --profile peak --json
  npx opsdx load run prod --profile smoke --prod --reason "before the new hospital starts"

Runs a profile of the environment's load tests against its web service, on nodes of its own, and ends in a verdict: every kind of request
against the profile's limits and the last good run. Reports and verdict come into the bucket of exercises, a note into Grafana. It is refused
in the load window, while another exercise is under way, and while an alarm of the web service fires; one that fires meanwhile, Ctrl-C and the
limits of the settings stop it in order. Where nobody confirms that it is gone, the next exercise waits until its time is over. In the sandbox
Locust is a process of this machine, and a stand-in answers. Exit code 1 where the verdict is not "passed". Needs kubectl, as a role that may
make Jobs.`;

/** `opsdx load`: load tests. */
export function loadCommand({
  connect = connectTo,
  load = loadConfig,
  lookMs,
  watch = WALL_CLOCK,
}: LoadCommandProps = {}): Command {
  const command = new Command("load").description("load tests on the web service");
  command
    .command("run")
    .helpGroup(GROUPS.run)
    .description("load the web service as a profile says, and judge how it answers")
    .argument("<env>", "environment")
    .option("--profile <name>", "what is done: smoke, steady, peak, spike, soak; must be given")
    .option("--prod", "that it is meant for an environment whose runs are guarded")
    .option("--reason <words>", "why, for such an environment; it stands in the verdict")
    .option("--json", "print the verdict as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, options: Options) => {
      const environment = findEnvironment(load(), name);
      const config = loadOf(environment);
      const [profileName] = allOf(
        () => profileNamed(config, options.profile),
        () => assertMeant(environment, config, options),
        () => assertReason(options.reason),
      );
      const minutes = minutesOf(config, profileName);
      refuseInLoadWindow(environment, watch.now(), minutes);
      const connection = await connect(environment);
      await assertAccount(connection.identity, connection.account);
      const stopAlarms = webAlarms(environment);
      await assertQuiet(connection, stopAlarms, watch);
      const { arn: who } = await connection.identity.who();
      const run = exerciseRunId(profileName, watch.now());
      const until = watch.now() + minutes * 60_000;
      const exercise = { kind: "load", name: profileName, who, until } as const;
      const verdict = await withExerciseLock(
        connection.store,
        name,
        exercise,
        watch,
        async ({ children, keep, signal }) => {
          const begun = await connection.prepare({ children, say: watch.say });
          try {
            const plan = planOf(config, profileName, begun.url ?? `https://${environment.web.host}`);
            watch.say(
              `Run ${run}: ${begun.where === "sandbox" ? "Locust is a process here, a stand-in answers" : "a Job on the cluster"}.`,
            );
            const judged = await conduct({
              environment: name,
              run,
              where: begun.where,
              who,
              ...(options.reason !== undefined && { why: options.reason }),
              plan,
              profile: config.profiles[profileName] ?? config.profiles.smoke,
              aroundSeconds: begun.aroundSeconds,
              start: () => begun.start({ plan, run, environment }),
              store: connection.store,
              stopAlarms,
              alarms: connection.alarms,
              autoscaler: connection.autoscaler(watch.say),
              signal,
              keepLock: keep,
              watch,
              ...(lookMs !== undefined && { lookMs }),
            });
            // Here, so that who has interrupted it is told, too.
            console.log(options.json === true ? JSON.stringify(judged, undefined, 2) : verdictText(judged));
            watch.say(`Reports: ${connection.store.location}/load/${run}/`);
            return judged;
          } finally {
            await begun.close();
          }
        },
      );
      if (verdict.outcome !== "passed") process.exitCode = EXIT_CODES.failed;
    });
  return command;
}

function loadOf({ load, name }: EnvironmentConfig): LoadConfig {
  if (load !== undefined) return load;
  throw new UsageError(`<env> must have load tests, in ${configFile(name)}, got "${name}"`);
}

function profileNamed(config: LoadConfig, profile = ""): LoadProfileName {
  const known = profilesOf(config);
  const found = known.find((name) => name === profile);
  if (found !== undefined) return found;
  const { message } = unknownArgument("profile", profile, known);
  throw new UsageError(message.replace("<profile>", "--profile"));
}

function assertMeant({ name }: EnvironmentConfig, { guarded }: LoadConfig, { prod, reason = "" }: Options): void {
  if (!guarded || (prod === true && reason.trim() !== "")) return;
  throw new UsageError(
    `--prod and --reason <words> must be given for ${name}, whose clinicians are asked for beside it, got ${prod === true ? "no reason" : "no --prod"}`,
  );
}

/** It stands in the verdict, and on a terminal. */
function assertReason(reason = "none"): void {
  if (/^[\p{L}\p{N}\p{P}\p{Zs}\p{S}]{1,300}$/u.test(reason) && reason.trim() !== "") return;
  throw new UsageError(
    `--reason must be at most 300 characters of one line, got ${JSON.stringify(reason.slice(0, 320))}`,
  );
}

/** Minutes that a run takes at most, with a node that must come first. */
function minutesOf({ profiles }: LoadConfig, profile: LoadProfileName): number {
  return Math.ceil(profileSeconds(profiles[profile] ?? profiles.smoke) / 60) + 20;
}

function planOf(config: LoadConfig, profile: LoadProfileName, url: string): LoadPlan {
  const plan = loadPlan(config, profile, url);
  if (plan === undefined) throw new UsageError(`--profile must be one of ${profilesOf(config).join(", ")}`);
  return plan;
}

/** A service that is ill already is not loaded; one whose alarms are missing would be loaded blindly. */
async function assertQuiet({ alarms }: LoadConnection, names: readonly string[], { say }: Watch): Promise<void> {
  const standings = await alarms.standings(names);
  const named = (state: string): string =>
    standings.flatMap((alarm) => (alarm.state === state ? [alarm.name] : [])).join(", ");
  if (named("ALARM") !== "") {
    throw new RefusedError(`Nothing was changed: the web service is not well. Alarms that fire: ${named("ALARM")}.`);
  }
  if (named("MISSING") !== "") {
    throw new RefusedError(
      `Nothing was changed: alarms that stop a run must exist, and these do not: ${named("MISSING")}. Deploy stage3 first.`,
    );
  }
  if (named("INSUFFICIENT_DATA") !== "") say(`Alarms that have seen nothing yet: ${named("INSUFFICIENT_DATA")}.`);
}

/** Late, because the AWS clients take a second to load, which no other command should wait for. */
async function connectTo(environment: EnvironmentConfig): Promise<LoadConnection> {
  const { connect } = await import("./connection");
  return connect(environment, process.env);
}
