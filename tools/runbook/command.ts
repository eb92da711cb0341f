import fs from "node:fs";
import path from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { loadConfig, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { GROUPS } from "../command-groups";
import { PROJECT_ROOT } from "../files";
import { writeOrCheck } from "../generated-file";
import { collectRunbook } from "./collect";
import { renderRunbook, RUNBOOK_COMMAND } from "./render";

/** The generated folder, and the command that writes it. */
export const RUNBOOK = { folder: "docs/runbook", command: RUNBOOK_COMMAND } as const;

/** The runbook of a configuration: text by name of the file. */
export function runbookOf(config: Config): ReadonlyMap<string, string> {
  // What counts is the cloud, wherever the command runs.
  return renderRunbook(collectRunbook(config, buildProgram(config, deploymentFor(config.global, {})).stacks));
}

/** Settings of {@link runbookCommand}. */
export interface RunbookCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder that `docs/runbook` stands in. @default - the project's */
  readonly root?: string;
}

/** `opsdx runbook`: writes the runbook from the construct tree. */
export function runbookCommand({ load = loadConfig, root }: RunbookCommandProps = {}): Command {
  return new Command("runbook")
    .helpGroup(GROUPS.build)
    .description(`write ${RUNBOOK.folder}: every system and every alarm, from the construct tree`)
    .option("--check", `write nothing; exit code 1 if ${RUNBOOK.folder} is out of date`)
    .action(({ check = false }: { check?: boolean }) => {
      if (!writeOrCheckRunbook(runbookOf(load()), { check, root })) process.exitCode = 1;
    });
}

/** Writes the runbook's folder, or compares it with what it should be; whether it is current now. */
export function writeOrCheckRunbook(
  files: ReadonlyMap<string, string>,
  { check, root = PROJECT_ROOT }: { readonly check: boolean; readonly root?: string },
): boolean {
  const current = [...files].map(([name, text]) =>
    writeOrCheck({ file: `${RUNBOOK.folder}/${name}`, text, command: RUNBOOK.command, check, root }),
  );
  const clean = removeOthers(path.join(root, RUNBOOK.folder), files, check);
  return clean && !current.includes(false);
}

/** Removes what is not the runbook's, or tells of it; whether the folder holds the runbook only. */
function removeOthers(folder: string, files: ReadonlyMap<string, string>, check: boolean): boolean {
  const others = (fs.existsSync(folder) ? fs.readdirSync(folder) : []).filter((name) => !files.has(name));
  for (const name of others) {
    if (check) {
      console.error(
        pc.red(
          `${RUNBOOK.folder}/${name} belongs to no system any more: run \`${RUNBOOK.command}\` and commit the result`,
        ),
      );
    } else {
      fs.rmSync(path.join(folder, name), { recursive: true });
      console.log(`removed ${RUNBOOK.folder}/${name}`);
    }
  }
  return !check || others.length === 0;
}
