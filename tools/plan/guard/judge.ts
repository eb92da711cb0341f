import { APPROVAL_LABEL, type DestroyApproval } from "../../github/approval";
import type { Finding } from "./findings";

/** Nothing is allowed: what holds where there is no pull request. */
export const NO_APPROVAL: DestroyApproval = { allowances: [], refusals: [] };

/** What the guard says to one finding. */
export interface Judged {
  /** The finding. */
  readonly finding: Finding;
  /** `free` needs nobody's word, `allowed` has it, `blocked` has not. */
  readonly state: "free" | "allowed" | "blocked";
  /** Why it may go. @default - it is blocked */
  readonly reason?: string;
  /** Who approved it. @default - nobody did */
  readonly by?: string;
  /** What is missing. @default - nothing is */
  readonly missing?: string;
  /** The line that allows it, for the pull request's text. @default - it is there, or not needed */
  readonly line?: string;
}

/** What the guard says to a plan. */
export interface Verdict {
  /** Whether the check passes. */
  readonly outcome: "passes" | "blocked";
  /** For each finding. */
  readonly judged: readonly Judged[];
  /** What is wrong beside them: an allowance that allows nothing, a label of somebody who may not set it. */
  readonly problems: readonly string[];
}

/**
 * Holds findings against what a pull request allows. An allowance is exact: it names one address of one stack, and counts only with the
 * label of somebody who may set it. What allows nothing fails, too: it is a mistake, or it waits for a later commit.
 */
export function judge(findings: readonly Finding[], approval: DestroyApproval): Verdict {
  const { allowances, approvedBy, refusals } = approval;
  const stacksOf = (address: string): ReadonlySet<string> =>
    new Set(findings.filter((finding) => finding.address === address).map(({ stack }) => stack));
  const covers = (allowance: DestroyApproval["allowances"][number], { address, stack }: Finding): boolean =>
    allowance.address === address &&
    (allowance.stack === undefined ? stacksOf(address).size === 1 : allowance.stack === stack);
  const judged = findings.map((finding): Judged => {
    const allowance = allowances.find((one) => covers(one, finding) && one.reason.trim() !== "");
    if (allowance !== undefined && approvedBy !== undefined) {
      return { finding, state: "allowed", reason: allowance.reason, by: approvedBy };
    }
    if (finding.free !== undefined) return { finding, state: "free", reason: finding.free };
    return allowance === undefined
      ? {
          finding,
          state: "blocked",
          missing: "nobody allows it",
          line: `allow-destroy: ${finding.stack}:${finding.address} <reason>`,
        }
      : { finding, state: "blocked", missing: `it is allowed, and nobody who may set the label ${APPROVAL_LABEL} did` };
  });
  const problems = [
    ...refusals,
    ...allowances.flatMap((allowance) => {
      const name = allowance.stack === undefined ? allowance.address : `${allowance.stack}:${allowance.address}`;
      if (allowance.reason.trim() === "") return [`the allowance of ${name} must say why, got no reason`];
      const stacks = [...stacksOf(allowance.address)];
      if (allowance.stack === undefined && stacks.length > 1) {
        return [
          `the allowance of ${name} must name the stack, for it stands in ${stacks.join(" and ")}: allow-destroy: ${stacks[0] ?? ""}:${name} <reason>`,
        ];
      }
      if (findings.some((finding) => covers(allowance, finding))) return [];
      return [
        `the allowance of ${name} allows nothing: the plan neither destroys, replaces, forgets nor disarms it; take the line out, or correct the address`,
      ];
    }),
    ...(approvedBy !== undefined && allowances.length === 0
      ? [
          `${approvedBy} set the label, and the pull request's text allows nothing: take the label off, or add allow-destroy: <stack>:<address> <reason>`,
        ]
      : []),
  ];
  const outcome = problems.length > 0 || judged.some(({ state }) => state === "blocked") ? "blocked" : "passes";
  return { outcome, judged, problems };
}
