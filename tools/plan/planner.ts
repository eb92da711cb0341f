import path from "node:path";
import { CommandError } from "../command-error";
import { readJson } from "../files";
import { InTurn } from "../in-turn";
import type { Children } from "../terraform/children";
import type { Diagnostic } from "../terraform/events";
import { withDownstream, withUpstream, type ManifestStack } from "../terraform/manifest";
import { errorsOf, TerraformRunner, type Observer } from "../terraform/runner";
import type { StackDifference } from "./changed";
import { unreachedClusters, type Probe } from "./clusters";
import { withInitAdvice } from "./init-advice";
import {
  changesOutput,
  outputsRead,
  speculate,
  speculationOf,
  withoutUnknownResource,
  type Upstream,
  type Upstreams,
} from "./speculate";
import {
  leftOutOfSandbox,
  offline,
  stateWithoutClusters,
  withoutClusters,
  withoutRefusals,
  writeStackCopy,
} from "./stack-copy";
import type { NotPlanned, StackPlan } from "./stack-plan";
import type { Backend, ReadState, StackState } from "./state";
import type { TerraformPlan } from "./terraform-plan";
import { valueAt } from "./unknowns";

type Json = Record<string, unknown>;

/** Settings of {@link Planner}. */
export interface PlannerProps {
  /** Every stack of head, each after those it depends on. */
  readonly stacks: readonly ManifestStack[];
  /** What became of each stack between base and head. */
  readonly differences: readonly StackDifference[];
  /** Folder for copies of the stacks, logs and records. */
  readonly folder: string;
  /** The whole environment of Terraform. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Reads states. */
  readonly readState: ReadState;
  /** Whether a stack is planned from its state alone, without asking its account. */
  readonly isOffline: (stack: string) => boolean;
  /** Told of each stack's work. */
  readonly progress: (stack: string, phase: string) => Observer;
  /** Told when a stack is done. @default - nobody is */
  readonly done?: (plan: StackPlan) => void;
  /** Looks whether a cluster's API answers. @default - connects */
  readonly probe?: Probe;
}

/** Plans what changed and what lies downstream of a changed output: each stack as soon as those before it are done, others beside it. */
export class Planner {
  private readonly runs = new Map<string, Promise<StackPlan>>();
  private readonly states = new Map<string, Promise<StackState>>();
  private readonly jsons = new Map<string, Json>();
  /** One at a time: Terraform's shared folder of downloaded providers is not safe for more. */
  private readonly inits = new InTurn();

  public constructor(private readonly props: PlannerProps) {}

  /** Of some stacks and those that they read from: the ones that change, and the ones downstream of these. Nothing else may be planned. */
  public touched(names: readonly string[]): readonly string[] {
    const relevant = withUpstream(this.props.stacks, names);
    const changed = relevant.filter(({ name }) => this.changeOf(name) !== "unchanged").map(({ name }) => name);
    return withDownstream(relevant, changed).map(({ name }) => name);
  }

  /**
   * Plans some stacks. Those that they read from are planned, too, where these change or were never applied: for their outputs only.
   * @returns a plan for each of the stacks, in their order
   */
  public async plan(names: readonly string[]): Promise<readonly StackPlan[]> {
    const { stacks } = this.props;
    const relevant = withUpstream(stacks, names);
    const touched = this.touched(names);
    const pending = await this.pending(withUpstream(relevant, touched), touched);
    for (const stack of relevant) {
      const may = touched.includes(stack.name);
      this.runs.set(
        stack.name,
        may || pending.has(stack.name) ? this.run(stack, pending) : Promise.resolve(this.unaffected(stack)),
      );
    }
    const results = this.runsOf(relevant.map(({ name }) => name));
    // All of them, even if one breaks: nothing may run on in a folder that is about to go.
    await Promise.allSettled(results);
    return (await Promise.all(results)).filter(({ stack }) => names.includes(stack));
  }

  private runsOf(names: readonly string[]): readonly Promise<StackPlan>[] {
    return names.flatMap((name) => this.runs.get(name) ?? []);
  }

