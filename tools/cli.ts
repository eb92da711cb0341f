import { Command } from "commander";
import { bootstrapCommand } from "./bootstrap/command";
import { configCommand } from "./config/command";
import { etlCommand } from "./etl/command";
import { kopsCommand } from "./kops/command";
import { policyCommand } from "./policy/command";
import { runbookCommand } from "./runbook/command";
import { sandboxCommand } from "./sandbox/command";
import { secretsCommand } from "./secrets/command";

/** Builds the project's command line: one command per folder of `tools/`. */
export function buildCli(): Command {
  const program = new Command("opsdx")
    .description("Operate the OpsDX cloud program: configuration, sandbox, bootstrap, clusters, ETLs, runbook.")
    .showHelpAfterError("(add --help for the usage)")
    .showSuggestionAfterError();
  program.addCommand(configCommand());
  program.addCommand(sandboxCommand());
  program.addCommand(bootstrapCommand());
  program.addCommand(kopsCommand());
  program.addCommand(etlCommand());
  program.addCommand(secretsCommand());
  program.addCommand(policyCommand());
  program.addCommand(runbookCommand());
  return program;
}

if (require.main === module) {
  buildCli()
    .parseAsync()
    .catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
}
