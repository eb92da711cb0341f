import path from "node:path";
import type { Children } from "../terraform/children";
import type { Diagnostic } from "../terraform/events";
import type { ManifestStack } from "../terraform/manifest";
import { TerraformRunner, type TerraformResult } from "../terraform/runner";
import type { SandboxPaths } from "./paths";
import { ProgressDisplay } from "./progress";
import type { StackResult } from "./report";
import { resourcesIn } from "./state";

/** Settings of {@link StackRuns}. */
export interface StackRunsProps {
  readonly paths: SandboxPaths;
  /** The whole environment of the Terraform processes. */
  readonly env: NodeJS.ProcessEnv;
  readonly children: Children;
  /** Where progress is shown. */
  readonly stream: NodeJS.WriteStream;
}

/** Runs Terraform over several stacks: each as soon as those before it are done, independent ones side by side. */
export class StackRuns {
  private lastInit: Promise<unknown> = Promise.resolve();

  public constructor(private readonly props: StackRunsProps) {}

  /** Applies each stack and plans it again. */
  public apply(stacks: readonly ManifestStack[]): Promise<readonly StackResult[]> {
    return this.inOrder(
      stacks,
      ({ dependencies }) => dependencies,
      (stack, display) => this.applyOne(stack, display),
    );
  }

  /** Destroys each stack after those that depend on it. */
  public destroy(stacks: readonly ManifestStack[]): Promise<readonly StackResult[]> {
    const dependents = ({ name }: ManifestStack): readonly string[] =>
      stacks.filter(({ dependencies }) => dependencies.includes(name)).map((stack) => stack.name);
    return this.inOrder([...stacks].reverse(), dependents, (stack, display) => this.destroyOne(stack, display));
  }

  /** Shows Terraform's own plan of a stack. Returns whether it could be made. */
  public async show(stack: ManifestStack): Promise<boolean> {
    const runner = this.runner(stack);
    const init = await this.init(runner);
    if (init.succeeded) return runner.showPlan();
    const errors = errorsOf(init).map(({ summary, detail }) => `${summary}\n${detail}`);
    throw new Error([`${stack.name}: terraform init failed`, ...errors, `log: ${init.log}`].join("\n"));
  }

  private async inOrder(
    stacks: readonly ManifestStack[],
    prerequisites: (stack: ManifestStack) => readonly string[],
    work: (stack: ManifestStack, display: ProgressDisplay) => Promise<StackResult>,
  ): Promise<readonly StackResult[]> {
    const display = new ProgressDisplay(this.props.stream);
    const runs = new Map<string, Promise<StackResult>>();
    const run = async (stack: ManifestStack): Promise<StackResult> => {
      const before = await Promise.all(prerequisites(stack).flatMap((name) => runs.get(name) ?? []));
      const blocker = before.find(({ outcome }) => outcome !== "applied" && outcome !== "destroyed");
      if (blocker !== undefined) return this.result(stack, Date.now(), "skipped", { reason: `needs ${blocker.stack}` });
      if (this.props.children.interrupted) return this.result(stack, Date.now(), "skipped", { reason: "interrupted" });
      const result = await work(stack, display);
      display.finish(stack.name, `${result.outcome} in ${result.seconds.toFixed(0)} s`);
      return result;
    };
    try {
      for (const stack of stacks) runs.set(stack.name, run(stack));
      return await Promise.all(runs.values());
    } finally {
      display.close();
    }
  }

  private async applyOne(stack: ManifestStack, display: ProgressDisplay): Promise<StackResult> {
    const startedAt = Date.now();
    const runner = this.runner(stack);
    const show = (phase: string) => display.update({ stack: stack.name, phase, startedAt });
    show("init");
    const init = await this.init(runner);
    if (!init.succeeded) return this.failure(stack, startedAt, [init]);
    show("apply");
    const applied = await runner.apply((progress) =>
      display.update({ stack: stack.name, phase: "apply", startedAt, progress }),
    );
    if (!applied.succeeded) return this.failure(stack, startedAt, [applied]);
    if (this.props.children.interrupted)
      return this.result(stack, startedAt, "interrupted", { reason: "before the second plan" });
    const again = await runner.plan((progress) =>
      display.update({ stack: stack.name, phase: "second plan", startedAt, progress }),
    );
    if (!again.succeeded) return this.failure(stack, startedAt, [applied, again]);
    return this.result(stack, startedAt, "applied", {
      secondPlan: again.progress.planned,
      logs: [applied.log, again.log],
    });
  }

  private async destroyOne(stack: ManifestStack, display: ProgressDisplay): Promise<StackResult> {
    const startedAt = Date.now();
    const runner = this.runner(stack);
    display.update({ stack: stack.name, phase: "init", startedAt });
    const init = await this.init(runner);
    if (!init.succeeded) return this.failure(stack, startedAt, [init]);
    const destroyed = await runner.destroy((progress) =>
      display.update({ stack: stack.name, phase: "destroy", startedAt, progress }),
    );
    if (!destroyed.succeeded) return this.failure(stack, startedAt, [destroyed]);
    return this.result(stack, startedAt, "destroyed", { logs: [destroyed.log] });
  }

  private failure(stack: ManifestStack, startedAt: number, runs: readonly TerraformResult[]): StackResult {
    return this.result(stack, startedAt, this.props.children.interrupted ? "interrupted" : "failed", {
      errors: runs.flatMap(errorsOf),
      logs: runs.map(({ log }) => log),
    });
  }

  private result(
    stack: ManifestStack,
    startedAt: number,
    outcome: StackResult["outcome"],
    rest: Partial<StackResult> = {},
  ): StackResult {
    return {
      stack: stack.name,
      resources: resourcesIn(this.props.paths.stateOf(stack.name)),
      seconds: (Date.now() - startedAt) / 1000,
      outcome,
      errors: [],
      logs: [],
      ...rest,
    };
  }

  private runner({ name, directory }: ManifestStack): TerraformRunner {
    const { paths, env, children } = this.props;
    return new TerraformRunner({ directory, env, children, logPrefix: path.join(paths.logs(), name) });
  }

  /** One at a time: Terraform's shared folder of downloaded providers is not safe for more. */
  private init(runner: TerraformRunner): Promise<TerraformResult> {
    const turn = this.lastInit.then(() => runner.init());
    this.lastInit = turn.catch(() => undefined);
    return turn;
  }
}

/** The errors of a run; a failure without any has only what the process wrote. */
function errorsOf({ succeeded, progress, stderr }: TerraformResult): readonly Diagnostic[] {
  if (succeeded || progress.errors.length > 0) return progress.errors;
  return [{ severity: "error", summary: "terraform ended without an explanation", detail: stderr.trim() }];
}
