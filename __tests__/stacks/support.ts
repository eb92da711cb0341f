import { loadConfig } from "../../config/load";
import { StackModel } from "../../constructs/policy/model";
import { deploymentFor, type Deployment } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";

const config = loadConfig();

/** Every stack of the program, rendered for real accounts unless told otherwise. */
export function renderProgram(deployment: Deployment = deploymentFor(config.global, {})): readonly StackModel[] {
  return buildProgram(config, deployment).stacks.map((stack) => {
    stack.prepareStack();
    stack.runAllValidations();
    return new StackModel(stack.node.id, stack.toTerraform());
  });
}
