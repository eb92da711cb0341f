import { RefusedError } from "../../../config/explained-error";
import type { IConstruct, TerraformStack } from "../cdktf";
import { acknowledgementOf, acknowledgementsOn, type Acknowledgement } from "./acknowledge";
import type { StackModel } from "./model";
import { findingId, type Rule } from "./rule";
import { RULES } from "./rules";

export { RULES };

/** A violation with everything needed to act on it. */
export interface Finding {
  /** Id of the rule, with what it is about where the rule tells apart: what `acknowledge` takes. */
  readonly rule: string;
  /** What the rule rests on. */
  readonly citation: string;
  /** How to satisfy the rule. */
  readonly fix: string;
  /** Path of the construct, starting with the stack. */
  readonly path: string;
  /** Address of the resource in Terraform. */
  readonly address: string;
  /** What is wrong with it, in a few words. */
  readonly problem: string;
  /** Why it is accepted. @default - not acknowledged: synth fails */
  readonly acknowledged?: string;
  /** Path of the construct that carries the acknowledgement. @default - not acknowledged */
  readonly acknowledgedOn?: string;
}

/** An acknowledgement that covers no finding: it would hide the next one. */
export interface StaleAcknowledgement {
  /** Id of the rule, or of the finding, that it names. */
  readonly rule: string;
  /** The reason that it gives. */
  readonly reason: string;
  /** Path of the construct that carries it. */
  readonly path: string;
}

/** Thrown when a finished tree breaks rules; carries every finding of every stack at once. */
export class PolicyError extends RefusedError {
  public constructor(public readonly findings: readonly Finding[]) {
    super(
      [
        `${findings.length} policy finding${findings.length === 1 ? "" : "s"}. Fix each, or acknowledge(scope, rule, reason) beside the construct:`,
        ...findings.map(
          ({ path, rule, citation, problem, address, fix }) =>
            `  ${path}: ${rule} (${citation}): ${address} ${problem}; fix: ${fix}`,
        ),
      ].join("\n"),
    );
  }
}

/** All findings of one stack, acknowledged ones included. */
export function findings(stack: TerraformStack, model: StackModel, rules: readonly Rule[] = RULES): Finding[] {
  const violations = rules.flatMap((rule) => rule.check(model).map((violation) => ({ rule, ...violation })));
  return violations.map(({ rule: { id: ruleId, citation, fix }, resource, problem, about }) => {
    const id = findingId(ruleId, about);
    const acknowledgement = acknowledgementOf(constructAt(stack, resource.path), id);
    return {
      rule: id,
      citation,
      fix,
      path: resource.path,
      address: resource.address,
      problem,
      acknowledged: acknowledgement?.reason,
      acknowledgedOn: acknowledgement?.scope.node.path,
    };
  });
}

/** The acknowledgement that covers a rule, or a finding of it, on what stands at a path of the stack. */
export function acknowledgementAt(stack: TerraformStack, path: string, rule: string): Acknowledgement | undefined {
  return acknowledgementOf(constructAt(stack, path), rule);
}

/** The construct at a path, or the nearest above it that exists. */
function constructAt(stack: TerraformStack, path: string): IConstruct {
  let construct: IConstruct = stack;
  for (const id of path.split("/").slice(1)) construct = construct.node.tryFindChild(id) ?? construct;
  return construct;
}

/** The stack's acknowledgements that cover none of its findings. */
export function staleAcknowledgements(stack: TerraformStack, found: readonly Finding[]): StaleAcknowledgement[] {
  const used = new Set(found.map(({ rule, acknowledgedOn }) => `${rule} ${acknowledgedOn ?? ""}`));
  return stack.node
    .findAll()
    .flatMap((construct) =>
      acknowledgementsOn(construct).map((acknowledgement) => ({ ...acknowledgement, path: construct.node.path })),
    )
    .filter(({ rule, path }) => !used.has(`${rule} ${path}`));
}
