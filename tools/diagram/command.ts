import fs from "node:fs";
import path from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { loadConfig, type Config } from "../../config/load";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { GROUPS } from "../command-groups";
import { DIAGRAMS } from "../diagram-files";
import { PROJECT_ROOT } from "../files";
import { writeOrCheck } from "../generated-file";
import { renderDiagrams } from "./pages";

/** Settings of {@link diagramCommand}. */
export interface DiagramCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder that `docs/diagrams` stands in. @default - the project's */
  readonly root?: string;
  /** Builds the stacks of a configuration. @default - the program as it is in the cloud */
  readonly build?: (config: Config) => readonly BaseStack[];
}

/** `opsdx diagram`: draws the program from the construct tree and the references in its Terraform. */
export function diagramCommand({ load = loadConfig, root, build = inCloud }: DiagramCommandProps = {}): Command {
  return new Command("diagram")
    .helpGroup(GROUPS.build)
    .description(`write ${DIAGRAMS.folder}: accounts, stages and systems, and what they have to do with each other`)
    .option("--check", `write nothing; exit code 1 if ${DIAGRAMS.folder} is out of date`)
    .action(async ({ check = false }: { check?: boolean }) => {
      const config = load();
      const files = await renderDiagrams(config, build(config));
      if (!writeOrCheckDiagrams(files, { check, root })) process.exitCode = 1;
    });
}

/** What counts is the cloud, wherever the command runs. */
function inCloud(config: Config): readonly BaseStack[] {
  return buildProgram(config, deploymentFor(config.global, {})).stacks;
}

/** Writes the folder, or compares it with what it should be; whether it is current now. */
export function writeOrCheckDiagrams(
  files: ReadonlyMap<string, string>,
  { check, root = PROJECT_ROOT }: { readonly check: boolean; readonly root?: string },
): boolean {
  const { command, folder } = DIAGRAMS;
  const current = [...files].map(([name, text]) =>
    writeOrCheck({ file: `${folder}/${name}`, text, command, check, root }),
  );
  const others = filesIn(path.join(root, folder)).filter((name) => !files.has(name));
  for (const name of others) {
    if (check) {
      console.error(pc.red(`${folder}/${name} draws nothing any more: run \`${command}\` and commit the result`));
    } else {
      fs.rmSync(path.join(root, folder, name));
      console.log(`removed ${folder}/${name}`);
    }
  }
  return !current.includes(false) && (!check || others.length === 0);
}

/** The files below a folder. */
function filesIn(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
}
