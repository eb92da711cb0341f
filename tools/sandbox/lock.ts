import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import execa from "execa";
import { claimFolder } from "./folder";
import { readJson, type SandboxPaths } from "./paths";
import { CommandError } from "../command-error";

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It exists, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process's command line; empty when there is no such process. */
export async function commandLine(pid: number): Promise<string> {
  const file = `/proc/${pid}/cmdline`;
  try {
    if (existsSync(file)) return readFileSync(file, "utf8").replaceAll("\0", " ");
  } catch {
    // It ended between the two calls.
    return "";
  }
  const { stdout } = await execa("ps", ["-ww", "-o", "command=", "-p", String(pid)], { reject: false });
  return stdout;
}

/**
 * Runs work while no other command works on the same sandbox. A lock whose process is gone is taken over.
<<<<<<< HEAD
 * @throws CommandError naming the process that holds the lock
=======
 * @throws Error naming the process that holds the lock
 * @throws CommandError when the folder is not the sandbox's
>>>>>>> 29c344f (wip)
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
