import { closest } from "fastest-levenshtein";
import type { Construct, IConstruct } from "../cdktf";
import { RULES } from "./rules";

/** Metadata key under which acknowledgements stand on a node. */
export const ACKNOWLEDGE_METADATA = "opsdx:acknowledge";

/** A finding that was looked at and accepted. */
export interface Acknowledgement {
  /** Id of the rule. */
  readonly rule: string;
  /** Why it is acceptable, and what compensates for it. */
  readonly reason: string;
}

const RULE_IDS = new Set(RULES.map(({ id }) => id));

/**
 * Accepts a rule's findings on a construct and everything below it.
 * @throws Error when there is no such rule, or no reason is given
 */
export function acknowledge(scope: Construct, rule: string, reason: string): void {
  if (!RULE_IDS.has(rule)) {
    throw new Error(
      `${scope.node.path}: acknowledge() needs the id of a policy rule, got "${rule}"; the nearest is "${closest(rule, [...RULE_IDS])}"`,
    );
  }
  if (reason.trim().length < 20) {
    throw new Error(
      `${scope.node.path}: acknowledge(${rule}) needs a reason of at least 20 characters, got "${reason}"`,
    );
  }
  scope.node.addMetadata(ACKNOWLEDGE_METADATA, { rule, reason } satisfies Acknowledgement);
}

/** The acknowledgements that stand on this very construct. */
export function acknowledgementsOn(construct: IConstruct): readonly Acknowledgement[] {
  return construct.node.metadata
    .filter(({ type }) => type === ACKNOWLEDGE_METADATA)
    .map(({ data }) => data as Acknowledgement);
}

/** The acknowledgement that covers a rule on a construct, its own or the nearest ancestor's, and where it stands. */
export function acknowledgementOf(
  construct: IConstruct,
  rule: string,
): (Acknowledgement & { readonly scope: IConstruct }) | undefined {
  for (const scope of [...construct.node.scopes].reverse()) {
    const acknowledgement = acknowledgementsOn(scope).find((candidate) => candidate.rule === rule);
    if (acknowledgement !== undefined) return { ...acknowledgement, scope };
  }
  return undefined;
}
