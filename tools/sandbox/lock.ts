import { rmSync, writeFileSync } from "node:fs";
import { claimFolder } from "./folder";
import { CommandError } from "../command-error";
import { readJson } from "../files";
import { isAlive } from "../processes";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/**
 * Runs work while no other command works on the same sandbox. A lock whose process is gone is taken over.
import { rmSync, writeFileSync } from "node:fs";
import { claimFolder } from "./folder";
 */
export async function withLock<T>(paths: SandboxPaths, verb: string, work: () => Promise<T>): Promise<T> {
  acquire(paths, verb);
  try {
    return await work();
  } finally {
    rmSync(paths.lock(), { force: true });
  }
}

function acquire(paths: SandboxPaths, verb: string): void {
  const file = paths.lock();
  claimFolder(paths);
  const text = JSON.stringify({ pid: process.pid, verb, since: new Date().toISOString() });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, text, { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readJson(file) as { pid?: number; verb?: string; since?: string } | undefined;
    if (holder?.pid !== undefined && isAlive(holder.pid)) {
      throw new CommandError(
        `another command works on this sandbox: "${holder.verb ?? "?"}", process ${holder.pid}, since ${holder.since ?? "?"}. ` +
          `Wait for it, or stop it with Ctrl-C; if that process is something else, delete ${file}.`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new CommandError(`${file} is taken by another command that has just started; try again.`);
}
