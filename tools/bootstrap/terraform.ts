import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Children } from "../terraform/children";
import { FollowedRun } from "../terraform/followed-run";
import { cliConfig, decidesInstallation, findMirrors, mirrorCandidates, ownCliConfig } from "../terraform/providers";
import { leadsTerraformAstray } from "../terraform/stray";
import { usableTerraform } from "../terraform/version";
import { BootstrapError } from "./situation";

/**
 * The environment that Terraform runs in: this one, without what would lead it astray, and with providers from the mirrors
 * of this machine where the user's own configuration does not say otherwise.
 */
export function terraformEnvironment(directory: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !leadsTerraformAstray(name)));
  const own = ownCliConfig(env)?.text ?? "";
  const mirrors = decidesInstallation(own) ? [] : findMirrors(mirrorCandidates(env));
  if (mirrors.length === 0) return { ...kept, CHECKPOINT_DISABLE: "1" };
  const file = path.join(directory, "terraform.rc");
  writeFileSync(file, cliConfig({ mirrors, cacheDirectory: path.join(directory, "plugins"), own }));
  return { ...kept, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: file };
}

/**
 * Checks that Terraform is there and new enough.
 * @returns its version
 * @throws BootstrapError otherwise
 */
export async function assertTerraform(env: NodeJS.ProcessEnv): Promise<string> {
  const terraform = await usableTerraform(env);
  if (terraform.problem !== undefined) throw new BootstrapError(terraform.problem);
  return terraform.version;
}

/** Settings of {@link Terraform}. */
export interface TerraformProps {
  /** Folder that holds the stack's `cdk.tf.json`. */
  readonly directory: string;
  /** Folder for the records and the output of its runs, by which a later command finds them. */
  readonly runs: string;
  /** Whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Shows a line of its output. */
  readonly print: (line: string) => void;
}

/** Terraform in one folder, its output on this terminal. It outlives a command that is killed. */
export class Terraform {
  /** @param props - where it works */
  public constructor(private readonly props: TerraformProps) {}

  /** Opens the backend that the folder's files name. */
  public async init(): Promise<void> {
    await this.run(["init", "-input=false", "-reconfigure"], { changes: false, show: "on failure" });
  }

  /** Makes the named resources and what they need. */
  public async apply(targets: readonly string[]): Promise<void> {
    await this.run(["apply", "-input=false", "-auto-approve", ...targets.map((target) => `-target=${target}`)]);
  }

  /** Takes an object that exists into the state. Returns false when there is none. */
  public async import(address: string, id: string): Promise<boolean> {
    const args = ["import", "-input=false", "-no-color", address, id];
    const absent = (words: string): boolean => words.includes("Cannot import non-existent remote object");
    return (await this.run(args, { show: "on failure", good: (code, words) => code === 0 || absent(words) })) === 0;
  }

  /** Lets what was not finished be finished, instead of destroyed and made anew. */
  public async untaint(address: string): Promise<void> {
    await this.run(["untaint", address], { show: "on failure" });
  }

  /**
   * Writes a state file into the backend. Terraform refuses when another state, or a newer one, is there. Without the lock, as a lock
   * outlives a Terraform that is killed, and stops every later command: what is written is compared before the file goes.
   */
  public async push(file: string): Promise<void> {
    await this.run(["state", "push", "-lock=false", file]);
  }

  /** Whether the named resources are as declared. Writes nothing, so it takes no lock. */
  public async isUpToDate(targets: readonly string[]): Promise<boolean> {
    const args = [
      "plan",
      "-input=false",
      "-lock=false",
      "-detailed-exitcode",
      ...targets.map((target) => `-target=${target}`),
    ];
    return (await this.run(args, { changes: false, good: (code) => code === 0 || code === 2 })) === 0;
  }

  private async run(args: readonly string[], options: RunOptions = {}): Promise<number> {
    const { changes = true, show = "always", good = (code) => code === 0 } = options;
    const { children, directory, env, print, runs } = this.props;
    const [verb = ""] = args;
    children.throwIfInterrupted();
    const run = FollowedRun.start({
      record: path.join(runs, `${verb}.json`),
      output: path.join(runs, `${verb}.log`),
      what: `terraform ${verb}`,
      subject: directory,
      changes,
      file: "terraform",
      args,
      directory,
      env,
    });
    const lines: string[] = [];
    const ending = await children.during(run, changes, () =>
      run.follow((line) => {
        lines.push(line);
        if (show === "always") print(line);
      }),
    );
    run.forget();
    const words = lines.join("\n");
    if (ending.kind === "exited" && good(ending.exitCode, words)) return ending.exitCode;
    if (!changes) children.throwIfInterrupted();
    const how = ending.kind === "killed" ? "was killed" : `failed with exit code ${ending.exitCode}`;
    throw new BootstrapError(
      [
        ...(show === "always" ? [] : [words.trim()]),
        `"terraform ${verb}" ${how}. Nothing is lost: put right what it says above and run the same command again.`,
      ].join("\n"),
    );
  }
}

interface RunOptions {
  /** Whether an interrupt lets it end. @default true */
  readonly changes?: boolean;
  /** When its words are shown. @default "always" */
  readonly show?: "always" | "on failure";
  /** Whether it did what it was asked. @default - exit code 0 */
  readonly good?: (exitCode: number, words: string) => boolean;
}

/**
 * Brings what a command that was killed has left to an end: a Terraform that changes something is followed, one that only looks is
 * stopped.
 */
export async function endEarlierRuns({
  runs,
  children,
  print,
  say,
}: Pick<TerraformProps, "runs" | "children" | "print"> & { readonly say: (line: string) => void }): Promise<void> {
  for (const run of FollowedRun.in(runs)) {
    const { changes, pid, what } = run.record;
    if (changes && (await run.isRunning())) {
      say(`${what}, process ${pid}, which an earlier command started, is still at work: following it to its end`);
      await children.during(run, true, () => run.follow(print));
    }
    await run.discard();
  }
  children.throwIfInterrupted();
}
