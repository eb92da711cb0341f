import { loadConfig } from "../../config/load";
import { StackModel } from "../../constructs/shared/policy/model";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { PINNED_ADDRESSES, type Addresses } from "../../stacks/stateful-addresses";

/** Stacks as Terraform gets them, after their validations. */
export function render(stacks: readonly BaseStack[]): readonly StackModel[] {
  return stacks.map((stack) => {
    stack.prepareStack();
    stack.runAllValidations();
    return new StackModel(stack.node.id, stack.toTerraform());
  });
}

/** Every stack of the program, as real accounts get it. */
export function renderProgram(): readonly StackModel[] {
  const config = loadConfig();
  return render(buildProgram(config, deploymentFor(config.global, {})).stacks);
}

/** What is pinned for `global` and one environment, without what `global` holds for the others. */
export function pinnedWith(environment: string): Addresses {
  const others = loadConfig()
    .environments.filter(({ name }) => name !== environment)
    .map(({ name }) => `.BackupCopies_${name}_`);
  return Object.fromEntries(
    Object.entries(PINNED_ADDRESSES)
      .filter(([stack]) => stack === "global" || stack.startsWith(`${environment}-`))
      .map(([stack, addresses]) => [
        stack,
        addresses.filter((address) => !others.some((other) => address.includes(other))),
      ]),
  );
}
