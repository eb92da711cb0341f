import path from "node:path";
import { instanceGroups, type KopsClusterSpec } from "../../constructs/stage2/kops/spec";
import { RefusedError } from "../../config/explained-error";
import { addressesIn, StackModel, type ResourceModel } from "../../constructs/shared/policy/model";
import { CommandError } from "../command-error";
import type { Children } from "../terraform/children";
import { shellWord } from "../shell-word";

/** One command of an upgrade. */
export interface UpgradeStep {
  /** What it does, and why at this point. */
  readonly title: string;
  /** Program. */
  readonly file: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Arguments that only a run without questions adds. @default - none */
  readonly unattended?: readonly string[];
}

/** Settings of {@link upgradeSteps}. */
export interface UpgradeProps {
  /** The cluster that is upgraded. */
  readonly spec: KopsClusterSpec;
  /** The synthesized stack that declares the cluster. */
  readonly stack: StackModel;
  /** Folder of the stack's `cdk.tf.json`. */
  readonly directory: string;
  /** The kops binary. */
  readonly kops: string;
}

/**
 * The two-phase upgrade: nodes may never run a newer Kubernetes than the control planes, so node groups keep their launch templates, and
 * the boot files that match those, until every control plane is replaced.
 * @see https://kubernetes.io/releases/version-skew-policy/
 */
export function upgradeSteps({ spec, stack, directory, kops }: UpgradeProps): readonly UpgradeStep[] {
  const terraform = (title: string, ...args: string[]): UpgradeStep => ({
    title,
    file: "terraform",
    args: [`-chdir=${directory}`, ...args],
    unattended: args[0] === "apply" ? ["-input=false", "-auto-approve"] : ["-input=false"],
  });
  const roll = (title: string, ...args: string[]): UpgradeStep => ({
    title,
    file: kops,
    args: ["rolling-update", "cluster", "--name", spec.name, "--state", `s3://${spec.stateBucket}`, "--yes", ...args],
  });
  const targets = controlPlaneTargets(stack, spec).map((address) => `-target=${address}`);
  return [
    terraform("Get the stack ready.", "init"),
    terraform(
      `Apply all of ${spec.name} but its node groups and their boot files (${targets.length} targets).`,
      "apply",
      ...targets,
    ),
    roll("Replace the control planes, one after the other.", "--instance-group-roles", "control-plane,apiserver"),
    terraform(`Apply the rest of ${stack.name}.`, "apply"),
    roll("Replace the nodes, group by group, drained first."),
  ];
}

/**
 * Addresses of everything of a cluster that may change before its node groups do: all but the node groups, the configuration that
 * their booting nodes read, and whatever refers to one of these, since Terraform would apply those along with it.
 */
export function controlPlaneTargets(stack: StackModel, spec: KopsClusterSpec): readonly string[] {
  const groups = instanceGroups(spec);
  const root = parentOf(parentOf(autoScalingGroup(stack, groups[0]?.autoScalingGroup ?? "").path));
  const nodeGroups = groups
    .filter(({ role }) => role === "node")
    .map((group) => `${parentOf(autoScalingGroup(stack, group.autoScalingGroup).path)}/`);
  const own = stack.resources.filter(({ path: place }) => place.startsWith(`${root}/`));
  const waiting = new Set(
    own
      .filter(
        ({ path: place, type, body }) =>
          nodeGroups.some((group) => place.startsWith(group)) ||
          (type === "aws_s3_object" && String(body["key"]).includes("/igconfig/node/")),
      )
      .map(({ address }) => address),
  );
  for (let size = 0; size < waiting.size;) {
    size = waiting.size;
    for (const { address, body } of own) {
      if (addressesIn(body).some((reference) => waiting.has(reference))) waiting.add(address);
    }
  }
  return own
    .map(({ address }) => address)
    .filter((address) => !waiting.has(address))
    .sort();
}

function autoScalingGroup(stack: StackModel, name: string): ResourceModel {
  const found = stack.ofType("aws_autoscaling_group").find(({ body }) => body["name"] === name);
  if (found === undefined) {
    throw new RefusedError(`${stack.name} must declare the auto scaling group ${name}, got none: synthesize it again`);
  }
  return found;
}

function parentOf(place: string): string {
  return path.posix.dirname(place);
}

/** The steps as a person reads and pastes them. */
export function upgradeText(steps: readonly UpgradeStep[]): string {
  return steps.map((step, index) => `# ${index + 1}. ${step.title}\n${commandLine(step)}`).join("\n\n");
}

/** A command as a POSIX shell takes it, one line for each target. */
function commandLine({ file, args }: UpgradeStep): string {
  const quoted = [file, ...args].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word)));
  const targets = quoted.filter((word) => word.startsWith("-target="));
  const line = quoted.filter((word) => !word.startsWith("-target=")).join(" ");
  return [line, ...targets.map((target) => `  ${target}`)].join(" \\\n");
}

/** Settings of {@link performUpgrade}. */
export interface PerformProps {
  /** Where processes are started. */
  readonly children: Children;
  /** Their whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Told what happens next. */
  readonly say: (line: string) => void;
}

/**
 * Performs the steps, and stops at the first that fails.
 * @throws CommandError with what is left to do
 */
export async function performUpgrade(
  steps: readonly UpgradeStep[],
  { children, env, say }: PerformProps,
): Promise<void> {
  const stopped = (done: number): CommandError =>
    new CommandError(
      `Stopped: ${done} of ${steps.length} steps are done. Run the same command again, or go on by hand:\n\n${upgradeText(steps.slice(done))}`,
    );
  for (const [index, step] of steps.entries()) {
    if (children.isInterrupted()) throw stopped(index);
    say(`${index + 1}/${steps.length} ${step.title}`);
    const { file, args, unattended = [] } = step;
    const { exitCode } = await children.finish(file, [...args, ...unattended], {
      env,
      extendEnv: false,
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
    });
    if (exitCode === 0) continue;
    if (children.isInterrupted()) throw stopped(index);
    throw new CommandError(
      `step ${index + 1} of ${steps.length} failed (${file}: ${Number.isInteger(exitCode) ? `exit code ${exitCode}` : "could not be run to its end"}). ` +
        "What came before is done and stays. Mend the cause, then run the same command again: finished steps find nothing to do. " +
        `Or go on by hand:\n\n${upgradeText(steps.slice(index))}`,
    );
  }
}
