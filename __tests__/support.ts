import { Testing, type TerraformStack } from "../constructs/shared/cdktf";
import { StackModel, type ResourceModel } from "../constructs/shared/policy/model";
import { findings, type Finding } from "../constructs/shared/policy/policy";
import type { Cluster } from "../constructs/shared/kubernetes/cluster";
import { partsOf, type Step } from "../constructs/shared/observability/steps";
import { BaseStack } from "../stacks/base-stack";

/** Account that unit tests synthesize for. */
export const TEST_ACCOUNT = { id: "123456789012", region: "us-east-1" } as const;

/** A synthesized stack with what tests ask of it. */
export class Synthesized extends StackModel {
  public constructor(
    private readonly stack: TerraformStack,
    json: Record<string, unknown>,
  ) {
    super(stack.node.id, json);
  }

  /** Policy findings, acknowledged ones included. */
  public findings(): Finding[] {
    return findings(this.stack, this);
  }

  /** The only resource of a type whose arguments contain `match`; fails with the candidates otherwise. */
  public one(type: string, match: Record<string, unknown> = {}): ResourceModel {
    const all = this.ofType(type);
    const hits = all.filter(({ body }) =>
      Object.entries(match).every(([key, value]) => JSON.stringify(body[key]) === JSON.stringify(value)),
    );
    if (hits.length !== 1 || hits[0] === undefined) {
      throw new Error(
        `expected one ${type} with ${JSON.stringify(match)}, found ${hits.length} of ${all.length}:\n${all
          .map(({ address, body }) => `${address} ${JSON.stringify(body)}`)
          .join("\n")}`,
      );
    }
    return hits[0];
  }
}

/** Prepares, validates and renders a finished stack. */
export function render(stack: BaseStack): Synthesized {
  stack.prepareStack();
  stack.runAllValidations();
  return new Synthesized(stack, stack.toTerraform());
}

/** The providers of a cluster of a test. */
export function providersOf(stack: BaseStack, cluster: string): Pick<Cluster, "helm" | "kubernetes"> {
  return stack.clusterProviders(cluster, {
    name: `${cluster}.test.opsdx.io`,
    apiEndpoint: `https://api.${cluster}.test.opsdx.io`,
    certificateAuthority: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
  });
}

/** Builds something in a fresh stack, then prepares, validates and renders it. */
export function synth(build: (stack: BaseStack) => void): Synthesized {
  const app = Testing.app({
    context: { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" },
  });
  const stack = new BaseStack(app, "test", {
    owner: "test",
    account: TEST_ACCOUNT,
    deployment: { kind: "cloud", stateBucket: "test-state", stateAccount: TEST_ACCOUNT },
  });
  build(stack);
  return render(stack);
}

/** Whether a step holds a command. */
export function hasCommand(step: Step): boolean {
  return partsOf(step).some((part) => typeof part !== "string");
}

/** A step of the runbook as one text, commands included. */
export function stepText(step: Step): string {
  return partsOf(step)
    .map((part) => (typeof part === "string" ? part : part.command))
    .join(" ");
}
