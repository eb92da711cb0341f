import type { ResourceModel, StackModel } from "./model";

/** What a rule says about one resource. */
export interface Violation {
  /** The resource. */
  readonly resource: ResourceModel;
  /** What is wrong with it, in a few words. */
  readonly problem: string;
}

/** A rule that every synthesized stack must satisfy. */
export interface Rule {
  /** Id, as cdk-nag names it in its HIPAA.Security pack where it comes from there. */
  readonly id: string;
  /** What the rule rests on: a HIPAA section, or this program's own document. */
  readonly citation: string;
  /** How to satisfy it. */
  readonly fix: string;
  /** Finds the violations in a stack. */
  readonly check: (stack: StackModel) => readonly Violation[];
}
