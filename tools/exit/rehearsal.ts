import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CommandError } from "../command-error";
import { readJson } from "../files";
import { synthesizeIn } from "../plan/synth";
import type { Children } from "../terraform/children";
import { synthDifferences } from "./compare";
import { copyWorkTree, leaveCdktf } from "./copy";
import { validateWithNextProvider, type NextProviderProps } from "./next-provider";
import { runStep } from "./steps";
import { EXIT_TARGET } from "./target";

/** Settings of {@link rehearseExit}. */
export interface RehearsalProps {
  /** The project's folder, with its packages installed. */
  readonly root: string;
  /** The whole environment of what runs. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Tells the person how far it is. */
  readonly say: (line: string) => void;
  /** Whether the unit tests run, too. */
  readonly tests: boolean;
  /** Whether the newest AWS provider reads the stacks, too. */
  readonly awsNext: boolean;
  /** Folder that the copy is made in. @default - the system's for temporary files */
  readonly temporary?: string;
  /** Whether Terraform's registry answers. @default - it is asked */
  readonly reach?: NextProviderProps["reach"];
}

/** More differences than these nobody reads. */
const SHOWN = 20;

/**
 * Makes the exit from cdktf in a copy of the work tree: packages, types, synth, every byte of it compared, unit tests. The copy is gone
 * afterwards, however it ends.
 * @throws RefusedError when there is no work tree to copy
 * @throws CommandError at the first thing that does not hold
 */
export async function rehearseExit(props: RehearsalProps): Promise<void> {
  const { awsNext, children, env, root, say, temporary = os.tmpdir(), tests } = props;
  const folder = mkdtempSync(path.join(temporary, "opsdx-exit-"));
  const [copy, logs] = [path.join(folder, "project"), path.join(folder, "logs")];
  for (const made of [copy, logs]) mkdirSync(made);
  // Packages of one rehearsal are nobody else's.
  const own = { ...env, npm_config_cache: path.join(folder, "npm"), npm_config_update_notifier: "false" };
  const step = async (what: string, minutes: number, file: string, ...args: readonly string[]): Promise<void> => {
    say(`${what}…`);
    const seconds = await runStep(children, { what, minutes, file, args, cwd: copy, logs, env: own });
    say(`ok  ${what} (${seconds.toFixed(0)} s)`);
  };
  const program = (name: string): string => path.join(copy, "node_modules", name);
  try {
    const files = await copyWorkTree(root, copy, env);
    leaveCdktf(copy);
    const names = Object.entries(EXIT_TARGET.packages).map(([name, version]) => `${name} ${version}`);
    say(`ok  ${files} files copied; package.json names ${names.join(" and ")}`);
    await step("installing packages", 15, "npm", "install", "--legacy-peer-deps", "--no-audit", "--no-fund");
    await step("checking types", 15, process.execPath, program("typescript/bin/tsc"), "--noEmit");
    say("synthesizing before and after the exit…");
    const outdirs = { present: path.join(folder, "present"), next: path.join(folder, "next") };
    const synth = (directory: string, what: string, outdir: string) =>
      synthesizeIn({ directory, what, outdir, env, children });
    await synth(root, "the present program", outdirs.present);
    const { stacks } = await synth(copy, "the program after the exit", outdirs.next);
    const versions = { present: coreVersion(root), next: EXIT_TARGET.version };
    const differences = synthDifferences(outdirs.present, outdirs.next, versions);
    if (differences.length > 0) throw different(differences);
    say(`ok  ${stacks.length} stacks: every byte but the core's version (${versions.present} → ${versions.next})`);
    if (tests) {
      const report = path.join(folder, "tests.json");
      const words = ["--ci", "--selectProjects", "unit", "--json", "--outputFile", report];
      await step("running the unit tests", 120, process.execPath, program("jest/bin/jest.js"), ...words).catch(
        (error: unknown) => {
          children.throwIfInterrupted();
          throw failedTests(copy, report) ?? error;
        },
      );
      const { numPassedTests = 0 } = (readJson(report) ?? {}) as TestReport;
      if (numPassedTests === 0) throw new CommandError("the unit tests must pass after the exit, and none ran");
      say(`ok  ${numPassedTests} unit tests pass`);
    } else say("skipped  the unit tests (--skip-tests)");
    if (awsNext) {
      say(`reading the stacks with the AWS provider ${EXIT_TARGET.awsProvider}…`);
      const aws = { stacks, folder: path.join(folder, "aws"), env, children, reach: props.reach };
      const came = await validateWithNextProvider(aws);
      say(
        came.skipped === undefined
          ? `ok  the AWS provider ${EXIT_TARGET.awsProvider} accepts ${came.stacks} stacks (${came.seconds.toFixed(0)} s)`
          : `skipped  the AWS provider ${EXIT_TARGET.awsProvider}: ${came.skipped}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The version of the core that is installed. */
function coreVersion(root: string): string {
  const file = path.join(root, "node_modules/cdktf/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** As far as jest's report is read. */
interface TestReport {
  readonly numPassedTests?: number;
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Which tests failed; undefined when there is no report of it. */
function failedTests(copy: string, report: string): CommandError | undefined {
  const { testResults = [] } = (readJson(report) ?? {}) as TestReport;
  const failed = testResults
    .filter(({ status }) => status === "failed")
    .flatMap(({ assertionResults, name }) => {
      const titles = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
      const file = path.relative(copy, name);
      // One that could not be read at all has no results.
      return titles.length === 0 ? [file] : titles.map((title) => `${file}: ${title}`);
    });
  if (failed.length === 0) return undefined;
  return new CommandError(
    `${failed.length} unit tests fail after the exit:\n${failed.join("\n")}\nDo they pass before it? npm run test:unit`,
  );
}

function different(differences: readonly string[]): CommandError {
  const more = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : [];
  return new CommandError(
    [
      `the exit must change nothing but the core's version, and changes ${differences.length} places:`,
      ...differences.slice(0, SHOWN),
      ...more,
    ].join("\n"),
  );
}
