import type { ResourceModel, StackModel } from "./model";

/** What a rule says about one resource. */
export interface Violation {
  /** The resource. */
  readonly resource: ResourceModel;
  /** What is wrong with it, in a few words. */
  readonly problem: string;
  /** Which of the rule's `about` it is. @default - none: the rule has no `about` */
  readonly about?: string;
}

/** A rule that every synthesized stack must satisfy. */
export interface Rule {
  /** Id, as cdk-nag names it in its HIPAA.Security pack where it comes from there. */
  readonly id: string;
  /** What the rule rests on: a HIPAA section, or this program's own document. */
  readonly citation: string;
  /** How to satisfy it. */
  readonly fix: string;
  /**
   * What a finding can be about, where one resource can have several that are accepted one by one: the id of such a finding,
   * and of its acknowledgement, is `<id>[<about>]`.
   * @default - a resource has one finding at most
   */
  readonly about?: readonly string[];
  /** Finds the violations in a stack. */
  readonly check: (stack: StackModel) => readonly Violation[];
}

/** The id of a rule's finding: what an acknowledgement names. */
export function findingId(rule: string, about: string | undefined): string {
  return about === undefined ? rule : `${rule}[${about}]`;
}

/** A rule that looks at the resources of some types one at a time: `problem` says what is wrong, or nothing. */
export function resourceRule(
  rule: Omit<Rule, "check"> & {
    readonly types: readonly string[];
    readonly problem: (resource: ResourceModel, stack: StackModel) => string | undefined;
  },
): Rule {
  const { types, problem, ...facts } = rule;
  return {
    ...facts,
    check: (stack) =>
      stack.ofType(...types).flatMap((resource) => {
        const found = problem(resource, stack);
        return found === undefined ? [] : [{ resource, problem: found }];
      }),
  };
}
