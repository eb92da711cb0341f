import { mkdirSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import type { Config } from "../../config/load";
import { GLOBAL, stackOwner } from "../../config/names";
import { cdktf } from "../../constructs/shared/observability/command";
import { deploymentFor } from "../../stacks/deployment";
import { assertAccount, CallerIdentity } from "../aws/caller";
import type { DestroyApproval } from "../github/approval";
import { readJson, userCache } from "../files";
import { ProgressDisplay } from "../sandbox/progress";
import type { Children } from "../terraform/children";
import type { ManifestStack } from "../terraform/manifest";
import { leadsTerraformAstray } from "../terraform/stray";
import { usableTerraform } from "../terraform/version";
import type { Comparison } from "./commits";
import { findGuarded } from "./guard/guard";
import { judge } from "./guard/judge";
import { Planner } from "./planner";
import type { Programs } from "./programs";
import { buildReport } from "./report/build";
import type { PlanReport } from "./report/model";
import type { Renderings } from "./report/renderings";
import { counted } from "./report/words";
import type { StackPlan } from "./stack-plan";
import { readStackState, type Backend, type ReadState } from "./state";
import type { SynthesizedStacks } from "./synthesized-resources";

/** Settings of {@link planEnvironments}. */
export interface PlanEnvironmentsProps {
  /** The configuration of head. */
  readonly config: Config;
  /** The environment, or `global`, that is planned. @default - all of them */
  readonly environment?: string;
  /** The whole environment of what is started. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
}

/** The environments that a person can name, `global` among them. */
export function plannable({ environments }: Config): readonly string[] {
  return [GLOBAL, ...environments.map(({ name }) => name)];
}

/** What is planned of two programs. */
export type PlannedPrograms = Pick<Programs, "base" | "differences" | "folder" | "head">;

/**
 * Plans what a change touches of the environments.
 * @returns a plan for each of their stacks, and for those that are gone
 * @throws RefusedError when the credentials belong to another account, or there is no Terraform
 * @throws CommandError when a state cannot be read
 * @throws InterruptedError after an interrupt
 */
export async function planEnvironments(
  programs: PlannedPrograms,
  props: PlanEnvironmentsProps,
): Promise<readonly StackPlan[]> {
  const { config, environment } = props;
  const readState = (backend: Backend) => readStackState(backend, config.global.account.id);
  const owners = ownersOf(props);
  const planned = await planStacks(programs, owners, { ...props, readState });
  // What an interrupt stopped has failed, and is no plan.
  props.children.throwIfInterrupted();
  return [
    ...planned,
    // Another environment's state is not to be read with these credentials.
    ...(await gonePlans(programs, (stack) => owners.includes(ownerIn(config, stack)), readState)),
    ...(environment === GLOBAL ? newEnvironments(programs, config) : []),
  ];
}

/** Settings of {@link reportsOn}. */
export interface ReportsProps extends Pick<PlanEnvironmentsProps, "config" | "environment"> {
  /** What the pull request allows to be destroyed. */
  readonly approval: DestroyApproval;
  /** Page of the job that plans. @default - a person's machine does */
  readonly jobUrl?: string;
  /** What becomes of Helm releases. @default - nobody looked */
  readonly renderings?: Renderings;
}

/** A report on the plans for each environment, or for the one that is named. */
export function reportsOn(
  { base, comparison, differences, head }: Pick<Programs, "base" | "comparison" | "differences" | "head">,
  plans: readonly StackPlan[],
  props: ReportsProps,
): readonly PlanReport[] {
  const { approval, config, environment, jobUrl, renderings } = props;
  const synthesized = { base: jsonOf(base.stacks), head: jsonOf(head.stacks) };
  const pinned = base.pinned && head.pinned && { base: base.pinned, head: head.pinned };
  const changed = differences.filter(({ change }) => change !== "unchanged");
  const touched = [...new Set(changed.map(({ stack }) => ownerIn(config, stack)))];
  return ownersOf(props).map((owner) => {
    const stacks = plans.filter(({ stack }) => environment !== undefined || ownerIn(config, stack) === owner);
    const findings = findGuarded({ stacks, synthesized, pinned });
    return buildReport({
      environment: owner,
      base: { ref: comparison.ref, commit: comparison.base },
      head: { ref: headName(comparison), commit: comparison.head },
      stacks,
      facts: { base: base.facts, head: head.facts ?? { stacks: {} } },
      synthesized,
      runbookUrl: config.global.runbookUrl,
      verdict: judge(
        findings,
        approvalFor(approval, (stack) => ownerIn(config, stack) === owner),
      ),
      jobUrl,
      touched,
      renderings,
    });
  });
}

function headName({ uncommitted }: Comparison): string {
  return uncommitted.length === 0 ? "HEAD" : `HEAD and ${counted(uncommitted.length, "file")} not committed`;
}

function ownersOf({ config, environment }: Pick<PlanEnvironmentsProps, "config" | "environment">): readonly string[] {
  return environment === undefined ? plannable(config) : [environment];
}

/** What a pull request allows in one environment. What it allows elsewhere is judged there, and approves nothing here. */
function approvalFor(approval: DestroyApproval, isHere: (stack: string) => boolean): DestroyApproval {
  const allowances = approval.allowances.filter(({ stack }) => stack !== undefined && isHere(stack));
  const isElsewhere = allowances.length === 0 && approval.allowances.length > 0;
  return isElsewhere ? { allowances: [], refusals: [] } : { ...approval, allowances };
}

/** The environment that a stack belongs to; what belongs to none any more is told with `global`. */
function ownerIn(config: Config, stack: string): string {
  const owner = stackOwner(stack);
  return plannable(config).includes(owner) ? owner : GLOBAL;
}

function jsonOf(stacks: readonly ManifestStack[]): SynthesizedStacks {
  return Object.fromEntries(
    stacks.map(({ directory, name }) => [
      name,
      (readJson(path.join(directory, "cdk.tf.json")) ?? {}) as Record<string, unknown>,
    ]),
  );
}

type PlanStacksProps = PlanEnvironmentsProps & { readonly readState: ReadState };

async function planStacks(
  { differences, folder, head }: PlannedPrograms,
  owners: readonly string[],
  { children, config, env, environment, readState }: PlanStacksProps,
): Promise<readonly StackPlan[]> {
  const isCloud = deploymentFor(config.global, env).kind === "cloud";
  const display = new ProgressDisplay();
  try {
    const planner = new Planner({
      stacks: head.stacks,
      differences,
      folder,
      env: terraformEnvironment(env),
      children,
      readState,
      // These credentials are of one account.
      isOffline: (stack) => isCloud && environment !== undefined && ownerIn(config, stack) !== environment,
      progress: (stack, phase) => {
        const startedAt = Date.now();
        display.update({ stack, phase, startedAt });
        return (progress) => display.update({ stack, phase, startedAt, progress });
      },
      done: ({ outcome, seconds, stack }) => display.finish(stack, `${outcome.kind} in ${seconds.toFixed(0)} s`),
    });
    const names = head.stacks.map(({ name }) => name).filter((name) => owners.includes(ownerIn(config, name)));
    const touched = planner.touched(names).map((stack) => ownerIn(config, stack));
    const { problem } = touched.length === 0 ? {} : await usableTerraform(env);
    if (problem !== undefined) throw new RefusedError(problem);
    for (const owner of owners) if (isCloud && touched.includes(owner)) await assertSignedIn(config, owner, env);
    return await planner.plan(names);
  } finally {
    display.close();
  }
}

async function assertSignedIn({ environments, global }: Config, owner: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { account } = environments.find(({ name }) => name === owner) ?? global;
  const asked = { environment: owner, ...account };
  await assertAccount(new CallerIdentity(asked, env), asked);
}

/** The stacks that the program has no more: nothing plans them, and nothing takes away what they made. */
async function gonePlans(
  { base, differences }: PlannedPrograms,
  isMeant: (stack: string) => boolean,
  readState: ReadState,
): Promise<readonly StackPlan[]> {
  const gone = differences.filter(({ change }) => change === "gone").map(({ stack }) => stack);
  return Promise.all(
    base.stacks
      .filter(({ name }) => gone.includes(name) && isMeant(name))
      .map(async ({ directory, name }): Promise<StackPlan> => {
        const json = readJson(path.join(directory, "cdk.tf.json")) as {
          readonly terraform: { readonly backend: Backend };
        };
        const { lock, state } = await readState(json.terraform.backend);
        const addresses = (state?.resources ?? [])
          .filter(({ mode }) => mode === "managed")
          .map((resource) => `${resource.type}.${resource.name}`);
        return {
          stack: name,
          change: "gone",
          outcome: { kind: "not affected" },
          notPlanned:
            addresses.length === 0
              ? []
              : [
                  {
                    what: `${addresses.length} resources that ${name} has made`,
                    reason: "the program has no such stack any more; what it made stays, and nobody looks after it",
                    addresses,
                    next: `destroy it first, from a checkout that has it: ${cdktf("destroy", name).command}`,
                    fails: true,
                  },
                ],
          lock,
          seconds: 0,
        };
      }),
  );
}

/** The stacks of an environment that base does not know: the jobs that plan are those of base, and none of them is signed in there. */
function newEnvironments({ base, differences }: PlannedPrograms, config: Config): readonly StackPlan[] {
  const known = new Set(base.stacks.map(({ name }) => ownerIn(config, name)));
  return differences
    .filter(({ change, stack }) => change === "new" && !known.has(ownerIn(config, stack)))
    .map(({ added, stack }) => ({
      stack,
      change: "new",
      outcome: { kind: "not affected" },
      notPlanned: [
        {
          what: `all ${added.length} resources of ${stack}`,
          reason: `the environment ${ownerIn(config, stack)} is new, and no job is signed in to its account before it is merged`,
          addresses: added,
          next: `sign in to its account: npx opsdx plan ${ownerIn(config, stack)}`,
        },
      ],
      seconds: 0,
    }));
}

/** The person's environment, with nothing in it that leads Terraform elsewhere, and one folder for the providers of all stacks. */
function terraformEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => name.startsWith("TF_VAR_") || !leadsTerraformAstray(name));
  const providers = path.join(userCache(env), "providers");
  // Terraform does not make it.
  mkdirSync(providers, { recursive: true });
  return {
    TF_PLUGIN_CACHE_DIR: providers,
    ...Object.fromEntries(kept),
    TF_IN_AUTOMATION: "1",
  };
}
