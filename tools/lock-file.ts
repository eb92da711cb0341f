import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../config/explained-error";
import { readJson } from "./files";
import { isAlive } from "./processes";

/**
 * Runs work while no other command holds the file. A lock whose process is gone, or that was never written to its end, is taken over.
 *
 * @param file - absolute path
 * @param verb - what the command does, for whoever is refused
 * @param what - what it works on, likewise
 * @throws RefusedError naming the command that holds the file
 */
export async function whileLocked<T>(file: string, verb: string, what: string, work: () => Promise<T>): Promise<T> {
  acquire(file, verb, what);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function acquire(file: string, verb: string, what: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
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
      throw new RefusedError(
        `another command works on ${what}: "${holder.verb ?? "?"}", process ${holder.pid}, since ${holder.since ?? "?"}. ` +
          `Wait for it, or stop it with Ctrl-C; if that process is something else, delete ${file}.`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new RefusedError(`${file} is taken by another command that has just started; try again.`);
}
