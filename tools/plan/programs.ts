import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { PROJECT_ROOT } from "../files";
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
}

/**
 * Synthesizes base and head side by side, into a folder that is gone when the work is done.
 * @throws RefusedError when there is no such base
 * @throws CommandError when one of them cannot be synthesized
 */
export async function withPrograms<T>(props: ProgramsProps, work: (programs: Programs) => Promise<T>): Promise<T> {
  const { ref, children, say, root = PROJECT_ROOT } = props;
  const env = withoutCredentials(props.env);
  const commits = new Commits(root, env);
  const comparison = await commits.compare(ref);
  const cache = path.join(root, ".cache", "plan");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "run-"));
  try {
    const short = comparison.base.slice(0, 7);
    say(`synthesizing base (${short}, where this left ${comparison.ref}) and head…`);
    const synthesize = (directory: string, what: string, outdir: string): Promise<Synthesized> =>
      synthesizeIn({ directory, what, outdir: path.join(folder, outdir), env, children });
    const [base, head] = await all([
      commits.checkedOut(
        { commit: comparison.base, folder: path.join(folder, "checkout"), children, say },
        (directory) => synthesize(directory, `base (${short})`, "base"),
      ),
      synthesize(root, "head (the work tree)", "head"),
    ]);
    return await work({ comparison, base, head, differences: differences(base, head), folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a checkout's own code runs with, scripts of its packages too: synth asks no account, and somebody else may have written it. */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_|^ACTIONS_|TOKEN$/.test(name)));
}

/** Both, even if one breaks: nothing may run on in a folder that is about to go. */
async function all<A, B>(work: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
