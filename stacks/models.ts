import { StackModel } from "../constructs/shared/policy/model";
import type { BaseStack } from "./base-stack";

/** The stacks of a program, each with its model as the policy rules read it: it knows what the others hang on it. */
export function modelsOf(stacks: readonly BaseStack[]): readonly (readonly [BaseStack, StackModel])[] {
  const models = stacks.map((stack) => [stack, new StackModel(stack.node.id, stack.declaredTerraform())] as const);
  StackModel.link(models.map(([, model]) => model));
  return models;
}
