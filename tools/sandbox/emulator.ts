import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import { RefusedError } from "../../config/explained-error";
import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import type { SandboxPaths } from "../../stacks/sandbox/paths";
import { readState, stacksWithState } from "./state";
import { CommandError } from "../command-error";
import { readJson, writeWhole } from "../files";
import { isAlive, runsAs } from "../processes";

const HOST = "127.0.0.1";
const SERVER = path.join(__dirname, "moto_server.py");

/** A running emulator. */
export interface EmulatorRecord {
  /** Its process. */
  readonly pid: number;
  /** Its port on loopback. */
  readonly port: number;
  /** When it was started, ISO 8601. */
  readonly startedAt: string;
}

/** What is known of a sandbox's emulator. */
export type EmulatorStatus =
  | { readonly kind: "running"; readonly record: EmulatorRecord }
  | { readonly kind: "silent"; readonly record: EmulatorRecord }
  | { readonly kind: "stopped"; readonly record?: EmulatorRecord };

/** Finds out whether the sandbox's emulator runs: the recorded process must still be it, and must answer. */
export async function emulatorStatus(paths: SandboxPaths): Promise<EmulatorStatus> {
  const record = readJson(paths.emulator()) as EmulatorRecord | undefined;
  if (record === undefined || !(await isOurs(record))) return { kind: "stopped", record };
  return (await answers(record, 10_000)) ? { kind: "running", record } : { kind: "silent", record };
}

/** That the emulator has ended by itself, in a line; none while its process is there. */
export async function endedEmulator(paths: SandboxPaths): Promise<readonly string[]> {
  const record = readJson(paths.emulator()) as EmulatorRecord | undefined;
  if (record === undefined || (await isOurs(record))) return [];
  return [
    `The emulator (process ${record.pid}, ${endpointOf(record)}) has ended by itself: what Terraform says has this cause. ` +
      `See ${paths.emulatorLog()}; the same command again starts afresh.`,
  ];
}

/** Settings of {@link ensureEmulator}. */
export interface EnsureEmulatorProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** Finds or installs the interpreter that has the emulator; called only when it must be started. */
  readonly interpreter: () => Promise<string>;
  /** The emulator's environment, without what would change it. */
  readonly env: NodeJS.ProcessEnv;
  /** Tells the person what happens. */
  readonly say: (message: string) => void;
}

/**
 * Returns the running emulator, or starts one. State that belongs to an emulator that is gone is moved aside first:
 * nothing that it describes exists any more.
 */
export async function ensureEmulator(props: EnsureEmulatorProps): Promise<EmulatorRecord> {
  const { paths, say } = props;
  const status = await emulatorStatus(paths);
  if (status.kind === "running") {
    await prepare(status.record);
    return status.record;
  }
  if (status.kind === "silent") {
    throw new RefusedError(
      `the emulator (process ${status.record.pid}, ${endpointOf(status.record)}) runs but does not answer; see ${paths.emulatorLog()}. ` +
        "`npx opsdx sandbox reset` stops it and forgets everything in it.",
    );
  }
  const interpreter = await props.interpreter();
  const lost = setLostStateAside(paths);
  if (lost !== undefined) {
    say(
      `The emulator was stopped, and everything it held lived in its memory: ${lost.resources} resources of ` +
        `${lost.stacks.join(", ")} are gone. Their state files were moved to ${lost.directory}; starting afresh.`,
    );
  }
  rmSync(paths.pair(), { force: true });
  const record = await start(props, interpreter, status.record?.port);
  await prepare(record);
  say(
    `Emulator: moto at ${endpointOf(record)} (process ${record.pid}). It keeps running until \`npx opsdx sandbox reset\`.`,
  );
  return record;
}

/** Stops the emulator; what it holds is gone. Returns whether it ran. */
export async function stopEmulator(paths: SandboxPaths): Promise<boolean> {
  const record = readJson(paths.emulator()) as EmulatorRecord | undefined;
  const ours = record !== undefined && (await isOurs(record));
  if (ours) {
    process.kill(record.pid, "SIGTERM");
    for (let waited = 0; isAlive(record.pid) && waited < 5_000; waited += 100) await delay(100);
    if (isAlive(record.pid)) process.kill(record.pid, "SIGKILL");
  }
  rmSync(paths.emulator(), { force: true });
  return ours;
}

