import type { Construct, IConstruct } from "../cdktf";

/** Metadata key under which acknowledgements stand on a node. */
export const ACKNOWLEDGE_METADATA = "opsdx:acknowledge";

/** A finding that was looked at and accepted. */
export interface Acknowledgement {
  /** Id of the rule. */
  readonly rule: string;
  /** Why it is acceptable, and what compensates for it. */
  readonly reason: string;
}

/**
 * Accepts a rule's findings on a construct and everything below it.
 * @throws Error when no reason is given
 */
export function acknowledge(scope: Construct, rule: string, reason: string): void {
  if (reason.trim().length < 20) {
    throw new Error(
      `${scope.node.path}: acknowledge(${rule}) needs a reason of at least 20 characters, got "${reason}"`,
    );
  }
  scope.node.addMetadata(ACKNOWLEDGE_METADATA, { rule, reason } satisfies Acknowledgement);
}

/** The acknowledgement that covers a rule on a construct: its own, or the nearest ancestor's. */
export function acknowledgementOf(construct: IConstruct, rule: string): Acknowledgement | undefined {
  for (const ancestor of [...construct.node.scopes].reverse()) {
    for (const { type, data } of ancestor.node.metadata) {
      if (type === ACKNOWLEDGE_METADATA && (data as Acknowledgement).rule === rule) return data as Acknowledgement;
    }
  }
  return undefined;
}
