import { Command } from "commander";
import { loadConfig, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { writeOrCheck } from "../generated-file";
import { collectRunbook } from "./collect";
import { renderRunbook } from "./render";

/** The generated page, and the command that writes it. */
export const RUNBOOK_PAGE = { file: "docs/runbook.md", command: "npx opsdx runbook" } as const;

/** The runbook of a configuration. */
export function runbookOf(config: Config): string {
  // What counts is the cloud, wherever the command runs.
  return renderRunbook(collectRunbook(config, buildProgram(config, deploymentFor(config.global, {})).stacks));
}

/** Settings of {@link runbookCommand}. */
export interface RunbookCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder that `docs/runbook.md` stands in. @default - the project's */
  readonly root?: string;
}

/** `opsdx runbook`: writes the runbook from the construct tree. */
export function runbookCommand({ load = loadConfig, root }: RunbookCommandProps = {}): Command {
  return new Command("runbook")
    .description("write docs/runbook.md: every system and every alarm, from the construct tree")
    .option("--check", "write nothing; exit code 1 if docs/runbook.md is out of date")
    .action(({ check }: { check?: true }) => {
      const current = writeOrCheck({ ...RUNBOOK_PAGE, text: runbookOf(load()), check: check === true, root });
      if (!current) process.exitCode = 1;
    });
}
