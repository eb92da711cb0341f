import path from "node:path";
import { Command } from "commander";
import { DateTime } from "luxon";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { drillsOf } from "../../constructs/stage3/drills/catalogue";
import type { Drill } from "../../constructs/stage3/drills/drill";
import { partsOf } from "../../constructs/shared/observability/steps";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { assertAccount } from "../aws/caller";
import { allOf, CommandError, unknownArgument, UsageError } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { exerciseRunId, withExerciseLock } from "../exercise/lock";
import { refuseInLoadWindow } from "../exercise/window";
import { PROJECT_ROOT, writeWhole } from "../files";
import { writeOrCheck } from "../generated-file";
import { onTerminal } from "../prompt";
import { WALL_CLOCK, type Watch } from "../wall-clock";
import type { DrillConnection } from "./connection";
import { injectorOf, undo, type Injector } from "./injection";
import { ABORT_KEY, armed, ARMED_KEY, beating, close, openDrill, SILENT_MS, type Journal } from "./journal";
import { DRILL_PAGES, lastDone } from "./last-done";
import { DRILLS_PAGE, drillsPage } from "./pages";
import { performDrill } from "./run";
import { scorecardPage, type Scorecard } from "./scorecard";
import { simulatedKill } from "./simulation";

/** Settings of {@link drillCommand}. */
export interface DrillCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment. @default - its AWS account, and its clusters with kubectl */
  readonly connect?: (environment: EnvironmentConfig) => Promise<DrillConnection>;
  /** Time and progress. @default - the clock, and standard error */
  readonly watch?: Watch;
  /** Asks a person. @default - on the terminal; refused where there is none */
  readonly ask?: (question: string) => Promise<string>;
  /** Folder that docs/drills stands in. @default - the project's */
  readonly root?: string;
  /** The environment that programs are found in. @default - this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds between two looks. @default - 15 seconds, and one in the sandbox */
  readonly pollMs?: number;
}

/** A drill of an environment. */
interface Target {
  readonly environment: EnvironmentConfig;
  readonly drills: readonly Drill[];
}

const EXAMPLES = `
Examples:
  npx opsdx drill list dev                            which drills there are, and when each was done last
  npx opsdx drill plan dev web-pod-kill               what it would do, and what must come of it
  npx opsdx drill run dev web-pod-kill                do it, and write its scorecard
  npx opsdx drill arm prod --reason "Drill of Q4"     let drills run in prod, for an hour
  npx opsdx drill abort dev                           end what is under way, or take back what a killed one left
  npx opsdx drill report dev                          the scorecards of an environment

run looks that all is well, breaks something, watches whether alarms fire in time, takes it back, and watches until all is as before.
Ctrl-C takes it back, too; what a killed run left is taken back by the next one. In the sandbox no kubelet runs pods and nobody evaluates
alarms: the command sets them, and the scorecard says that it is simulated.`;

/** How long a drill may take beyond its own time, for taking it back. */
const SPARE_MINUTES = 15;
const ARMED_MINUTES = 60;

