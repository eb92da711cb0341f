import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { CommandError } from "../command-error";
import { PROJECT_ROOT } from "../files";
import { isAlive } from "../processes";
import type { Children } from "../terraform/children";
import { differences, type StackDifference } from "./changed";
import { Commits, type Comparison } from "./commits";
import { synthesizeIn, type Synthesized } from "./synth";

/** Two synthesized programs, compared. */
export interface Programs {
  /** What is compared. */
  readonly comparison: Comparison;
  /** Base, synthesized. */
  readonly base: Synthesized;
  /** Head, synthesized. */
  readonly head: Synthesized;
  /** What became of each stack. */
  readonly differences: readonly StackDifference[];
  /** Folder for what else is made of them; it goes with them. */
  readonly folder: string;
}

/** Settings of {@link withPrograms}. */
export interface ProgramsProps {
  /** Commit, branch or tag to compare with. @default - `origin/main`, or `main` where there is none */
  readonly ref?: string;
  /** The environment of git and the programs, which get no credentials of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Tells the person what takes long. */
  readonly say: (line: string) => void;
  /** Folder of the checkout. @default - the project's */
  readonly root?: string;
  /** Looks at what is compared before anything is synthesized, and throws what refuses it. @default - nothing is refused */
  readonly accept?: (comparison: Comparison) => void;
}

/**
 * Synthesizes base and head side by side, into a folder that is gone when the work is done.
 * @throws RefusedError when there is no such base
 * @throws CommandError when one of them cannot be synthesized
 */
export async function withPrograms<T>(props: ProgramsProps, work: (programs: Programs) => Promise<T>): Promise<T> {
  const { accept, ref, children, say, root = PROJECT_ROOT } = props;
  const env = withoutCredentials(props.env);
  const commits = new Commits(root, env);
  const comparison = await commits.compare(ref);
  accept?.(comparison);
  const folder = runFolder(path.join(root, ".cache", "plan"));
  try {
    const short = comparison.base.slice(0, 7);
    say(`synthesizing base (${short}, where this left ${comparison.ref}) and head…`);
    const synthesize = (directory: string, outdir: string, what: string, next: string): Promise<Synthesized> =>
      synthesizeIn({ directory, what, next, outdir: path.join(folder, outdir), env, children });
    const [base, head] = await all([
      commits.checkedOut(
        { commit: comparison.base, folder: path.join(folder, "checkout"), children, say },
        (directory) =>
          synthesize(
            directory,
            "base",
            `base (${short})`,
            `It is as it was committed: name another commit with --base, or mend it in a checkout of its own: git worktree add ../base ${short}`,
          ),
      ),
      synthesize(root, "head", "head (the work tree)", "Mend that; npx cdktf synth tries it alone"),
    ]);
    return await work({ comparison, base, head, differences: differences(base, head), folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What a checkout's own code is given, scripts of its packages too: synth asks no account, and somebody else may have written it. It
 * keeps mistakes out, not who means it: the code runs as the same user (docs/decisions/0032-plans-are-called-from-main.md).
 */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_|^ACTIONS_|TOKEN$/.test(name)));
}

/** A new folder for this process's run; those of runs that were killed go, for they hold copies of states. */
function runFolder(cache: string): string {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const [, pid] = /^run-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path.join(cache, name), { recursive: true, force: true });
  }
  return mkdtempSync(path.join(cache, `run-${process.pid}-`));
}

/**
 * Both, even if one breaks: nothing may run on in a folder that is about to go.
 * @throws CommandError that tells of both, when both break
 */
async function all<A, B>(work: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const settled = await Promise.allSettled(work);
  const reasons = settled.map((one): unknown => (one.status === "rejected" ? one.reason : undefined));
  if (reasons.every((reason) => reason instanceof CommandError)) {
    throw new CommandError(reasons.map(({ message }) => message).join("\n"));
  }
  return Promise.all(work);
}
