import fs from "node:fs";
import path from "node:path";
import pc from "picocolors";
import { PROJECT_ROOT, writeWhole } from "./files";

/** Properties of {@link writeOrCheck}. */
export interface GeneratedFile {
  /** File below the project's folder. */
  readonly file: string;
  /** What it must hold. */
  readonly text: string;
  /** The command that writes it. */
  readonly command: string;
  /** Compare only. */
  readonly check: boolean;
  /** Folder that the file stands in. @default - the project's */
  readonly root?: string;
}

/**
 * Writes a generated file, or compares it with what it should be: then a difference is an error that names the command.
 * Returns whether the file is current now.
 */
export function writeOrCheck({ file, text, command, check, root = PROJECT_ROOT }: GeneratedFile): boolean {
  const target = path.join(root, file);
  const found = fs.existsSync(target) ? fs.readFileSync(target, "utf8") : undefined;
  if (found === text) {
    console.log(pc.green(`${file} is current`));
    return true;
  }
  if (check) {
    const how = found === undefined ? "is missing" : `is out of date from line ${firstDifference(found, text)} on`;
    console.error(pc.red(`${file} ${how}: run \`${command}\` and commit the result`));
    return false;
  }
  writeWhole(target, text);
  console.log(`wrote ${file}`);
  return true;
}

function firstDifference(found: string, text: string): number {
  const lines = text.split("\n");
  const index = found.split("\n").findIndex((line, at) => line !== lines[at]);
  return (index === -1 ? found.split("\n").length : index) + 1;
}