function isOurs({ pid, port }: EmulatorRecord): Promise<boolean> {
  return runsAs(pid, path.basename(SERVER), `-p ${port}`);
}

async function answers(record: { readonly port: number }, timeout: number): Promise<boolean> {
  try {
    return (await fetch(`${endpointOf(record)}/moto-api/`, { signal: AbortSignal.timeout(timeout) })).ok;
  } catch {
    return false;
  }
}

async function start(
  { paths, env }: EnsureEmulatorProps,
  interpreter: string,
  formerPort: number | undefined,
): Promise<EmulatorRecord> {
  mkdirSync(paths.directory, { recursive: true });
  // The same port again, when it is free, so that shells that were set up for it keep working.
  const port = await getPort({ host: HOST, ...(formerPort === undefined ? {} : { port: formerPort }) });
  const log = openSync(paths.emulatorLog(), "w");
  const child = spawn(interpreter, [SERVER, "-H", HOST, "-p", String(port)], {
    cwd: paths.directory,
    detached: true,
    env: emulatorEnvironment(env, port),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const failure = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? code ?? "no code"}`));
  });
  const fail = (why: string): never => {
    rmSync(paths.emulator(), { force: true });
    const tail = readFileSync(paths.emulatorLog(), "utf8").trim().split("\n").slice(-15).join("\n");
    throw new CommandError(`the emulator did not start: ${why}. The end of ${paths.emulatorLog()}:\n${tail}`);
  };
  if (child.pid === undefined) return fail(await failure);
  const record = { pid: child.pid, port, startedAt: new Date().toISOString() };
  writeWhole(paths.emulator(), `${JSON.stringify(record)}\n`);
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const ended = await Promise.race([failure, delay(200)]);
    if (ended !== undefined) return fail(ended);
    if (await answers(record, 5_000)) {
      child.removeAllListeners();
      child.unref();
      return record;
    }
  }
  process.kill(child.pid, "SIGKILL");
  return fail("it did not answer within 30 seconds");
}

/** Settings of the person's own moto would change what the sandbox is, its account above all. */
function emulatorEnvironment(env: NodeJS.ProcessEnv, port: number): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([name]) => !/^(MOTO|AWS)_/.test(name));
  return {
    ...Object.fromEntries(own),
    MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
    MOTO_PORT: String(port),
    // Runs Lambda functions.
    OPSDX_NODE: process.execPath,
    PYTHONUNBUFFERED: "1",
  };
}

/** Certificates are issued at once instead of after a while. */
async function prepare(record: EmulatorRecord): Promise<void> {
  const response = await fetch(`${endpointOf(record)}/moto-api/state-manager/set-transition`, {
    method: "POST",
    signal: AbortSignal.timeout(30_000),
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model_name: "acm::certificate", transition: { progression: "immediate" } }),
  });
  if (!response.ok)
    throw new CommandError(`the emulator refused a setting: HTTP ${response.status}, ${await response.text()}`);
}

/** State without its emulator. */
interface LostState {
  readonly directory: string;
  readonly stacks: readonly string[];
  readonly resources: number;
}

function setLostStateAside(paths: SandboxPaths): LostState | undefined {
  const counts = stacksWithState(paths)
    .map((stack) => ({ stack, state: readState(paths.stateOf(stack)) }))
    // Nobody can tell what a damaged one described: it is kept, too.
    .filter(({ state }) => state.kind === "damaged" || (state.kind === "whole" && state.resources > 0));
  if (counts.length === 0) {
    rmSync(paths.state(), { recursive: true, force: true });
    return undefined;
  }
  let number = 1;
  while (existsSync(paths.at(`lost-${number}`))) number += 1;
  const directory = paths.at(`lost-${number}`);
  renameSync(paths.state(), directory);
  return {
    directory,
    stacks: counts.map(({ stack }) => stack),
    resources: counts.reduce((sum, { state }) => sum + (state.kind === "whole" ? state.resources : 0), 0),
  };
}