  /** Of the stacks that others read from: those whose state lacks what is read, so that their own plan must tell it. */
  private async pending(relevant: readonly ManifestStack[], touched: readonly string[]): Promise<ReadonlySet<string>> {
    const pending = new Set<string>();
    // The last first: one that must be planned reads from others itself.
    for (const stack of [...relevant].reverse()) {
      if (!touched.includes(stack.name) && !pending.has(stack.name)) continue;
      for (const [dataSource, upstream] of this.reads(stack)) {
        if (touched.includes(upstream.name) || pending.has(upstream.name)) continue;
        const { state } = await this.stateOf(upstream);
        const now = mapValues(state?.outputs ?? {}, ({ value }) => value);
        const read = outputsRead(this.jsonOf(stack), dataSource);
        const lacks = state === undefined || read.some((path) => valueAt(now, path) === undefined);
        if (lacks) pending.add(upstream.name);
      }
    }
    return pending;
  }

  private unaffected({ name }: ManifestStack): StackPlan {
    return { stack: name, change: "unchanged", outcome: { kind: "not affected" }, notPlanned: [], seconds: 0 };
  }

  private async run(stack: ManifestStack, pending: ReadonlySet<string>): Promise<StackPlan> {
    const before = await Promise.all(this.runsOf(stack.dependencies));
    const startedAt = Date.now();
    const upstreams: [string, Upstream][] = [];
    const broken: string[] = [];
    for (const [dataSource, upstream] of this.reads(stack)) {
      const { name } = upstream;
      const outcome = before.find((plan) => plan.stack === name)?.outcome;
      if (outcome?.kind === "failed") broken.push(name);
      if (outcome?.kind !== "planned") continue;
      const { plan } = outcome;
      const isChanged = outputsRead(this.jsonOf(stack), dataSource).some((path) => changesOutput(plan, path));
      // A state that is not there cannot be read, whatever is read of it.
      if (isChanged || (await this.stateOf(upstream)).state === undefined) {
        upstreams.push([dataSource, { stack: name, outputs: outcome.plan.output_changes ?? {} }]);
      }
    }
    const change = this.changeOf(stack.name);
    const isAffected = change !== "unchanged" || pending.has(stack.name) || upstreams.length + broken.length > 0;
    const plan = isAffected ? await this.planOne(stack, new Map(upstreams), broken, startedAt) : this.unaffected(stack);
    this.props.done?.(plan);
    return plan;
  }

  private async planOne(
    stack: ManifestStack,
    upstreams: Upstreams,
    broken: readonly string[],
    startedAt: number,
  ): Promise<StackPlan> {
    const { children } = this.props;
    const result = (outcome: StackPlan["outcome"], rest: Partial<StackPlan> = {}): StackPlan => ({
      stack: stack.name,
      change: this.changeOf(stack.name),
      outcome,
      notPlanned: [],
      seconds: (Date.now() - startedAt) / 1000,
      ...rest,
    });
    const failed = (errors: readonly Diagnostic[], rest: Partial<StackPlan> = {}): StackPlan =>
      result({ kind: "failed", errors }, rest);
    if (broken.length > 0)
      return failed([error(`not planned: the plan of ${broken.join(", ")} failed, which it reads from`)]);
    children.throwIfInterrupted();
    try {
      const { state, lock } = await this.stateOf(stack);
      const { notPlanned, made } = await this.prepare(stack, upstreams, state);
      const rest = { notPlanned, lock };
      const planned = await this.terraform(stack, made);
      if (planned.plan === undefined) return failed(planned.errors, rest);
      const plan = withoutUnknownResource(planned.plan);
      const speculation = upstreams.size === 0 ? undefined : speculationOf(plan, upstreams);
      return result({ kind: "planned", plan, speculation }, rest);
    } catch (fault) {
      if (!(fault instanceof CommandError)) throw fault;
      return failed([error(fault.message)]);
    }
  }

