import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { ask } from "../ask";
import { CommandError } from "../command-error";
import type { Children } from "../terraform/children";

/** What is compared: the work tree as it is, with the commit that it came from. */
export interface Comparison {
  /** What the person named, such as `origin/main`. */
  readonly ref: string;
  /** Where the work tree and that came apart: the full id of the commit that is base. */
  readonly base: string;
  /** Full id of the commit that is checked out. */
  readonly head: string;
  /** Files that differ from that commit; they count as they are. */
  readonly uncommitted: readonly string[];
}

/** Branches that are tried when no base is named. */
const DEFAULT_BASES = ["origin/main", "main"] as const;

/** A clone of the project. */
export class Commits {
  /**
   * @param root - folder of the work tree
   * @param env - environment of git
   */
  public constructor(
    private readonly root: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * Finds what to compare with. Base is where the branch left what is named, so that what others merged since is not told as a change.
   * @param ref - commit, branch or tag. @default - `origin/main`, or `main` where there is none
   * @throws RefusedError when there is no such commit here, or the histories do not meet
   */
  public async compare(ref?: string): Promise<Comparison> {
    const head = await this.commit("HEAD");
    if (head === undefined) throw new RefusedError(`${this.root} must be a git clone with a commit, and is not`);
    const named = ref === undefined ? await this.firstKnown(DEFAULT_BASES) : ref;
    const commit = await this.commit(named);
    if (commit === undefined) throw await this.unknown(named);
    const { stdout: base } = await this.git("merge-base", commit, head);
    if (base === "") {
      throw new RefusedError(
        `--base ${named} must share a commit with HEAD, and shares none here. ${await this.deepen(named)}`,
      );
    }
    const { stdout: status } = await this.git("status", "--porcelain");
    return { ref: named, base, head, uncommitted: status.split("\n").filter((line) => line !== "") };
  }

  /**
   * Checks a commit out beside the work tree, with the packages that it names: those of the work tree where they are the same. The
   * folder is gone when the work is done.
   * @throws CommandError when its packages cannot be installed
   */
  public async checkedOut<T>(
    { commit, folder, children, say }: CheckoutProps,
    work: (directory: string) => Promise<T>,
  ): Promise<T> {
    mkdirSync(path.dirname(folder), { recursive: true });
    // What a killed command left is registered still.
    await this.git("worktree", "prune");
    const { exitCode, stderr } = await this.git("worktree", "add", "--force", "--detach", folder, commit);
    if (exitCode !== 0) throw new CommandError(`${commit} cannot be checked out beside the work tree: ${stderr}`);
    try {
      await this.installPackages(folder, children, say);
      return await work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await this.git("worktree", "prune");
    }
  }

  private async installPackages(folder: string, children: Children, say: (line: string) => void): Promise<void> {
    const lock = (of: string): string | undefined => {
      const file = path.join(of, "package-lock.json");
      return existsSync(file) ? readFileSync(file, "utf8") : undefined;
    };
    if (lock(folder) === lock(this.root)) {
      symlinkSync(path.join(this.root, "node_modules"), path.join(folder, "node_modules"));
      return;
    }
    say("base has other packages: installing them (npm ci)…");
    const { exitCode, stderr } = await children.start("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], {
      cwd: folder,
      env: this.env,
      extendEnv: false,
      stdin: "ignore",
    });
    children.throwIfInterrupted();
    if (exitCode !== 0) {
      throw new CommandError(
        `the packages of base cannot be installed: ${lastLines(stderr)}\nIts package-lock.json differs from the work tree's. With a network: npm ci in a checkout of base tells more.`,
      );
    }
  }

  private async firstKnown(refs: readonly string[]): Promise<string> {
    for (const ref of refs) if ((await this.commit(ref)) !== undefined) return ref;
    return refs[0] ?? "HEAD";
  }

  private async commit(ref: string): Promise<string | undefined> {
    const { exitCode, stdout } = await this.git(
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${ref}^{commit}`,
    );
    return exitCode === 0 ? stdout : undefined;
  }

  private async unknown(ref: string): Promise<RefusedError> {
    return new RefusedError(`--base must name a commit of this clone, got "${ref}". ${await this.deepen(ref)}`);
  }

  /** What brings commits that are missing here. */
  private async deepen(ref: string): Promise<string> {
    const { stdout } = await this.git("rev-parse", "--is-shallow-repository");
    return stdout === "true"
      ? "The clone is shallow: git fetch --unshallow (on GitHub: fetch-depth: 0 of actions/checkout)"
      : `Get it: git fetch origin ${ref.replace(/^origin\//, "")}`;
  }

  private async git(...args: readonly string[]) {
    const answer = await ask("git", args, { env: this.env, cwd: this.root });
    if (answer.notStarted !== undefined) throw new RefusedError("git must be on the PATH, got nothing");
    return { ...answer, stdout: answer.stdout.trim(), stderr: answer.stderr.trim() };
  }
}

/** Settings of {@link Commits.checkedOut}. */
export interface CheckoutProps {
  /** Full id of the commit. */
  readonly commit: string;
  /** Absolute path of the folder, which must not exist. */
  readonly folder: string;
  /** Where processes are started. */
  readonly children: Children;
  /** Tells the person what takes long. */
  readonly say: (line: string) => void;
}

/** The end of what a program said. */
export function lastLines(text: string, count = 12): string {
  return text.trim().split("\n").slice(-count).join("\n");
}
