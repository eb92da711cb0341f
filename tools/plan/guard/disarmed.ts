import type { Shown } from "../shown-value";
import { judgeRule, type Disarmed } from "./disarm-rule";
import { DISARM_RULES } from "./disarm-rules";
import type { Finding } from "./findings";
import { statefulType } from "./stateful";

/** What is said to be lost with what no list knows. */
export const KEEPS = "what it keeps";

/** What the rules say of a resource that stays: none or one finding, with all that protects it no longer. */
export function disarmed(
  facts: Pick<Finding, "address" | "stack" | "type">,
  before: Shown | undefined,
  after: Shown | undefined,
): readonly Finding[] {
  const rules = Object.hasOwn(DISARM_RULES, facts.type) ? (DISARM_RULES[facts.type] ?? []) : [];
  const found = rules.map((rule) => judgeRule(rule, before, after)).filter((one): one is Disarmed => one !== undefined);
  if (found.length === 0) return [];
  return [
    {
      ...facts,
      threat: "disarm",
      certain: found.some(({ certain }) => certain),
      lost: statefulType(facts.type)?.lost ?? KEEPS,
      because: found.map(({ certain, text }) => (certain ? text : `may be: ${text}`)),
    },
  ];
}
