import { loadConfig } from "../../config/load";
import { StackModel } from "../../constructs/shared/policy/model";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";

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
