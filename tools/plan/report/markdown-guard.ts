import { APPROVAL_LABEL } from "../../github/approval";
import type { Judged } from "../guard/judge";
import { weightOf } from "../guard/stateful";
import type { Piece } from "./fit";
import { RANKS } from "./markdown-head";
import { code, codeBlock, prose } from "./markdown-text";
import type { PlanReport } from "./model";
import { counted, threatText, verdictText } from "./words";

/** What the guard says of one thing, in the order of findings: it may be replaced and disarmed at once. */
type JudgedThing = readonly [Judged, ...Judged[]];

/** What the guard says, blocked first: each address is named, whatever is cut. */
export function guardPieces({ guard: { judged }, stacks }: PlanReport): readonly Piece[] {
  if (judged.length === 0) return [];
  const detailed = new Set(stacks.flatMap(({ losses, stack }) => losses.map(({ address }) => `${stack}:${address}`)));
  const things = thingsOf(judged).sort((one, other) => orderOf(one) - orderOf(other));
  const lines = [...new Set(judged.flatMap(({ line }) => (line === undefined ? [] : [line])))];
  return [
    { variants: ["\n### What is stateful\n"] },
    ...things.map((thing) => thingPiece(thing, detailed)),
    ...(lines.length === 0 ? [] : [allowancePiece(lines)]),
  ];
}

function thingsOf(judged: readonly Judged[]): JudgedThing[] {
  const found = new Map<string, [Judged, ...Judged[]]>();
  for (const one of judged) {
    const known = found.get(placeOf(one));
    if (known === undefined) found.set(placeOf(one), [one]);
    else known.push(one);
  }
  return [...found.values()];
}

/** Blocked before allowed before free; then what cannot be made again, what is certain, and what is lost rather than disarmed. */
function orderOf(thing: JudgedThing): number {
  const states = ["blocked", "allowed", "free"] as const;
  const least = (of: (one: Judged) => number): number => Math.min(...thing.map(of));
  return (
    least(({ state }) => states.indexOf(state)) * 100 +
    weightOf(thing[0].finding.type) * 10 +
    least((one) => Number(!one.finding.certain) * 2 + disarms(one))
  );
}

function disarms({ finding }: Judged): 0 | 1 {
  return finding.threat === "disarm" ? 1 : 0;
}

function thingPiece(thing: JudgedThing, detailed: ReadonlySet<string>): Piece {
  const [first] = thing;
  const blocked = thing.some(({ state }) => state === "blocked");
  const lossFirst = [...thing].sort((one, other) => disarms(one) - disarms(other));
  const threats = lossFirst.map(({ finding }) => threatText(finding)).join(", ");
  const named = `- **${blocked ? "BLOCKED: " : ""}${threats}** ${code(placeOf(first))}`;
  const short = `${named}: ${prose([...new Set(thing.map(verdictText))].join("; "))}`;
  // What forces a replacement and what is lost stands with the stack's changes.
  const isTold = ({ finding: { threat } }: Judged): boolean => threat !== "disarm" && detailed.has(placeOf(first));
  const moves = thing.flatMap(({ finding: { move } }) => (move === undefined ? [] : [move]));
  const lines = [
    ...(thing.some(isTold) ? [] : [`  - lost with it: ${prose(first.finding.lost)}`]),
    ...thing.flatMap((one) => (isTold(one) ? [] : one.finding.because.map((because) => `  - ${prose(because)}`))),
    ...moves.flatMap((move) => [
      `  - it stands under a new address, ${code(move.to)} (the same ${code(move.same)}): keep it with ${code(move.program)}, which writes`,
      codeBlock(move.block.split("\n"), "hcl", "    "),
    ]),
  ];
  return {
    variants: [[short, ...lines].join("\n"), short, named],
    rank: RANKS.guardDetails,
    what: "what the guard says of single resources",
    stack: first.finding.stack,
  };
}

/** The lines that allow it, to be copied. */
function allowancePiece(lines: readonly string[]): Piece {
  const how = `\nWhat is meant is allowed by ${lines.length === 1 ? "this line" : "its line"} in the pull request's text, with the reason, and the label ${code(APPROVAL_LABEL)}, set by somebody who may write here and wrote none of this.`;
  return {
    variants: [
      `${how}\n\n${codeBlock(lines, "")}`,
      `${how} It reads ${code("allow-destroy: <stack>:<address> <reason>")}.`,
    ],
    rank: RANKS.allowances,
    what: `${counted(lines.length, "line")} that would allow what is blocked`,
  };
}

function placeOf({ finding: { address, stack } }: Judged): string {
  return `${stack}:${address}`;
}
