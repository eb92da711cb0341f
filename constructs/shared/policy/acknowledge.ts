import { closest } from "fastest-levenshtein";
import type { Construct, IConstruct } from "../cdktf";
import { refuse } from "../props-error";
import { findingId } from "./rule";
import { RULES } from "./rules";

/** Metadata key under which acknowledgements stand on a node. */
export const ACKNOWLEDGE_METADATA = "opsdx:acknowledge";

/** A finding that was looked at and accepted. */
export interface Acknowledgement {
  /** Id of the rule, or `<id>[<about>]` where its findings are accepted one by one. */
  readonly rule: string;
  /** Why it is acceptable, and what compensates for it. */
  readonly reason: string;
}

/** What can be acknowledged: by rule, each with the ids of its findings. */
const FINDING_IDS = new Map(
  RULES.map(({ id, about }) => [id, about === undefined ? [id] : about.map((one) => findingId(id, one))]),
);
const RULE_IDS = [...FINDING_IDS.keys()];
const ALL_IDS = new Set([...FINDING_IDS.values()].flat());

/**
 * Accepts a rule's findings on a construct and everything below it. Where a resource can have several (each alarm that AWS
 * recommends is one), each is named: `RecommendedAlarm[AWS/SQS NumberOfMessagesSent]`.
 * @throws PropsError when there is no such rule or finding, or no reason is given
 */
export function acknowledge(scope: Construct, rule: string, reason: string): void {
  refuse(scope, [
    !ALL_IDS.has(rule) && unknown(rule),
    reason.trim().length < 20 && `acknowledge(${rule}) needs a reason of at least 20 characters, got "${reason}"`,
  ]);
  scope.node.addMetadata(ACKNOWLEDGE_METADATA, { rule, reason } satisfies Acknowledgement);
}

function unknown(rule: string): string {
  const [id = ""] = rule.split("[");
  const ids = FINDING_IDS.get(id) ?? [];
  if (ids.length === 0 || ids.includes(id)) {
    return `acknowledge() needs the id of a policy rule, got "${rule}"; the nearest is "${closest(id, RULE_IDS)}"`;
  }
  return `acknowledge(${id}) needs one of the rule's findings, ${id}[…], got "${rule}"; the nearest is "${closest(rule, ids)}"`;
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
