import { Command, CommanderError } from "commander";
import { EXIT_CODES, reportError } from "../config/explained-error";
import { adoptCommand } from "./adopt/command";
import { bootstrapCommand } from "./bootstrap/command";
import { chartsCommand } from "./charts/command";
import { planRenderings } from "./charts/plan-renderings";
import { checkCommand } from "./check/command";
import { groupedHelp } from "./command-groups";
import { USAGE_HINT, UsageError } from "./command-error";
import { concourseCommand } from "./concourse/command";
import { configCommand } from "./config/command";
import { controllerCommand } from "./controller/command";
import { diagramCommand } from "./diagram/command";
import { drillCommand } from "./drill/command";
import { etlCommand } from "./etl/command";
import { exitCommand } from "./exit/command";
import { githubCommand } from "./github/command";
import { imagesCommand } from "./images/command";
import { kopsCommand } from "./kops/command";
import { loadCommand } from "./load/command";
import { monitorsCommand } from "./monitors/command";
import { openCommand } from "./open/command";
import { peopleCommand } from "./people/command";
import { pinCommand } from "./pin/command";
import { policyCommand } from "./policy/command";
import { providersCommand } from "./providers/command";
import { changedCommand } from "./plan/changed-command";
import { planCommand } from "./plan/command";
import { preflightCommand } from "./preflight/command";
import { runbookCommand } from "./runbook/command";
import { enterSandbox } from "./sandbox/enter";
import { sandboxCommand } from "./sandbox/command";
import { secretsCommand } from "./secrets/command";
import { servicesCommand } from "./services/command";
import { tensorflowCommand } from "./tensorflow/command";
import { wikiCommand } from "./wiki/command";

/** Every command of the project: one per folder of `tools/`. */
function projectCommands(): readonly Command[] {
  return [
    checkCommand(),
    configCommand(),
    sandboxCommand(),
    peopleCommand(),
    githubCommand(),
    onSandbox(preflightCommand()),
    onSandbox(adoptCommand()),
    bootstrapCommand(),
    onSandbox(kopsCommand()),
    onSandbox(etlCommand()),
    onSandbox(loadCommand()),
    onSandbox(monitorsCommand()),
    onSandbox(openCommand()),
    onSandbox(controllerCommand()),
    onSandbox(concourseCommand()),
    onSandbox(secretsCommand()),
    onSandbox(servicesCommand()),
    onSandbox(tensorflowCommand()),
    onSandbox(drillCommand()),
    onSandbox(imagesCommand()),
    chartsCommand(),
    onSandbox(changedCommand()),
    onSandbox(planCommand({ renderings: planRenderings })),
    policyCommand(),
    runbookCommand(),
    diagramCommand(),
    wikiCommand(),
    pinCommand(),
    providersCommand(),
    exitCommand(),
  ];
}

/**
 * Builds the command line.
 * @param commands - what it has; by default all of the project
 */
export function buildCli(commands = projectCommands()): Command {
  const program = groupedHelp(new Command("opsdx"))
    .description("Operate the OpsDX cloud program: configuration, sandbox, bootstrap, clusters, ETLs, runbook.")
    .showHelpAfterError(USAGE_HINT)
    .showSuggestionAfterError()
    // Its own exit code for wrong words is 1, which is that of a failure here.
    .exitOverride();
  for (const command of commands) program.addCommand(command);
  inheritSettings(program);
  return program;
}

/** A command that asks accounts: in a shell of the sandbox it works on the sandbox only, and says so first. */
function onSandbox(command: Command): Command {
  return command.hook("preAction", () => enterSandbox());
}

/** What is wrong with the words of a sub-command ends like what is wrong with the program's own: commander gives added commands nothing. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) inheritSettings(command.copyInheritedSettings(parent));
}

/**
 * Runs a command line to its end; what stops it is printed, and says with which exit code.
 * @param words - the words after the program's name
 */
export async function runCli(words: readonly string[], program = buildCli()): Promise<void> {
  const group = groupNamed(program, words);
  // Nothing asked for is no mistake.
  if (group !== undefined) group.outputHelp();
  else await program.parseAsync(words, { from: "user" }).catch(refused);
}

/** What the words name, when it is commands of which none is asked for; `sandbox` alone means `sandbox up`. */
function groupNamed(program: Command, words: readonly string[]): Command | undefined {
  const named = words.reduce<Command | undefined>(
    (parent, word) => parent?.commands.find((command) => command.name() === word),
    program,
  );
  return named === undefined || named.commands.length === 0 || named.name() === "sandbox" ? undefined : named;
}

/** Prints what stopped a command; wrong words end like those that commander refuses, and has printed. */
function refused(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.refused;
    return;
  }
  reportError(error);
  if (error instanceof UsageError) console.error(USAGE_HINT);
}

/** How long what a command leaves behind may keep the process. */
const REST_MS = 2_000;

/**
 * The program: runs a command line, and ends the process with it. What is given up at its limit, such as a program that looks for
 * credentials, would hold it.
 * @param words - the words after the program's name
 */
export async function main(words: readonly string[]): Promise<void> {
  await runCli(words);
  setTimeout(() => process.exit(), REST_MS).unref();
}

if (require.main === module) void main(process.argv.slice(2));
