import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { RefusedError } from "../../config/explained-error";
import { CommandError } from "../command-error";
import { signalGroup } from "../signal-group";
import { LOOPBACK } from "./proxy";

/** How long a way may take until it stands. */
const OPENING_MS = 60_000;
/** How long a program may take to end by itself. */
const ENDING_MS = 3_000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Starts a program that listens on a port of this machine, tells when it does, and keeps it until a signal, which is how it is meant to
 * end: then it ends with all that it started.
 * @param command - the program and its arguments
 * @throws RefusedError when it is not on the PATH
 * @throws CommandError with what it said, when it ends by itself
 */
export async function holdOpen(
  command: readonly string[],
  port: number,
  env: NodeJS.ProcessEnv,
  tell: () => void,
): Promise<void> {
  const [file = "", ...args] = command;
  const stop = new AbortController();
  const { signal } = stop;
  const onSignal = (): void => stop.abort();
  for (const name of SIGNALS) process.once(name, onSignal);
  // A group of its own: Session Manager's plugin is a child of the AWS CLI, which does not hand every signal on.
  const child = execa(file, args, {
    env,
    extendEnv: false,
    stdin: "ignore",
    all: true,
    detached: true,
    cleanup: false,
    reject: false,
  });
  // What cannot be started at all is rejected all the same.
  const ended = child.catch((error: unknown) => error as execa.ExecaError);
  const broken = ended.then(({ all = "", exitCode, signal: killedBy }) => {
    if (child.pid === undefined) throw new RefusedError(missing(file));
    const words = all.split("\n").filter((line) => line.trim() !== "");
    const how = killedBy === undefined ? `exit code ${exitCode}` : killedBy;
    throw new CommandError([`the way is closed: ${file} ended with ${how}`, ...words.slice(-4)].join(": "));
  });
  const interrupted = once(signal, "abort");
  try {
    const listening = isListening(port, signal).then(async (there) => {
      if (there) {
        tell();
        await interrupted;
      } else if (!signal.aborted) {
        throw new CommandError(
          `${file} must listen on port ${port} within ${OPENING_MS / 1000} s, and did not. Run it by hand: ${command.join(" ")}`,
        );
      }
    });
    await Promise.race([broken, listening]);
  } finally {
    stop.abort();
    broken.catch(() => undefined);
    for (const name of SIGNALS) process.off(name, onSignal);
    signalGroup(child.pid, "SIGTERM");
    await Promise.race([ended, delay(ENDING_MS, undefined, { ref: false })]);
    signalGroup(child.pid, "SIGKILL");
  }
}

/** Waits until somebody listens on a port; false when it takes too long, or is given up. */
async function isListening(port: number, givenUp: AbortSignal): Promise<boolean> {
  const began = performance.now();
  while (!givenUp.aborted && performance.now() - began < OPENING_MS) {
    if (await answers(port)) return true;
    await delay(100);
  }
  return false;
}

/** Whether somebody listens on a port of this machine. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** What helps when a program is not there. */
export function missing(program: string): string {
  return `${program} must be on the PATH, got nothing. Install it: ${INSTALL[program] ?? ""}`;
}

const INSTALL: Readonly<Record<string, string>> = {
  aws: "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
  kubectl: "https://kubernetes.io/docs/tasks/tools/",
  "session-manager-plugin":
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
};
