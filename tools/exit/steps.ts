import { closeSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { CommandError } from "../command-error";
import { signalGroup } from "../signal-group";
import type { Children } from "../terraform/children";
import { within } from "../within";

/** A program that runs in the rehearsal. */
export interface StepProps {
  /** What it does, for people: `installing packages`. */
  readonly what: string;
  /** The program. */
  readonly file: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Folder that it runs in. */
  readonly cwd: string;
  /** Folder that keeps what it prints. */
  readonly logs: string;
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** How long it may take, in minutes. */
  readonly minutes: number;
}

/** The end of what a program said is enough to know why it failed. */
const LINES = 60;

/**
 * Runs a program to its end.
 * @returns how long it took, in seconds
 * @throws CommandError with the end of what it printed, when it fails or takes too long
 */
export async function runStep(children: Children, props: StepProps): Promise<number> {
  const { what, file, args, cwd, env, logs, minutes } = props;
  const log = path.join(logs, `${what.replaceAll(" ", "-")}.log`);
  const output = openSync(log, "w");
  const begun = performance.now();
  try {
    const child = children.start(file, args, { cwd, env, extendEnv: false, stdio: ["ignore", output, output] });
    // What cannot be started at all is rejected.
    const run = child.catch((error: unknown) => error) as Promise<Ended>;
    const { exitCode, shortMessage } = await within(minutes * 60_000, run, () => {
      signalGroup(child.pid, "SIGKILL");
      return new CommandError(`${what} took more than ${minutes} minutes, and was ended${end(log)}`);
    });
    children.throwIfInterrupted();
    if (exitCode === 0) return (performance.now() - begun) / 1000;
    const command = [path.basename(file), ...args].join(" ");
    throw new CommandError(`${what} failed: \`${command}\`${end(log) || `\n${shortMessage ?? ""}`}`);
  } finally {
    closeSync(output);
  }
}

/** The end of what a program printed, on lines of its own. */
function end(log: string): string {
  const said = readFileSync(log, "utf8").trimEnd().split("\n").slice(-LINES).join("\n");
  return said === "" ? "" : `:\n${said}`;
}

/** What is left of a process: what never ran has a message only. */
interface Ended {
  readonly exitCode?: number;
  readonly shortMessage?: string;
}
