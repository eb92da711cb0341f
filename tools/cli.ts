import { Command } from "commander";
import { reportError } from "../config/explained-error";
import { bootstrapCommand } from "./bootstrap/command";
import { checkCommand } from "./check/command";
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
  const program = new Command("opsdx")
    .description("Operate the OpsDX cloud program: configuration, sandbox, bootstrap, clusters, ETLs, runbook.")
    .showHelpAfterError("(add --help for the usage)")
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
  // Nothing asked for is no mistake.
  if (words.length === 0) program.outputHelp();
  else await program.parseAsync(words, { from: "user" }).catch(reportError);
}

if (require.main === module) void runCli(process.argv.slice(2));