/** `opsdx drill`: breaks things on purpose, and measures what comes of it. */
export function drillCommand({
  load = loadConfig,
  connect = connectToAws,
  watch = WALL_CLOCK,
  ask = (question) => onTerminal(question, "--confirm <env>"),
  root = PROJECT_ROOT,
  env = process.env,
  pollMs,
}: DrillCommandProps = {}): Command {
  const drill = new Command("drill")
    .description("fire drills: break something on purpose, and measure what comes of it")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, group: string, description: string): Command =>
    drill
      .command(name)
      .helpGroup(group)
      .description(description)
      .argument("<env>", "environment")
      .addHelpText("after", EXAMPLES);
  const target = (name: string): Target => targetOf(load(), name);
  const reach = async ({ environment }: Target): Promise<readonly [DrillConnection, string]> => {
    const connection = await connect(environment);
    await assertAccount(connection.identity, connection.account);
    return [connection, (await connection.identity.who()).arn];
  };

  add("list", GROUPS.look, "list the drills of an environment, and when each was done last")
    .option("--json", "as JSON")
    .action((name: string, { json = false }: { json?: boolean }) => {
      const { drills, environment } = target(name);
      const list = drills.map((each) => ({
        name: each.name,
        title: each.title,
        kind: each.injection.kind,
        withheld: environment.drills?.withheld[each.name],
        last: lastDone(root, name, each.name) ?? "never",
      }));
      if (json) console.log(JSON.stringify(list, undefined, 2));
      else {
        for (const { last, name: drillName, title, withheld } of list) {
          console.log(
            `${drillName.padEnd(24)}${last.padEnd(24)}${title}${withheld === undefined ? "" : ` (withheld: ${withheld})`}`,
          );
        }
      }
    });

  add("plan", GROUPS.look, "say what a drill would do, and what must come of it; changes nothing")
    .argument("<drill>", "drill")
    .action((name: string, drillName: string) => {
      const there = target(name);
      console.log(planOf(there.environment, findDrill(there, drillName)));
    });

  add("arm", GROUPS.run, "let drills run in an environment that asks for it, for an hour")
    .option("--reason <text>", "why; must be given")
    .option("--confirm <env>", "what it asks for otherwise")
    .action(async (name: string, { confirm, reason = "" }: { reason?: string; confirm?: string }) => {
      const there = target(name);
      if (reason.trim().length < 10) {
        throw new UsageError(`--reason must say why in ten characters or more, got "${reason}"`);
      }
      const typed = confirm ?? (await ask(`Drills may break ${name} for an hour. To go on, type ${name}: `));
      if (typed !== name) {
        throw new RefusedError(`Nothing was changed: the confirmation must be ${name}, got "${typed}".`);
      }
      const [connection, who] = await reach(there);
      const until = new Date(watch.now() + ARMED_MINUTES * 60_000).toISOString();
      await connection.store.write(ARMED_KEY, JSON.stringify({ who, reason, until }), "application/json");
      console.log(`Drills may run in ${name} until ${until}.`);
    });

  add("run", GROUPS.run, "run a drill: break something, watch, take it back, and write the scorecard")
    .argument("<drill>", "drill")
    .option("--no-ring", "in the sandbox, set no alarm: somebody else does")
    .action(async (name: string, drillName: string, { ring }: { ring: boolean }) => {
      const there = target(name);
      const chosen = findDrill(there, drillName);
      const { environment } = there;
      const minutes = chosen.recoverWithinMinutes + SPARE_MINUTES;
      allOf(
        () => assertNotWithheld(environment, drillName),
        () => refuseInLoadWindow(environment, watch.now(), minutes),
        () => assertHours(environment, watch.now()),
      );
      const [connection, who] = await reach(there);
      await assertArmed(environment, connection, watch.now());
      const left = await killedDrill(there, connection, watch);
      const run = exerciseRunId(drillName, watch.now());
      const { end, ...injector } = injectorHere(environment, chosen, connection, env);
      const until = watch.now() + minutes * 60_000;
      const exercise = { kind: "drill" as const, name: drillName, who, until, run, ...insteadOf(left) };
      const people = chosen.injection.kind === "people" ? chosen.injection.steps : undefined;
      for (const step of people ?? []) {
        for (const part of partsOf(step)) watch.say(typeof part === "string" ? part : `  ${part.command}`);
      }
      const card = await withExerciseLock(connection.store, name, exercise, watch, async ({ signal }) => {
        try {
          await takeBack(there, connection, watch, left?.run);
          const shown = await performDrill({
            connection,
            watch,
            environment,
            drill: chosen,
            injector,
            run,
            who,
            signal,
            ring,
            pollMs: pollMs ?? (connection.ring === undefined ? undefined : 1000),
            ...(people !== undefined && { done: () => ask("When all of it is done, press Enter: ") }),
          });
          await keep(connection, root, shown, chosen);
          return shown;
        } finally {
          end();
        }
      });
      console.log(scorecardPage(card, chosen));
      console.error(`Scorecard: ${connection.store.location}/${cardKey(run)}.json, ${pageOf(name, run)}`);
      if (card.verdict !== "held") process.exitCode = 1;
    });

  add("abort", GROUPS.repair, "end the drill that is under way, or take back what one that was killed has left").action(
    async (name: string) => {
      const there = target(name);
      const [connection, who] = await reach(there);
      const open = await openDrill(connection.store);
      if (open === undefined) {
        console.log(`No drill is under way in ${name}, and none has left anything.`);
        return;
      }
      await connection.store.write(ABORT_KEY, open.run, "text/plain");
      watch.say(`Asked ${open.run} of ${open.who} to end.`);
      for (;;) {
        const still = await openDrill(connection.store);
        if (still?.run !== open.run) {
          console.log(`${open.run} has ended, and taken back what it did.`);
          return;
        }
        if (!lives(still, watch.now())) break;
        await watch.sleep(pollMs ?? 5000);
      }
      const until = watch.now() + ARMED_MINUTES * 60_000;
      const exercise = { kind: "drill" as const, name: open.drill, who, until, run: open.run, instead: open.run };
      await withExerciseLock(connection.store, name, exercise, watch, () => {
        return takeBack(there, connection, watch, open.run);
      });
      console.log(`${open.run} was killed: what it left is taken back.`);
    },
  );

  add("report", GROUPS.look, "print the scorecards of an environment, the newest last")
    .option("--json", "as JSON")
    .option("--last <number>", "how many", "5")
    .action(async (name: string, { json = false, last }: { json?: boolean; last: string }) => {
      const there = target(name);
      if (!/^[1-9]\d{0,2}$/.test(last)) throw new UsageError(`--last must be a whole number from 1 on, got "${last}"`);
      const [connection] = await reach(there);
      const keys = (await connection.store.list("drills/")).filter((key) => key.endsWith("/scorecard.json"));
      const cards = await Promise.all(keys.slice(-Number(last)).map((key) => connection.store.read(key)));
      const read = cards.flatMap((card) => (card === undefined ? [] : [JSON.parse(card.text) as Scorecard]));
      if (json) console.log(JSON.stringify(read, undefined, 2));
      else if (read.length === 0) console.log(`No drill was run in ${name}.`);
      for (const card of json ? [] : read) {
        const known = there.drills.find((each) => each.name === card.drill);
        console.log(known === undefined ? JSON.stringify(card) : scorecardPage(card, known));
      }
    });
  drill
    .command("pages")
    .helpGroup(GROUPS.build)
    .description(`write ${DRILLS_PAGE.file}: every drill, when each was done, and which alarms they rehearse`)
    .option("--check", `write nothing; exit code 1 if ${DRILLS_PAGE.file} is out of date`)
    .action(({ check = false }: { check?: boolean }) => {
      const config = load();
      const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
      if (!writeOrCheck({ ...DRILLS_PAGE, text: drillsPage(config, stacks, root), check, root })) process.exitCode = 1;
    });
  return drill;
}

