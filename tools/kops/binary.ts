import execa from "execa";
import { RefusedError } from "../../config/explained-error";
import { KOPS_VERSION } from "../../config/kops";
import { ask } from "../ask";
import { CommandError } from "../command-error";

/** kops retries a failing task for ten minutes; what has not worked after five will not. */
const PATIENCE_MS = 300_000;

/** What there is of kops on this machine. */
export interface KopsBinary {
  /** What was looked for: the file that `KOPS` names, or `kops` on the PATH. */
  readonly file: string;
  /** Its version. @default - there is none */
  readonly version?: string;
}

/** Looks for the person's kops: the binary that `KOPS` names, or the one on the PATH. */
export async function lookForKops(env: NodeJS.ProcessEnv = process.env): Promise<KopsBinary> {
  const named = env["KOPS"] ?? "";
  const file = named === "" ? "kops" : named;
  const { notStarted, stdout } = await ask(file, ["version", "--short"], { env });
  if (notStarted !== undefined) return { file };
  return { file, version: /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? "unknown" };
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
   */
  public async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const result = await execa(this.file, args, {
      env: { ...this.env, ...env },
      extendEnv: false,
      reject: false,
      timeout: PATIENCE_MS,
    });
    if (!result.failed) return result.stdout;
    const command = `kops ${args.slice(0, 2).join(" ")}`;
    const words = essence(`${result.stdout}\n${result.stderr}`);
    throw new CommandError(
      result.timedOut ? `${command} did not end within 5 minutes:\n${words}` : `${command} failed:\n${words}`,
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
