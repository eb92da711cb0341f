import { existsSync, readFileSync } from "node:fs";
import { isAlive } from "../stacks/sandbox/running-sandbox";
import { ask } from "./ask";

export { isAlive };

/** A process's command line; empty when there is no such process. */
export async function commandLine(pid: number): Promise<string> {
  const file = `/proc/${pid}/cmdline`;
  try {
    if (existsSync(file)) return readFileSync(file, "utf8").replaceAll("\0", " ");
  } catch {
    // It ended between the two calls.
    return "";
  }
  const { stdout } = await ask("ps", ["-ww", "-o", "command=", "-p", String(pid)], { env: process.env });
  return stdout;
}

/** Whether a recorded process still runs. Its number may have been reused since: parts of its command line tell. */
export async function runsAs(pid: number, ...parts: readonly string[]): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await commandLine(pid);
  return parts.every((part) => command.includes(part));
}

/** Command lines of the processes in a process group; empty when there is no such group. */
export async function groupCommands(group: number): Promise<readonly string[]> {
  const { stdout } = await ask("ps", ["-ww", "-e", "-o", "pgid=", "-o", "command="], { env: process.env });
  return stdout.split("\n").flatMap((line) => {
    const [, pgid, command = ""] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(pgid) === group ? [command] : [];
  });
}
