import execa from "execa";
import { KopsError } from "./target";

/** The kops version that the constructs, the manifest and the parity check are made for. */
export const KOPS_VERSION = "1.36.2";

/**
 * The person's kops: the binary that `KOPS` names, or the one on the PATH.
 * @throws KopsError when there is none, or it is of another version
 */
export async function findKops(env: NodeJS.ProcessEnv = process.env): Promise<Kops> {
  const file = env["KOPS"] ?? "kops";
  const found = await execa(file, ["version", "--short"], { env, reject: false });
  if (found.failed && found.exitCode === undefined) {
    throw new KopsError(
      `kops ${KOPS_VERSION} must be on the PATH or named by KOPS, got nothing at "${file}". ` +
        `Install it: https://github.com/kubernetes/kops/releases/tag/v${KOPS_VERSION}`,
    );
  }
  const version = /\d+\.\d+\.\d+\S*/.exec(found.stdout)?.[0] ?? found.stdout;
  if (version !== KOPS_VERSION) {
    throw new KopsError(
      `kops must be version ${KOPS_VERSION}, which this program is at parity with, got ${version} at "${file}"`,
    );
  }
  return new Kops(file, env);
}

/** Runs kops. */
export class Kops {
  public constructor(
    private readonly file: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * Runs a command and returns what it prints.
   * @throws KopsError with kops' own words when it fails
   */
  public async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const result = await this.try(args, env);
    if (result.failed) {
      throw new KopsError(
        `kops ${args.slice(0, 2).join(" ")} failed:\n${result.stderr || result.stdout || result.shortMessage}`,
      );
    }
    return result.stdout;
  }

  /** Runs a command that may fail. */
  public async try(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<ReturnType & { shortMessage?: string }> {
    // kops retries a task for ten minutes; what has not worked after five will not.
    return execa(this.file, args, { env: { ...this.env, ...env }, reject: false, timeout: 300_000 });
  }
}

type ReturnType = Pick<execa.ExecaReturnValue, "failed" | "stdout" | "stderr" | "exitCode">;
