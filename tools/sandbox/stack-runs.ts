import path from "node:path";
import { ExplainedError } from "../../config/explained-error";
import { rollingUpdateNotice } from "../kops/rolling-update";
import { databaseRestartNotice } from "../terraform/database-restart";
import { InterruptedError, type Children } from "../terraform/children";
import type { ManifestStack } from "../terraform/manifest";
import { errorsOf, TerraformRunner, type Observer, type TerraformResult } from "../terraform/runner";
import type { SandboxPaths } from "../../stacks/sandbox/paths";
import type { Pair } from "./pair";
import { ProgressDisplay } from "./progress";
import type { StackResult } from "./report";
import { resourcesIn } from "./state";
import { CommandError } from "../command-error";
import { InTurn } from "../in-turn";

/** Settings of {@link StackRuns}. */
export interface StackRunsProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** Takes note of each change that is in both the emulator and the state. */
  readonly pair: Pick<Pair, "settle">;
  /** The whole environment of the Terraform processes. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Where progress is shown. */
  readonly stream: NodeJS.WriteStream;
  /** Folder that gets each second plan as `<stack>.json`. @default - they are not kept */
  readonly plans?: string;
  /** Done when a stack is applied, before those begin that read it. @default - nothing */
  readonly afterApply?: (stack: string) => Promise<void>;
}

/** Runs Terraform over several stacks: each as soon as those before it are done, independent ones side by side. */
export class StackRuns {
  /** One at a time: Terraform's shared folder of downloaded providers is not safe for more. */
  private readonly inits = new InTurn();

  public constructor(private readonly props: StackRunsProps) {}

  /** Applies each stack and plans it again; the plan does not keep the next stacks waiting. */
  public apply(stacks: readonly ManifestStack[]): Promise<readonly StackResult[]> {
    return this.showing((display) =>
      this.inOrder(
        stacks,
        ({ dependencies }) => dependencies,
        (stack) => this.applyOne(stack, display),
      ).map(async ([stack, applied]) => {
        const result = await applied;
        return result.outcome === "applied" ? this.planAgain(stack, result, display) : result;
      }),
    );
  }

  /** Destroys each stack after those that depend on it. */
  public destroy(stacks: readonly ManifestStack[]): Promise<readonly StackResult[]> {
    const dependents = ({ name }: ManifestStack): readonly string[] =>
      stacks.filter(({ dependencies }) => dependencies.includes(name)).map((stack) => stack.name);
    return this.showing((display) =>
      this.inOrder([...stacks].reverse(), dependents, (stack) => this.destroyOne(stack, display)).map(
        ([, destroyed]) => destroyed,
      ),
    );
  }

  /** Shows Terraform's own plan of a stack. Returns whether it could be made. */
  public async show(stack: ManifestStack): Promise<boolean> {
    const runner = this.runner(stack);
    const init = await this.inits.next(() => runner.init());
    if (init.succeeded) {
      const changes = await runner.showPlan();
      for (const notice of [rollingUpdateNotice(changes ?? []), databaseRestartNotice(changes ?? [])]) {
        if (notice !== undefined) this.props.stream.write(`\n${notice}\n`);
      }
      return changes !== undefined;
    }
    const errors = errorsOf(init).map(({ summary, detail }) => `${summary}\n${detail}`);
    throw new CommandError([`${stack.name}: terraform init failed`, ...errors, `log: ${init.log}`].join("\n"));
  }

  private async showing(
    work: (display: ProgressDisplay) => readonly Promise<StackResult>[],
  ): Promise<readonly StackResult[]> {
    const display = new ProgressDisplay(this.props.stream);
    try {
      const finished = work(display).map(async (run) => {
        const result = await run;
        if (result.outcome !== "skipped") {
          display.finish(result.stack, `${result.outcome} in ${result.seconds.toFixed(0)} s`);
        }
        return result;
      });
      // All of them, even if one breaks: nothing may run on when the lock is released.
      await Promise.allSettled(finished);
      return await Promise.all(finished);
    } finally {
      display.close();
    }
  }

  /** Starts the work on each stack as soon as it is done on those before it. */
  private inOrder(
    stacks: readonly ManifestStack[],
    prerequisites: (stack: ManifestStack) => readonly string[],
    work: (stack: ManifestStack) => Promise<StackResult>,
  ): readonly (readonly [ManifestStack, Promise<StackResult>])[] {
    const runs = new Map<string, Promise<StackResult>>();
    const run = async (stack: ManifestStack): Promise<StackResult> => {
      const before = await Promise.all(prerequisites(stack).flatMap((name) => runs.get(name) ?? []));
      const blocker = before.find(({ outcome }) => outcome !== "applied" && outcome !== "destroyed");
      if (blocker !== undefined) return this.result(stack, Date.now(), "skipped", { reason: `needs ${blocker.stack}` });
      if (this.props.children.isInterrupted())
        return this.result(stack, Date.now(), "skipped", { reason: "interrupted" });
      return work(stack);
    };
    return stacks.map((stack) => {
      const result = run(stack);
      runs.set(stack.name, result);
      return [stack, result];
    });
  }

