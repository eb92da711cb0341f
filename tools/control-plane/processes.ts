import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "../command-error";
import { isAlive, runsAs } from "../processes";

const STOP_SECONDS = 10;
const GO_SECONDS = 2;
const POLL_MS = 50;

/** A process that was started for a control plane. */
export interface ProcessRecord {
  /** Name of the program. */
  readonly name: string;
  /** Process id. */
  readonly pid: number;
}

/** A process that has just been started. */
export interface Started {
  /** What is kept of it. */
  readonly record: ProcessRecord;
  /** Why it ended, once it has. */
  readonly ended: () => string | undefined;
  /** Lets this command end while the process goes on. */
  readonly release: () => void;
}

/** Settings of {@link startDetached}. */
export interface StartProps {
  /** Name of the program, for people. */
  readonly name: string;
  /** Program. */
  readonly file: string;
  /** Arguments; one of them must hold the control plane's folder, by which the process is recognised later. */
  readonly args: readonly string[];
  /** Working directory. */
  readonly cwd: string;
  /** File that gets what it prints; what an earlier process left there is lost. */
  readonly log: string;
}

/** Starts a process that outlives this command. */
export async function startDetached({ name, file, args, cwd, log }: StartProps): Promise<Started> {
  const output = openSync(log, "w");
  const child = spawn(file, args, {
    cwd,
    detached: true,
    // Settings of the person's own, proxies above all, would change what it does.
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: process.env["TMPDIR"] },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let why: string | undefined;
  child.once("exit", (code, signal) => (why = `it ended with ${signal ?? code ?? "no code"}`));
  const failure = new Promise<Error>((resolve) => child.once("error", resolve));
  if (child.pid === undefined) throw new CommandError(`${name} could not be started: ${(await failure).message}`);
  return {
    record: { name, pid: child.pid },
    ended: () => why,
    release: () => {
      child.removeAllListeners();
      child.unref();
    },
  };
}

/** Whether a recorded process still runs. */
export function isOurs({ pid }: ProcessRecord, directory: string): Promise<boolean> {
  return runsAs(pid, directory);
}

/**
 * Stops processes one after the other, in the given order: asks each to end, and makes it end when it does not. Processes that are
 * not ours are left alone. Returns how many ran.
 */
export async function stopAll(records: readonly ProcessRecord[], directory: string): Promise<number> {
  let stopped = 0;
  for (const record of records) {
    if (!(await isOurs(record, directory))) continue;
    stopped += 1;
    signal(record.pid, "SIGTERM");
    if (await ends(record, directory)) continue;
    signal(record.pid, "SIGKILL");
    if (!(await ends(record, directory)))
      throw new CommandError(`${record.name}, process ${record.pid}, cannot be stopped`);
  }
  return stopped;
}

async function ends(record: ProcessRecord, directory: string): Promise<boolean> {
  for (let waited = 0; waited < STOP_SECONDS * 1000; waited += POLL_MS) {
    if (!(await isOurs(record, directory))) {
      await goes(record.pid);
      return true;
    }
    await delay(POLL_MS);
  }
  return false;
}

/** A process that has lost its command line still closes its files, and is listed until its parent notices. Some never do. */
async function goes(pid: number): Promise<void> {
  for (let waited = 0; isAlive(pid) && waited < GO_SECONDS * 1000; waited += POLL_MS) await delay(POLL_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Waits until a check succeeds.
 * @throws CommandError with the end of the log, when the process ends first or the time is over
 */
export async function untilReady(
  { record, ended }: Started,
  { log, seconds, check }: { readonly log: string; readonly seconds: number; readonly check: () => Promise<boolean> },
): Promise<void> {
  const began = Date.now();
  const fail = (why: string): never => {
    const tail = readFileSync(log, "utf8").trim().split("\n").slice(-15).join("\n");
    throw new CommandError(`${record.name} did not start: ${why}. The end of ${log}:\n${tail}`);
  };
  for (;;) {
    if (await check()) return;
    const why = ended();
    if (why !== undefined) fail(why);
    if (Date.now() - began > seconds * 1000) fail(`it was not ready within ${seconds} s`);
    await delay(POLL_MS);
  }
}
