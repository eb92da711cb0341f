import type { TerraformStack } from "../cdktf";
import { acknowledgementOf } from "./acknowledge";
import { StackModel } from "./model";
import type { Rule } from "./rule";
import { s3Rules } from "./rules/s3";

/** Every rule, in the order of the report. */
export const RULES: readonly Rule[] = [...s3Rules];

/** A violation with everything needed to act on it. */
export interface Finding {
  readonly rule: string;
  readonly citation: string;
  readonly fix: string;
  /** Path of the construct, starting with the stack. */
  readonly path: string;
  readonly address: string;
  readonly problem: string;
  /** Why it is accepted. @default - not acknowledged: synth fails */
  readonly acknowledged?: string;
}

/** Thrown when a finished tree breaks rules; carries every finding of every stack at once. */
export class PolicyError extends Error {
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
    this.name = "PolicyError";
  }
}

/** All findings of one stack, acknowledged ones included. */
export function findings(stack: TerraformStack, model: StackModel, rules: readonly Rule[] = RULES): Finding[] {
  const constructs = new Map(stack.node.findAll().map((construct) => [construct.node.path, construct]));
  return rules.flatMap(({ id, citation, fix, check }) =>
    check(model).map(({ resource, problem }) => {
      const construct = constructs.get(resource.path) ?? stack;
      return {
        rule: id,
        citation,
        fix,
        path: resource.path,
        address: resource.address,
        problem,
        acknowledged: acknowledgementOf(construct, id)?.reason,
      };
    }),
  );
}
