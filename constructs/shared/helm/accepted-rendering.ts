import { closest } from "fastest-levenshtein";
import type { Construct, IConstruct } from "../cdktf";
import { RENDERED_RULES, type RenderedRule } from "../policy/rendered/rules";

/** A finding of `opsdx charts check` that was looked at and accepted. */
export interface AcceptedRendering {
  /** The rule. */
  readonly rule: RenderedRule;
  /**
   * What it is accepted on: `<kind>/<object>`, `<kind>/<object>/<container>`, or the path of a value, `config.oidc.scopes`. A `*` stands
   * for any part of it.
   */
  readonly on: string;
  /** Why it is acceptable, and what compensates for it. */
  readonly reason: string;
}

/** Metadata key under which they stand on the release. */
const METADATA = "opsdx:accepted-rendering";

const NEVER = Object.entries(RENDERED_RULES).flatMap(([id, rule]) => ("never" in rule ? [id] : []));

/** What is wrong with acceptances. */
export function acceptedFaults(accepted: readonly AcceptedRendering[] = []): readonly string[] {
  return accepted.flatMap(({ on, reason, rule }, index) => [
    ...(rule in RENDERED_RULES ? [] : [`accepted[${index}].rule must be a rule, got "${rule}"; ${nearest(rule)}`]),
    ...(NEVER.includes(rule) ? [`accepted[${index}]: ${rule} cannot be accepted: mend what it finds on ${on}`] : []),
    ...(reason.trim().length < 20
      ? [`accepted[${index}] (${rule} on ${on}) needs a reason of at least 20 characters, got "${reason}"`]
      : []),
    ...(/^[*/]*$/.test(on) ? [`accepted[${index}].on must name something, got "${on}"`] : []),
  ]);
}

const nearest = (rule: string): string => `the nearest is "${closest(rule, Object.keys(RENDERED_RULES))}"`;

/** Puts acceptances on a release, where the facts of the program have them from. */
export function acceptRendered(release: Construct, accepted: readonly AcceptedRendering[] = []): void {
  for (const one of accepted) release.node.addMetadata(METADATA, one);
}

/** The acceptances that stand on this very construct. */
export function acceptedOn(construct: IConstruct): readonly AcceptedRendering[] {
  return construct.node.metadata.filter(({ type }) => type === METADATA).map(({ data }) => data as AcceptedRendering);
}
