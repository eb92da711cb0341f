import type { Judged } from "../guard/judge";
import type { Piece } from "./fit";
import { RANKS } from "./markdown-head";
import { code, codeBlock, prose } from "./markdown-text";
import type { PlanReport } from "./model";
import { judgedText } from "./words";

/** What the guard says, blocked first: each address is named, whatever is cut. */
export function guardPieces({ guard: { judged, problems } }: PlanReport): readonly Piece[] {
  if (judged.length === 0 && problems.length === 0) return [];
  const order = ["blocked", "allowed", "free"] as const;
  const sorted = [...judged].sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  return [{ variants: ["\n### What is stateful"] }, ...sorted.map(judgedPiece)];
}

function judgedPiece(judged: Judged): Piece {
  const { because, lost, move } = judged.finding;
  const place = code(`${judged.finding.stack}:${judged.finding.address}`);
  const state = judged.state === "blocked" ? "**BLOCKED** " : "";
  const short = `- ${state}${place} ${prose(judgedText(judged).replace("BLOCKED: ", ""))}`;
  const lines = [
    `  - lost with it: ${prose(lost)}`,
    ...because.map((one) => `  - ${prose(one)}`),
    ...(move === undefined
      ? []
      : [
          `  - it stands under a new address, ${code(move.to)} (the same ${code(move.same)}): keep it with ${code(move.program)}, which writes`,
          codeBlock(move.block.split("\n"), "hcl", "    "),
        ]),
  ];
  return {
    variants: [[short, ...lines].join("\n"), short, `- ${state}${place}`],
    rank: RANKS.guardDetails,
    what: "what the guard says of single resources",
    stack: judged.finding.stack,
  };
}
