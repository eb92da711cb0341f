import execa from "execa";
import { RefusedError } from "../config/explained-error";
import { signalGroup } from "./signal-group";
import { within } from "./within";

/** Settings of {@link ask}. */
export interface AskOptions {
  /** The whole environment of the program. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder that it runs in. @default - this process's */
  readonly cwd?: string;
  /** How long it may take, in milliseconds. @default 60000 */
  readonly limit?: number;
}

/** What a program answered. */
export interface Answer {
  /** With what it ended; undefined when it could not be started, or a signal ended it. */
  readonly exitCode: number | undefined;
  /** Why it could not be started, for example `ENOENT`. @default - it was started */
  readonly notStarted?: string;
  /** What it printed. */
  readonly stdout: string;
  /** What it printed beside that. */
  readonly stderr: string;
}

/** Thrown when a program that only answers a question does not answer. */
export class SilentProgramError extends RefusedError {
  /**
   * @param command - the program with its arguments
   * @param seconds - how long it was waited for
   */
  public constructor(
    public readonly command: string,
    public readonly seconds: number,
  ) {
    super(`\`${command}\` did not answer within ${seconds} s, and was ended. Run it by hand: what does it wait for?`);
  }
}

/**
 * Runs a program that answers a question and changes nothing, such as `terraform version`. It has a process group of its own, all of
 * which ends with the limit, and with this process.
 * @throws SilentProgramError when it does not answer
 */
export async function ask(
  file: string,
  args: readonly string[],
  { env, cwd, limit = 60_000 }: AskOptions,
): Promise<Answer> {
  // Before the program is started: a signal that comes meanwhile would end this process alone.
  const question = asked.begin();
  const child = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    detached: true,
    cleanup: false,
  });
  const { pid } = child;
  question.group = pid;
  try {
    // What cannot be started at all is rejected all the same.
    const run = child.catch((error: unknown) => error as execa.ExecaError);
    const result = await within(limit, run, () => {
      signalGroup(pid, "SIGKILL");
      // What has left the group may hold them still.
      child.stdout?.destroy();
      child.stderr?.destroy();
      return new SilentProgramError([file, ...args.map(shown)].join(" "), limit / 1000);
    });
    // The types hide that what never ran has neither.
    const {
      exitCode,
      code,
      stdout = "",
      stderr = "",
    } = result as Partial<execa.ExecaReturnValue> & { readonly code?: string };
    return { exitCode, stdout, stderr, ...(pid === undefined && { notStarted: code ?? "unknown" }) };
  } finally {
    asked.end(question);
  }
}

/** An argument as a message shows it: a whole program is too long. */
function shown(argument: string): string {
  return argument.includes("\n") ? "…" : argument;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Programs that are asked now. A signal ends them with this process; a command that ends its work in order first lets them answer. */
const asked = {
  questions: new Set<Question>(),
  begin(): Question {
    if (this.questions.size === 0) for (const signal of SIGNALS) process.on(signal, endAll);
    const question = { group: undefined };
    this.questions.add(question);
    return question;
  },
  end(question: Question): void {
    this.questions.delete(question);
    if (this.questions.size === 0) for (const signal of SIGNALS) process.off(signal, endAll);
  },
};

/** A program that is asked: its process group, once it is started. */
interface Question {
  group: number | undefined;
}

function endAll(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  for (const { group } of asked.questions) signalGroup(group, "SIGKILL");
  process.off(signal, endAll);
  process.kill(process.pid, signal);
}
