import { existsSync, readFileSync } from "node:fs";
import { RefusedError } from "../../config/explained-error";
import { SandboxPaths } from "./paths";

/** A sandbox whose emulator runs. */
export interface RunningSandbox {
  /** Its files. */
  readonly paths: SandboxPaths;
  /** Address of the emulator, always on this machine. */
  readonly endpoint: string;
}

/** Thrown when the sandbox is asked for and does not run: nothing is read from an account, and nothing sent to one. */
export class SandboxDownError extends RefusedError {
  public constructor(folder: string, why: string) {
    super(
      `OPSDX_SANDBOX names ${folder}, and no sandbox runs there: ${why}. Nothing was asked of any account.\n` +
        '  Start it: npx opsdx sandbox up\n  Leave it, for real accounts: eval "$(npx opsdx sandbox env --unset)"',
    );
  }
}

/** The emulator's address. */
export function endpointOf({ port }: { readonly port: number }): string {
  return `http://127.0.0.1:${port}`;
}

/**
 * The sandbox that `OPSDX_SANDBOX` names; undefined where the variable is not set, which means real accounts.
 * @throws SandboxDownError when it names a folder in which no emulator runs
 */
export function runningSandbox(env: NodeJS.ProcessEnv): RunningSandbox | undefined {
  const folder = env["OPSDX_SANDBOX"] ?? "";
  if (folder === "") return undefined;
  const paths = new SandboxPaths(folder);
  const fail = (why: string): never => {
    throw new SandboxDownError(paths.directory, why);
  };
  if (!existsSync(paths.emulator())) return fail("it holds no emulator.json");
  const { pid, port } = emulatorRecord(paths.emulator()) ?? fail("its emulator.json names no process and port");
  if (!isAlive(pid)) return fail(`its emulator, process ${pid}, has ended`);
  if (!existsSync(paths.awsCredentials())) return fail("it holds no keys for the emulator");
  return { paths, endpoint: endpointOf({ port }) };
}

function emulatorRecord(file: string): { readonly pid: number; readonly port: number } | undefined {
  try {
    const { pid, port } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    return Number.isInteger(pid) && Number.isInteger(port) ? { pid: pid as number, port: port as number } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process runs. One that has ended and that its parent has not noticed yet does not, although it has its number still. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It exists, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isDefunct(pid);
}

/** As Linux tells: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function isDefunct(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // Another system, or it ended between the two calls: then the next look tells.
    return false;
  }
}
