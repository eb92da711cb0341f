import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** The project's folder. */
export const PROJECT_ROOT = path.resolve(__dirname, "..");

/**
 * The user's folder for what the project installs or builds once.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userCache(env: NodeJS.ProcessEnv): string {
  const named = env["XDG_CACHE_HOME"] ?? "";
  const base = path.isAbsolute(named) ? named : path.join(env["HOME"] ?? os.homedir(), ".cache");
  return path.join(base, "opsdx-cloud");
}

/** Writes a file so that a reader, or the next run after a crash, sees the old text or the new, never half of it. */
export function writeWhole(file: string, text: string, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

/** Reads a JSON file; undefined when it is absent or not JSON. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
