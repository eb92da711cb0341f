import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { Children } from "./children";
import { parseEvent, plannedChanges, readable, RunProgress, type PlannedChange } from "./events";

/** Settings of {@link TerraformRunner}. */
export interface TerraformRunnerProps {
  /** Folder that holds the stack's `cdk.tf.json`. */
  readonly directory: string;
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
  readonly succeeded: boolean;
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
    return this.run("apply", ["apply", "-json", "-input=false", "-auto-approve", this.parallelism], observe);
  }

  /** Plans only; `progress.planned` holds the changes. */
  public plan(observe?: Observer): Promise<TerraformResult> {
    return this.run("plan", ["plan", "-json", "-input=false", this.parallelism], observe);
  }

  /** Destroys everything in the stack's state. */
  public destroy(observe?: Observer): Promise<TerraformResult> {
    return this.run("destroy", ["destroy", "-json", "-input=false", "-auto-approve", this.parallelism], observe);
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

  private async run(command: string, args: readonly string[], observe?: Observer): Promise<TerraformResult> {
    const { directory, env, logPrefix, children } = this.props;
    const log = `${logPrefix}-${command}.log`;
    mkdirSync(path.dirname(log), { recursive: true });
    const file = createWriteStream(log);
    const progress = new RunProgress();
    const child = children.start("terraform", args, {
      cwd: directory,
      env,
      extendEnv: false,
      stdin: "ignore",
      buffer: false,
    });
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      file.write(chunk);
    });
    if (child.stdout === null) throw new Error("terraform was started without its output");
    for await (const line of readline.createInterface({ input: child.stdout })) {
      file.write(`${readable(line)}\n`);
      const event = parseEvent(line);
      if (event === undefined) continue;
      progress.add(event);
      observe?.(progress);
    }
    const { exitCode } = await child;
    await closed(file);
    return { succeeded: exitCode === 0, progress, log, stderr };
  }
}

function closed(file: WriteStream): Promise<void> {
  return new Promise((resolve) => file.end(resolve));
}
