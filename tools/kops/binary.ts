import { RefusedError } from "../../config/explained-error";
import { KOPS_VERSION } from "../../config/kops";
import { ask, SilentProgramError } from "../ask";
import { CommandError } from "../command-error";
import { signalGroup } from "../signal-group";
import type { Children } from "../terraform/children";

/** kops retries a failing task for ten minutes; what has not worked after five will not. */
const PATIENCE_MS = 300_000;
/** How often a person is told that kops still works. */
const TELL_MS = 30_000;

/** What there is of kops on this machine. */
export interface KopsBinary {
  /** What was looked for: the file that `KOPS` names, or `kops` on the PATH. */
  readonly file: string;
  /** Its version, or what there is in its place. @default - there is none */
  readonly version?: string;
}

/** Looks for the person's kops: the binary that `KOPS` names, or the one on the PATH. */
export async function lookForKops(env: NodeJS.ProcessEnv = process.env): Promise<KopsBinary> {
  const named = env["KOPS"] ?? "";
  const file = named === "" ? "kops" : named;
  try {
    const { notStarted, stdout } = await ask(file, ["version", "--short"], { env });
    if (notStarted !== undefined) return { file };
    return { file, version: /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? "unknown" };
  } catch (error) {
    if (!(error instanceof SilentProgramError)) throw error;
    return { file, version: `one that does not answer within ${error.seconds} s` };
  }
}

/**
 * The person's kops, in the version that this program is made for.
 * @throws RefusedError when there is none, or it is of another version
 */
export async function findKops(env: NodeJS.ProcessEnv = process.env): Promise<Kops> {
  const { file, version } = await lookForKops(env);
  if (version === undefined) {
    throw new RefusedError(
      `kops ${KOPS_VERSION} must be on the PATH or named by KOPS, got nothing at "${file}". ` +
        `Install it: https://github.com/kubernetes/kops/releases/tag/v${KOPS_VERSION}`,
    );
  }
  if (version !== KOPS_VERSION) {
    throw new RefusedError(
      `kops must be version ${KOPS_VERSION}, which this program is at parity with, got ${version} at "${file}"`,
    );
  }
  return new Kops(file, env);
}

/** Settings of a run of kops. */
export interface KopsRunProps {
  /** Where it is started: a signal is waited for, so that kops ends what it has begun. */
  readonly children: Children;
  /** Told what is waited for. */
  readonly say: (line: string) => void;
  /** Told its process. @default - nobody is */
  readonly started?: (pid: number) => void;
  /** More variables. @default - none */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs kops. */
export class Kops {
  public constructor(
    /** The binary. */
    public readonly file: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * Runs a command and returns what it prints.
   * @throws CommandError with kops' own words when it fails
   * @throws InterruptedError when a signal has arrived meanwhile
   */
  public async run(args: readonly string[], { children, env = {}, say, started }: KopsRunProps): Promise<string> {
    const command = `kops ${args.slice(0, 2).join(" ")}`;
    const began = Date.now();
    const child = children.finish(this.file, args, {
      env: { ...this.env, ...env },
      extendEnv: false,
      stdin: "ignore",
    });
    if (child.pid !== undefined) started?.(child.pid);
    const telling = setInterval(() => say(`still ${command}, ${Math.round((Date.now() - began) / 1000)} s`), TELL_MS);
    const limit = setTimeout(() => signalGroup(child.pid, "SIGKILL"), PATIENCE_MS);
    const result = await child.finally(() => {
      clearInterval(telling);
      clearTimeout(limit);
    });
    children.throwIfInterrupted();
    if (!result.failed) return result.stdout;
    const words = essence(`${result.stdout}\n${result.stderr}`);
    throw new CommandError(
      Date.now() - began >= PATIENCE_MS
        ? `${command} did not end within 5 minutes:\n${words}`
        : `${command} failed:\n${words}`,
    );
  }
}

/** What a log says once: kops' final error, or else its last warnings, which it repeats with every attempt. */
function essence(log: string): string {
  const error = /^Error: [\s\S]*$/m.exec(log)?.[0];
  if (error !== undefined) return error.trim();
  const lines = log
    .split("\n")
    .filter((line) => line !== "" && !/^I\d{4} /.test(line))
    .map((line) => line.replace(/^[WEF]\d{4} \S+ +\d+ \S+\] /, "").replace(/ \(\S+ remaining to succeed\)/, ""));
  return [...new Set(lines)].slice(-10).join("\n");
}
