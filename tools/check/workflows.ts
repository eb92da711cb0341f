import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { ask } from "../ask";
import { cachedProgram, installed, pythonProgram, type CachedProgram, type InstalledProps } from "../installation";

/** A program that reads workflows of GitHub Actions, in the one version whose findings are answered. */
interface WorkflowLinter extends CachedProgram {
  /** Arguments with which it says its version. */
  readonly asksVersion: string;
  /** Arguments with which it reads the workflows, from the project's folder. */
  readonly args: (files: readonly string[]) => readonly string[];
  /** Whether what it ended with says that it read them and found something. */
  readonly found: (exitCode: number) => boolean;
}

const ACTIONLINT = "1.7.12";
const ZIZMOR = "1.32.0";

/** What reads the workflows. Where a finding is accepted, and why: `.github/zizmor.yml`; none of actionlint's is. */
export const WORKFLOW_LINTERS: readonly WorkflowLinter[] = [
  {
    name: "actionlint",
    version: ACTIONLINT,
    asksVersion: "-version",
    // Only its own rules: shellcheck and pyflakes are not there everywhere.
    args: (files) => ["-no-color", "-oneline", "-shellcheck=", "-pyflakes=", ...files],
    found: (exitCode) => exitCode === 1,
    steps: (folder) => [
      {
        file: "go",
        args: ["install", `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`],
        env: { GOBIN: path.join(folder, "bin") },
      },
    ],
    takes: "half a minute",
    needs: "Go 1.25 or newer",
  },
  {
    name: "zizmor",
    version: ZIZMOR,
    asksVersion: "--version",
    args: () => ["--offline", "--no-progress", "--quiet", "--color", "never", ".github"],
    // By severity; less than 11 is its own failure.
    found: (exitCode) => exitCode > 10,
    steps: pythonProgram([`zizmor==${ZIZMOR}`]),
    takes: "ten seconds",
    needs: "Python 3.11 or newer with venv",
  },
];

/** What came of reading the workflows. */
export interface WorkflowFindings {
  /** Who read them: `actionlint 1.7.12`. */
  readonly ran: readonly string[];
  /** A sentence on each that did not, with what helps. */
  readonly skipped: readonly string[];
  /** What they found, as they print it, and how they failed. */
  readonly found: readonly string[];
}

/** Folder of the workflows in a project. */
const FOLDER = ".github/workflows";

/**
 * Reads a project's workflows with each linter that is there: in its one version on the PATH, or in the cache.
 * @param root - folder of the project; one without workflows is read by nothing
 * @param install - installs into the cache what is not there. @default - it is skipped
 * @throws CommandError when one cannot be installed
 */
export async function lintWorkflows(
  root: string,
  env: NodeJS.ProcessEnv,
  install?: InstalledProps,
): Promise<WorkflowFindings> {
  const folder = path.join(root, FOLDER);
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .map((name) => `${FOLDER}/${name}`)
    : [];
  const ran: string[] = [];
  const skipped: string[] = [];
  const found: string[] = [];
  for (const linter of files.length === 0 ? [] : WORKFLOW_LINTERS) {
    const called = `${linter.name} ${linter.version}`;
    const there = await programOf(linter, env);
    const program = there ?? (install === undefined ? undefined : await installed(linter, install));
    if (program === undefined) {
      skipped.push(`${called} is not there: it did not read the workflows. To install it: npx opsdx check --workflows`);
      continue;
    }
    const { exitCode = -1, stdout, stderr } = await ask(program, linter.args(files), { env, cwd: root });
    ran.push(called);
    if (exitCode === 0) continue;
    found.push(
      linter.found(exitCode)
        ? `${called}:\n${stdout.trim()}`
        : `${called} failed: ${(stderr || stdout).trim().slice(-2000)}`,
    );
  }
  return { ran, skipped, found };
}

/** Another version finds other things: what is on the PATH counts in this one only. */
async function programOf(linter: WorkflowLinter, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { exitCode, stdout } = await ask(linter.name, [linter.asksVersion], { env });
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  return exitCode === 0 && version === linter.version ? linter.name : cachedProgram(linter, env);
}