function targetOf(config: Config, name: string): Target {
  const environment = findEnvironment(config, name);
  if (environment.drills === undefined) {
    const known = config.environments.filter(({ drills }) => drills !== undefined).map((each) => each.name);
    throw new UsageError(`<env> must be one that has drills (${known.join(", ")}), got "${name}"`);
  }
  return { environment, drills: drillsOf(environment, config.global.buckets.terraformState) };
}

function findDrill({ drills }: Target, name: string): Drill {
  const found = drills.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw unknownArgument(
    "drill",
    name,
    drills.map((each) => each.name),
  );
}

function assertNotWithheld({ drills, name }: EnvironmentConfig, drill: string): void {
  const why = drills?.withheld[drill];
  if (why === undefined) return;
  throw new RefusedError(`Nothing was changed: ${drill} never runs in ${name}. ${why}`);
}

function assertHours({ drills }: EnvironmentConfig, now: number): void {
  if (drills?.hours === undefined) return;
  const { end, start, timeZone } = drills.hours;
  const local = DateTime.fromMillis(now, { zone: timeZone });
  const time = local.toFormat("HH:mm");
  if (local.weekday <= 5 && time >= start && time < end) return;
  throw new RefusedError(
    `Nothing was changed: drills run from ${start} to ${end} ${timeZone} on working days, got ${local.toFormat("ccc HH:mm")}.`,
  );
}

async function assertArmed(
  { drills, name }: EnvironmentConfig,
  { store }: DrillConnection,
  now: number,
): Promise<void> {
  if (drills?.arming !== "person" || (await armed(store, now)) !== undefined) return;
  throw new RefusedError(
    `Nothing was changed: a person arms ${name} first, for an hour: npx opsdx drill arm ${name} --reason '<why>'`,
  );
}

/** Whether whoever runs a drill has said so lately. */
function lives({ beat }: Journal, now: number): boolean {
  return now - Date.parse(beat) < SILENT_MS;
}

/**
 * The run that was killed and has left what it broke, which is taken back before anything else is broken; undefined where there is none.
 * @throws RefusedError when it may still be under way
 */
