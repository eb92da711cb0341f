import type { Judged } from "../guard/judge";
import type { Piece } from "./fit";
import { RANKS } from "./markdown-head";
import { code, codeBlock, prose } from "./markdown-text";
import type { PlanReport } from "./model";
import { threatText, verdictText } from "./words";

/** What the guard says, blocked first: each address is named, whatever is cut. */
export function guardPieces({ guard: { judged }, stacks }: PlanReport): readonly Piece[] {
  if (judged.length === 0) return [];
  const detailed = new Set(stacks.flatMap(({ losses, stack }) => losses.map(({ address }) => `${stack}:${address}`)));
  const order = ["blocked", "allowed", "free"] as const;
  const sorted = [...judged].sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  return [
    { variants: ["\n### What is stateful"] },
    ...sorted.map((one) => judgedPiece(one, one.finding.threat !== "disarm" && detailed.has(placeOf(one)))),
  ];
}

function judgedPiece(judged: Judged, isDetailed: boolean): Piece {
  const { because, lost, move } = judged.finding;
  const { line, state } = judged;
  const named = `- **${state === "blocked" ? "BLOCKED: " : ""}${threatText(judged.finding)}** ${code(placeOf(judged))}`;
  const short = `${named}: ${prose(verdictText(judged))}${line === undefined ? "" : `: ${code(line)}`}`;
  const lines = [
    // What forces a replacement and what is lost stands with the stack's changes.
    ...(isDetailed ? [] : [`  - lost with it: ${prose(lost)}`, ...because.map((one) => `  - ${prose(one)}`)]),
    ...(move === undefined
      ? []
      : [
          `  - it stands under a new address, ${code(move.to)} (the same ${code(move.same)}): keep it with ${code(move.program)}, which writes`,
          codeBlock(move.block.split("\n"), "hcl", "    "),
        ]),
  ];
  return {
    variants: [[short, ...lines].join("\n"), short, named],
    rank: RANKS.guardDetails,
    what: "what the guard says of single resources",
    stack: judged.finding.stack,
  };
}

function placeOf({ finding: { address, stack } }: Judged): string {
  return `${stack}:${address}`;
}
