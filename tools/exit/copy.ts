import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { ask } from "../ask";
import { packageAfterExit, type PackageJson } from "./target";

/**
 * Copies a work tree: what git tracks, and what is new and not ignored, as it stands.
 * @returns how many files
 * @throws RefusedError where git knows no work tree
 */
export async function copyWorkTree(root: string, target: string, env: NodeJS.ProcessEnv): Promise<number> {
  const words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { exitCode, notStarted, stderr, stdout } = await ask("git", words, { env, cwd: root });
  if (exitCode !== 0) {
    throw new RefusedError(`${root} must be a git work tree: ${notStarted ?? stderr.trim()}`);
  }
  // What is deleted and not committed is tracked still.
  const files = [...new Set(stdout.split("\0"))].filter((file) => file !== "" && existsSync(path.join(root, file)));
  for (const file of files) {
    const [from, to] = [path.join(root, file), path.join(target, file)];
    mkdirSync(path.dirname(to), { recursive: true });
    if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else copyFileSync(from, to);
  }
  return files.length;
}

/** Makes the exit in a copy: the two lines of package.json, and the package that goes. */
export function leaveCdktf(folder: string): void {
  const file = path.join(folder, "package.json");
  const before = JSON.parse(readFileSync(file, "utf8")) as PackageJson;
  writeFileSync(file, `${JSON.stringify(packageAfterExit(before), undefined, 2)}\n`);
}