async function killedDrill(
  { environment }: Target,
  { store }: DrillConnection,
  watch: Watch,
): Promise<Journal | undefined> {
  const open = await openDrill(store);
  if (open === undefined) return undefined;
  if (lives(open, watch.now())) {
    throw new RefusedError(
      `Nothing was changed: ${open.run} of ${open.who} is under way, or was killed within the last minutes. End it: npx opsdx drill abort ${environment.name}`,
    );
  }
  watch.say(`${open.run} of ${open.who} was killed (${open.step}): what it left is taken back first.`);
  return open;
}

/** Whoever takes back what a killed run left has its lock, too. */
function insteadOf(left: Journal | undefined): { readonly instead?: string } {
  return left === undefined ? {} : { instead: left.run };
}

/** Takes back what a killed run left, unless somebody else has: under the lock, so that nobody does it beside. */
async function takeBack(
  { drills, environment }: Target,
  connection: DrillConnection,
  watch: Watch,
  run: string | undefined,
): Promise<void> {
  const { store } = connection;
  const open = await openDrill(store);
  if (open === undefined || open.run !== run) return;
  const found = drills.find(({ name }) => name === open.drill);
  if (found === undefined) {
    throw new CommandError(
      `${open.run} is of a drill that is no more, ${open.drill}: take back what it did to "${open.target}" by hand, then delete ${store.location}/drills/open.json`,
    );
  }
  if (open.step !== "armed") {
    const injector = injectorOf(environment, found);
    await beating(store, { ...open, step: "undoing" }, watch.now, () => undo(injector, connection, open.target));
  }
  await close(store, open.run);
}

/** What breaks it: in the sandbox, a process of this machine in place of the Job's pod. */
function injectorHere(
  environment: EnvironmentConfig,
  drill: Drill,
  { ring }: DrillConnection,
  env: NodeJS.ProcessEnv,
): Injector & { readonly end: () => void } {
  const injector = injectorOf(environment, drill);
  const { injection } = drill;
  return ring !== undefined && injection.kind === "chaoskube"
    ? simulatedKill(environment, injection, injector, env)
    : { ...injector, end: () => undefined };
}

function planOf(environment: EnvironmentConfig, drill: Drill): string {
  const { inject, target, undo: back } = injectorOf(environment, drill);
  const shown = (part: string | { readonly command: string }): string =>
    typeof part === "string" ? part : `$ ${part.command}`;
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
  return [
    `${drill.name}: ${drill.title}`,
    ...list("Believed", [drill.hypothesis]),
    ...list(
      "All must be well before, and again",
      drill.steady.flatMap(({ command, matches, says }) => [
        says,
        `$ ${command.command}   must match ${String(matches)}`,
      ]),
    ),
    ...list("Asked for what it is done to ($TARGET)", target === undefined ? [] : [`$ ${target.command}`]),
    ...list("Breaks", inject.map(shown)),
    ...list("Felt by", [drill.blastRadius]),
    ...list("Ends at once when one of these rings", drill.stop),
    ...list(
      "Must fire",
      drill.fires.map(({ alarm, cluster, withinMinutes }) => {
        return `${alarm} within ${withinMinutes} min${cluster === undefined ? "" : ` (Prometheus of ${cluster})`}`;
      }),
    ),
    ...list("Taken back", [drill.rollback, ...back.map(shown)]),
    ...list("As before within", [`${drill.recoverWithinMinutes} min`]),
    ...(drill.loss === undefined
      ? []
      : list("May cost", [`${drill.loss.rpoMinutes} min of data (RPO), ${drill.loss.rtoMinutes} min (RTO)`])),
  ].join("\n");
}

const cardKey = (run: string): string => `drills/${run}/scorecard`;

/** Where the scorecard of a run stands in the project. */
export function pageOf(environment: string, run: string): string {
  return `${DRILL_PAGES}/${environment}/${run}.md`;
}

async function keep({ store }: DrillConnection, root: string, card: Scorecard, drill: Drill): Promise<void> {
  const page = scorecardPage(card, drill);
  writeWhole(path.join(root, pageOf(card.environment, card.run)), page);
  await store.write(`${cardKey(card.run)}.json`, `${JSON.stringify(card, undefined, 2)}\n`, "application/json");
  await store.write(`${cardKey(card.run)}.md`, page, "text/markdown");
}

/** Late, because the AWS clients take a second to load, which no other command should wait for. */
async function connectToAws(environment: EnvironmentConfig): Promise<DrillConnection> {
  const { connect } = await import("./connection");
  return connect(environment, process.env);
}