  private async applyOne(stack: ManifestStack, display: ProgressDisplay): Promise<StackResult> {
    const startedAt = Date.now();
    const runner = this.runner(stack);
    const steps = await this.steps(stack, startedAt, display, [
      ["init", () => this.inits.next(() => runner.init())],
      ["apply", (observe) => this.settled(stack, runner.apply(observe))],
    ]);
    if (steps.failure !== undefined) return steps.failure;
    try {
      await this.props.afterApply?.(stack.name);
    } catch (error) {
      if (!(error instanceof ExplainedError)) throw error;
      const errors = [{ severity: "error", summary: error.message, detail: "" }] as const;
      return this.result(stack, startedAt, "failed", { errors, logs: steps.logs });
    }
    return this.result(stack, startedAt, "applied", { logs: steps.logs });
  }

  private async planAgain(stack: ManifestStack, applied: StackResult, display: ProgressDisplay): Promise<StackResult> {
    const startedAt = Date.now() - applied.seconds * 1000;
    const runner = this.runner(stack);
    const { plans } = this.props;
    const json = plans === undefined ? undefined : path.join(plans, `${stack.name}.json`);
    const steps = await this.steps(stack, startedAt, display, [
      ["second plan", (observe) => runner.plan(observe, json)],
    ]);
    const logs = [...applied.logs, ...steps.logs];
    return (
      steps.failure ?? this.result(stack, startedAt, "applied", { secondPlan: steps.last?.progress.planned, logs })
    );
  }

  private async destroyOne(stack: ManifestStack, display: ProgressDisplay): Promise<StackResult> {
    const startedAt = Date.now();
    const runner = this.runner(stack);
    const steps = await this.steps(stack, startedAt, display, [
      ["init", () => this.inits.next(() => runner.init())],
      ["destroy", (observe) => this.settled(stack, this.destroyTwiceAtMost(runner, observe))],
    ]);
    return steps.failure ?? this.result(stack, startedAt, "destroyed", { logs: steps.logs });
  }

  /**
   * On a busy machine an answer of the emulator is lost now and then: what was deleted is then "not found" when the provider asks
   * again, which it takes for a failure. A second destroy reads what is left and goes on; a real failure fails again.
   */
  private async destroyTwiceAtMost(runner: TerraformRunner, observe: Observer): Promise<TerraformResult> {
    const first = await runner.destroy(observe);
    const done = first.succeeded || !first.stateKept || this.props.children.isInterrupted();
    return done ? first : runner.destroy(observe);
  }

  private async settled(stack: ManifestStack, change: Promise<TerraformResult>): Promise<TerraformResult> {
    const result = await change;
    if (result.stateKept) await this.props.pair.settle(stack.name);
    return result;
  }

  /** Runs Terraform commands one after the other until one fails or an interrupt arrives. */
  private async steps(
    stack: ManifestStack,
    startedAt: number,
    display: ProgressDisplay,
    commands: readonly (readonly [string, (observe: Observer) => Promise<TerraformResult>])[],
  ): Promise<{ readonly logs: readonly string[]; readonly last?: TerraformResult; readonly failure?: StackResult }> {
    const { children } = this.props;
    const logs: string[] = [];
    let last: TerraformResult | undefined;
    for (const [phase, command] of commands) {
      display.update({ stack: stack.name, phase, startedAt });
      try {
        last = await command((progress) => display.update({ stack: stack.name, phase, startedAt, progress }));
      } catch (error) {
        if (!(error instanceof InterruptedError)) throw error;
        return { logs, failure: this.result(stack, startedAt, "interrupted", { reason: `before ${phase}`, logs }) };
      }
      logs.push(last.log);
      if (!last.succeeded) {
        const outcome = children.isInterrupted() ? "interrupted" : "failed";
        return { logs, failure: this.result(stack, startedAt, outcome, { errors: errorsOf(last), logs }) };
      }
    }
    return { logs, last };
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
    const logPrefix = path.join(paths.logs(), name);
    return new TerraformRunner({ stack: name, directory, runs: paths.runs(), env, children, logPrefix });
  }
}
