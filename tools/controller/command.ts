import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import execa from "execa";
import {
  CONTROLLER_TOOLS,
  parseToolLock,
  TOOL_LOCK,
  toolLockText,
  type ControllerTool,
} from "../../config/controller-tools";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { configFile, controllerSessions } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { CommandError } from "../command-error";
import { GROUPS } from "../command-groups";
import { lockDay, lockedNow, lookUpDigests, writeLock } from "../digest-lock";
import { findEnvironment } from "../environment-argument";
import { PROJECT_ROOT } from "../files";
import { CliAccount } from "../preflight/account";
import { onTerminal } from "../prompt";
import { ControllerHost, type ControllerStates } from "./host";
import { publishedDigest } from "./sums";

/** Settings of {@link controllerCommand}. */
export interface ControllerCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Environment of the programs that it starts. @default - this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Asks a person. @default - on the terminal; refused where there is none */
  readonly ask?: (question: string) => Promise<string>;
  /** Folder that the lock file stands in. @default - the project's */
  readonly root?: string;
  /** Who tells a tool's digest. @default - its publisher */
  readonly digest?: (tool: ControllerTool) => Promise<string>;
  /** Tells the time. @default - the clock */
  readonly today?: () => Date;
}

const EXAMPLES = `
Examples:
  npx opsdx controller lock            look up the checksums of the tools, and write ${TOOL_LOCK}
  npx opsdx controller status dev
  npx opsdx controller start dev
  npx opsdx controller stop dev --yes
  npx opsdx controller connect dev     a shell on it, by Session Manager: recorded, and without a key

All but lock need the AWS CLI, signed in to the environment's account; connect its Session Manager plugin, too. What is on its disk is gone once
a controller stops.`;

/** `opsdx controller`: the machine inside the VPC on which people work. */
export function controllerCommand(props: ControllerCommandProps = {}): Command {
  const { env = process.env, load = loadConfig, root = PROJECT_ROOT, today = () => new Date() } = props;
  const { ask = (question: string) => onTerminal(question, "--yes"), digest = publishedDigest } = props;
  const controller = new Command("controller").description("the machine inside the VPC on which people work");

  const reach = async (name: string): Promise<{ environment: EnvironmentConfig; host: ControllerHost }> => {
    const environment = findEnvironment(load(), name);
    if (environment.controllers === undefined) {
      throw new RefusedError(
        `${configFile(name)} must have \`controllers\`, and has none: there is nothing to work with`,
      );
    }
    const account = new CliAccount(environment.account.id, environment.account.region, env);
    await account.assertSignedIn(configFile(name));
    return { environment, host: new ControllerHost(environment, account) };
  };
  const want = (verb: "start" | "stop", count: 0 | 1, warning: string): Command =>
    new Command(verb)
      .helpGroup(GROUPS.run)
      .description(`${verb} the controller of an environment; asks before`)
      .argument("<env>", "environment")
      .option("--yes", "do not ask")
      .addHelpText("after", EXAMPLES)
      .action(async (name: string, { yes }: { yes?: true }) => {
        const { host } = await reach(name);
        const { wanted } = await host.states();
        if (wanted === count) {
          console.log(`Nothing to do: there shall be ${count} already.`);
          return;
        }
        if (yes !== true && (await ask(`${warning} Type ${name} to ${verb} it: `)) !== name) {
          throw new RefusedError(`The answer was not ${name}: nothing was changed.`);
        }
        await host.want(count);
        console.log(`There shall be ${count}. How it goes on: npx opsdx controller status ${name}`);
      });

  controller
    .command("lock")
    .helpGroup(GROUPS.build)
    .description(
      `look up the checksums of the controllers' tools and write ${TOOL_LOCK}; exit code 1 if one is not to be had`,
    )
    .option("--dry-run", "say what would be written, and write nothing")
    .addHelpText("after", EXAMPLES)
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const lock = parseToolLock(readFileSync(path.join(root, TOOL_LOCK), "utf8"));
      const asking = CONTROLLER_TOOLS.map((tool) => [tool.url, () => digest(tool)] as const);
      const results = await lookUpDigests(Object.fromEntries(asking), lock, lockDay(today()));
      const text = toolLockText(lockedNow(results));
      const moved = "its publisher has put another file there";
      writeLock({ root, file: TOOL_LOCK, text, results, moved, dryRun: dryRun === true });
    });

  controller
    .command("status")
    .helpGroup(GROUPS.look)
    .description("say whether the controller runs and lets people in; exit code 1 if it should and does not")
    .argument("<env>", "environment")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, { json }: { json?: true }) => {
      const states = await (await reach(name)).host.states();
      console.log(json === true ? JSON.stringify(states, undefined, 2) : statusText(name, states));
      if (online(states) === undefined && states.wanted > 0) process.exitCode = 1;
    });

  controller.addCommand(want("start", 1, "A controller is paid by the hour."));
  controller.addCommand(want("stop", 0, "Everybody on it is thrown out, and what is on its disk is gone."));

  controller
    .command("connect")
    .helpGroup(GROUPS.run)
    .description("open a shell on the controller by Session Manager; what is seen there is recorded")
    .argument("<env>", "environment")
    .option("--print", "print the command and start nothing")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, { print }: { print?: true }) => {
      if (print === true) {
        console.log(sessionCommand(findEnvironment(load(), name), "$CONTROLLER").join(" "));
        return;
      }
      if ((env["OPSDX_SANDBOX"] ?? "") !== "") {
        throw new RefusedError("the sandbox has no machine to enter: --print shows what would run");
      }
      const { environment, host } = await reach(name);
      const states = await host.states();
      const id = online(states);
      if (id === undefined) throw new CommandError(statusText(name, states));
      await enter(sessionCommand(environment, id), env);
    });
  return controller;
}

const online = ({ controllers }: ControllerStates): string | undefined =>
  controllers.find(({ agent, lifecycle }) => agent === "Online" && lifecycle === "InService")?.id;

function statusText(name: string, states: ControllerStates): string {
  const { controllers, wanted } = states;
  const all = controllers.map(({ agent, health, id, lifecycle }) => `${id}  ${lifecycle}, ${health}, agent: ${agent}`);
  if (wanted === 0) return ["Stopped.", ...all, `Start it: npx opsdx controller start ${name}`].join("\n");
  if (online(states) !== undefined) return [...all, `Enter it: npx opsdx controller connect ${name}`].join("\n");
  return ["There is none to enter yet. A new one takes a few minutes.", ...all].join("\n");
}

function sessionCommand({ account, name }: EnvironmentConfig, target: string): readonly string[] {
  const document = controllerSessions(name);
  return ["aws", "ssm", "start-session", "--region", account.region, "--target", target, "--document-name", document];
}

/** The terminal is the session's until it ends. Ctrl-C is for the program that runs in it. */
async function enter([file = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  try {
    const { exitCode } = await execa(file, args, { env, extendEnv: false, stdio: "inherit", reject: false });
    if (exitCode !== 0)
      throw new CommandError(`the session ended with exit code ${exitCode}: \`${[file, ...args].join(" ")}\``);
  } finally {
    process.off("SIGINT", ignore);
  }
}
