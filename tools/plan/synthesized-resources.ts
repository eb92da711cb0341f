import { StackModel, type ResourceModel } from "../../constructs/shared/policy/model";

/** A stack's synthesized Terraform JSON (`cdk.tf.json`). */
export type SynthesizedJson = Readonly<Record<string, unknown>>;

/** Synthesized stacks, by name. */
export type SynthesizedStacks = Readonly<Record<string, SynthesizedJson>>;

/** The resources of a synthesized stack, by address; none where there is no such stack. */
export function synthesizedResources(stacks: SynthesizedStacks, stack: string): ReadonlyMap<string, ResourceModel> {
  const json = Object.hasOwn(stacks, stack) ? stacks[stack] : undefined;
  const resources = json === undefined ? [] : new StackModel(stack, json).resources;
  return new Map(resources.map((resource) => [resource.address, resource]));
}

/** Where a synthesized stack moves things: the earlier address by the new one. */
export function synthesizedMoves(stacks: SynthesizedStacks, stack: string): ReadonlyMap<string, string> {
  const json = Object.hasOwn(stacks, stack) ? stacks[stack] : undefined;
  const moves = (json?.["moved"] ?? []) as readonly { readonly from: string; readonly to: string }[];
  return new Map(moves.map(({ from, to }) => [to, from]));
}