  /** Lays out the copy that is planned. Returns its folder, and what is not in it. */
  private async prepare(
    stack: ManifestStack,
    upstreams: Upstreams,
    state: StackState["state"],
  ): Promise<{ readonly made: string; readonly notPlanned: readonly NotPlanned[] }> {
    const { folder, isOffline, probe } = this.props;
    const json = this.jsonOf(stack);
    const unreached = await unreachedClusters(json, await this.outputsNow(stack), probe);
    const reached = withoutClusters(json, unreached);
    const allowed = withoutRefusals(reached.json);
    const asked = isOffline(stack.name) ? offline(allowed.json) : allowed.json;
    const made = path.join(folder, "stacks", stack.name);
    writeStackCopy({
      directory: stack.directory,
      json: speculate(asked, upstreams),
      state: state === undefined ? undefined : stateWithoutClusters(state, unreached),
      folder: made,
    });
    return { made, notPlanned: [...leftOutOfSandbox(json), ...reached.notPlanned, ...allowed.notPlanned] };
  }

  /** What the stacks that a stack reads from put out as they stand. */
  private async outputsNow(stack: ManifestStack): Promise<ReadonlyMap<string, Json>> {
    const read = this.reads(stack).map(async ([dataSource, upstream]): Promise<[string, Json]> => {
      const { state } = await this.stateOf(upstream);
      return [dataSource, mapValues(state?.outputs ?? {}, ({ value }) => value)];
    });
    return new Map(await Promise.all(read));
  }

  private async terraform(
    { name }: ManifestStack,
    directory: string,
  ): Promise<{ readonly plan?: TerraformPlan; readonly errors: readonly Diagnostic[] }> {
    const { children, env, folder, isOffline, progress } = this.props;
    const runner = new TerraformRunner({
      stack: name,
      directory,
      runs: path.join(folder, "runs"),
      env,
      children,
      logPrefix: path.join(folder, "logs", name),
    });
    const json = path.join(folder, `${name}.plan.json`);
    progress(name, "init");
    const init = await this.inits.next(() => runner.init());
    if (!init.succeeded) return { errors: errorsOf(init).map(withInitAdvice) };
    const flags = ["-lock=false", ...(isOffline(name) ? ["-refresh=false"] : [])];
    const planned = await runner.plan(progress(name, "plan"), json, flags);
    children.throwIfInterrupted();
    return planned.succeeded
      ? { plan: readJson(json) as TerraformPlan | undefined, errors: errorsOf(planned) }
      : { errors: errorsOf(planned) };
  }

  /** The stacks whose state a stack reads, by the name of the data source. */
  private reads(stack: ManifestStack): readonly (readonly [string, ManifestStack])[] {
    const { terraform_remote_state: states = {} } = (this.jsonOf(stack)["data"] ?? {}) as Record<
      string,
      Record<string, { readonly config: { readonly key?: string; readonly path?: string } }>
    >;
    return Object.entries(states).flatMap(([dataSource, { config }]) => {
      const file = path.basename(config.key ?? config.path ?? "", ".tfstate");
      const upstream = this.props.stacks.find(({ name }) => name === file);
      return upstream === undefined ? [] : [[dataSource, upstream] as const];
    });
  }

  private stateOf(stack: ManifestStack): Promise<StackState> {
    const { backend } = this.jsonOf(stack)["terraform"] as { readonly backend: Backend };
    const read = this.states.get(stack.name) ?? this.props.readState(backend);
    this.states.set(stack.name, read);
    return read;
  }

  private jsonOf({ directory }: ManifestStack): Json {
    const known = this.jsons.get(directory);
    if (known !== undefined) return known;
    const json = (readJson(path.join(directory, "cdk.tf.json")) ?? {}) as Json;
    this.jsons.set(directory, json);
    return json;
  }

  private changeOf(stack: string): StackPlan["change"] {
    return this.props.differences.find((difference) => difference.stack === stack)?.change ?? "unchanged";
  }
}

function mapValues<T>(values: Readonly<Record<string, T>>, map: (value: T) => unknown): Json {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}

function error(summary: string): Diagnostic {
  return { severity: "error", summary, detail: "" };
}
