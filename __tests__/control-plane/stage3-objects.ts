import { loadConfig } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { manifestsOf } from "../../tools/control-plane/manifests";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";

/** Values of other stacks and of AWS, as far as the API server looks at them. */
function standIn(expression: string): string | undefined {
  if (expression.endsWith(".vpcCidr")) return "10.0.0.0/16";
  // Functions of such a value, too.
  return /^(\w+\()*(data|aws_\w+)\./.test(expression) ? "stand-in" : undefined;
}

/** What `dev-stage3` declares, by the cluster that it is for. */
export function stage3Objects(): Readonly<Record<string, readonly KubernetesObject[]>> {
  const config = loadConfig();
  const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
  const stage3 = stacks.find(({ node }) => node.id === "dev-stage3");
  if (stage3 === undefined) throw new Error("the program has no stack dev-stage3");
  stage3.prepareStack();
  const stack = stage3.toTerraform();
  return Object.fromEntries(manifestsOf({ stack, resolve: standIn }));
}
