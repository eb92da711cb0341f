import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { writeWhole } from "../files";
import type { Children } from "./children";
import {
  isEvent,
  parseEvent,
  plannedChanges,
  readable,
  RunProgress,
  type Diagnostic,
  type PlannedChange,
} from "./events";
import { FollowedRun, type RunEnding } from "./followed-run";

/** Where Terraform puts a state that it could not write into its place. */
const ERRORED_STATE = "errored.tfstate";
/** What it says then: https://github.com/hashicorp/terraform/blob/v1.10.0/internal/backend/local/backend_apply.go */
const STATE_LOST = /^Failed to (save state|persist state to backend|create local state file)$/;

/** Settings of {@link TerraformRunner}. */
export interface TerraformRunnerProps {
  /** The stack's name. */
  readonly stack: string;
  /** Folder that holds the stack's `cdk.tf.json`. */
  readonly directory: string;
  /** Folder for the records of runs, by which later commands find them. */
  readonly runs: string;
  /** The whole environment of the Terraform process. */
  readonly env: NodeJS.ProcessEnv;
  /** Path of a log without its ending; each command appends `-<command>.log`. */
  readonly logPrefix: string;
  /** Where processes are started. */
  readonly children: Children;
  /** Operations at the same time: most of the time is the provider's polling, so many cost nothing. @default 50 */
  readonly parallelism?: number;
}

/** How a Terraform command ended. */
export interface TerraformResult {
  /** Whether it ended with exit code 0. */
  readonly succeeded: boolean;
  /** Whether all that it did is in its state. */
  readonly stateKept: boolean;
  /** What it told. */
  readonly progress: RunProgress;
  /** The full output as a person reads it. */
  readonly log: string;
  /** What the process wrote beside its event stream; explains a failure that has no diagnostic. */
  readonly stderr: string;
}

/** Is told of every step. */
export type Observer = (progress: RunProgress) => void;

/** Runs Terraform's commands in one stack's folder, with live progress and a readable log. */
export class TerraformRunner {
  public constructor(private readonly props: TerraformRunnerProps) {}

  /** Installs providers and opens the backend. */
  public init(): Promise<TerraformResult> {
    return this.run("init", ["init", "-input=false", "-reconfigure", "-json"]);
  }

  /** Plans and applies. */
  public apply(observe?: Observer): Promise<TerraformResult> {
    return this.change("apply", observe);
  }

  /**
   * Plans only; `progress.planned` holds the changes.
   * @param json - file that gets the plan as JSON
   * @param flags - further flags of `terraform plan`
   */
  public async plan(observe?: Observer, json?: string, flags: readonly string[] = []): Promise<TerraformResult> {
    const { directory, env, children } = this.props;
    const out = json === undefined ? [] : [`-out=${json}.tfplan`];
    const result = await this.run(
      "plan",
      ["plan", "-json", "-input=false", this.parallelism, ...flags, ...out],
      observe,
    );
    if (json === undefined || !result.succeeded) return result;
    const shown = await children.start("terraform", ["show", "-json", `${json}.tfplan`], {
      cwd: directory,
      env,
      extendEnv: false,
      stdin: "ignore",
    });
    rmSync(`${json}.tfplan`);
    if (shown.exitCode !== 0) return { ...result, succeeded: false, stderr: shown.stderr };
    // A plan holds what is sensitive in the open.
    writeWhole(json, shown.stdout, 0o600);
    return result;
  }

  /** Destroys everything in the stack's state. */
  public destroy(observe?: Observer): Promise<TerraformResult> {
    return this.change("destroy", observe);
  }

  /** Shows Terraform's own plan on this terminal, and returns its changes; undefined when it could not be made. */
  public async showPlan(): Promise<readonly PlannedChange[] | undefined> {
    const { directory, env, children, logPrefix } = this.props;
    const file = `${logPrefix}.tfplan`;
    mkdirSync(path.dirname(file), { recursive: true });
    const options = { cwd: directory, env, extendEnv: false, stdin: "ignore" } as const;
    const plan = await children.start("terraform", ["plan", "-input=false", `-out=${file}`, this.parallelism], {
      ...options,
      stdout: "inherit",
      stderr: "inherit",
    });
    if (plan.exitCode !== 0) return undefined;
    const { stdout } = await children.start("terraform", ["show", "-json", file], options);
    return plannedChanges(stdout);
  }

  private get parallelism(): string {
    return `-parallelism=${this.props.parallelism ?? 50}`;
  }

  private change(verb: "apply" | "destroy", observe?: Observer): Promise<TerraformResult> {
    rmSync(path.join(this.props.directory, ERRORED_STATE), { force: true });
    return this.run(verb, [verb, "-json", "-input=false", "-auto-approve", this.parallelism], observe, true);
  }

  private async run(
    command: string,
    args: readonly string[],
    observe?: Observer,
    changes = false,
  ): Promise<TerraformResult> {
    const { children, directory, env, logPrefix, runs, stack } = this.props;
    children.throwIfInterrupted();
    const run = FollowedRun.start({
      record: path.join(runs, `${stack}-${command}.json`),
      output: `${logPrefix}-${command}.jsonl`,
      what: `terraform ${command} of ${stack}`,
      subject: stack,
      changes,
      file: "terraform",
      args,
      directory,
      // The AWS provider says it with each request: CloudTrail and the emulator then know on whose behalf it came.
      env: { ...env, TF_APPEND_USER_AGENT: `opsdx-${stack}/${command}` },
    });
    return children.during(run, changes, () => followTerraform(run, observe));
  }
}

/**
 * Follows a run of Terraform to its end, and writes its readable log beside its events. The record goes, unless changes were made that
 * the state may not know.
 */
export async function followTerraform(run: FollowedRun, observe?: Observer): Promise<TerraformResult> {
  const progress = new RunProgress();
  const log = new Log(run.record.output.replace(/\.jsonl$/, ".log"));
  const words: string[] = [];
  const ending = await run.follow((line) => {
    log.add(readable(line));
    if (!isEvent(line)) words.push(line);
    const event = parseEvent(line);
    if (event === undefined) return;
    progress.add(event);
    observe?.(progress);
  });
  const stateKept =
    ending.kind === "exited" &&
    !existsSync(path.join(run.record.directory, ERRORED_STATE)) &&
    !progress.errors.some(({ summary }) => STATE_LOST.test(summary));
  if (stateKept || !run.record.changes) run.forget();
  const stderr = [...words, ...endingWords(ending)].join("\n");
  return { succeeded: ending.kind === "exited" && ending.exitCode === 0, stateKept, progress, log: log.file, stderr };
}

function endingWords(ending: RunEnding): readonly string[] {
  return ending.kind === "killed" ? ["it was killed"] : [];
}

/** A log that a person reads. A disk that is full stops the log, not the run. */
class Log {
  private broken = false;

  public constructor(public readonly file: string) {
    this.write(() => writeFileSync(file, ""));
  }

  public add(line: string): void {
    this.write(() => appendFileSync(this.file, `${line}\n`));
  }

  private write(work: () => void): void {
    if (this.broken) return;
    try {
      work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      this.broken = true;
    }
  }
}

/** The errors of a run; a failure without any has only what the process wrote. */
export function errorsOf({ succeeded, progress, stderr }: TerraformResult): readonly Diagnostic[] {
  if (succeeded || progress.errors.length > 0) return progress.errors;
  return [{ severity: "error", summary: "terraform ended without an explanation", detail: stderr.trim() }];
}
