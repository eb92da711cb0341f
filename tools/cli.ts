import { Command } from "commander";

/** Builds the project's command line: one command per folder of `tools/`. */
export function buildCli(): Command {
  const program = new Command("opsdx")
    .description("Operate the OpsDX cloud program: configuration, sandbox, bootstrap, runbook.")
    .showHelpAfterError("(add --help for the usage)")
    .showSuggestionAfterError();
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
