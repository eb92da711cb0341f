import { Command } from "commander";
import { reportError } from "../config/explained-error";
import { bootstrapCommand } from "./bootstrap/command";
import { checkCommand } from "./check/command";
import { groupedHelp } from "./command-groups";
import { USAGE_HINT, UsageError } from "./command-error";
import { configCommand } from "./config/command";
import { etlCommand } from "./etl/command";
import { kopsCommand } from "./kops/command";
import { policyCommand } from "./policy/command";
import { runbookCommand } from "./runbook/command";
import { enterSandbox } from "./sandbox/enter";
import { sandboxCommand } from "./sandbox/command";
import { secretsCommand } from "./secrets/command";

/** Builds the project's command line: one command per folder of `tools/`. */
export function buildCli(): Command {
  const program = groupedHelp(new Command("opsdx"))
    .description("Operate the OpsDX cloud program: configuration, sandbox, bootstrap, clusters, ETLs, runbook.")
    .showHelpAfterError(USAGE_HINT)
    .showSuggestionAfterError();
  program.addCommand(checkCommand());
  program.addCommand(configCommand());
  program.addCommand(sandboxCommand());
  program.addCommand(bootstrapCommand());
  program.addCommand(onSandbox(kopsCommand()));
  program.addCommand(onSandbox(etlCommand()));
  program.addCommand(onSandbox(secretsCommand()));
  program.addCommand(policyCommand());
  program.addCommand(runbookCommand());
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
 * Runs a command line to its end; what stops it is printed and makes the exit code 1.
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

/** Prints what stopped a command; wrong words end like those that commander refuses. */
function refused(error: unknown): void {
  reportError(error);
  if (error instanceof UsageError) console.error(USAGE_HINT);
}

if (require.main === module) void runCli(process.argv.slice(2));
