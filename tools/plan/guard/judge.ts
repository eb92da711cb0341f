import type { Finding } from "./findings";

/** What a pull request allows, and who stands behind it. */
export interface DestroyApproval {
  /** What its text allows, each with its reason. */
  readonly allowances: readonly {
    /** Address of the resource. */
    readonly address: string;
    /** Its stack. @default - whichever stack has the address, if only one has */
    readonly stack?: string;
    /** Why it may go. */
    readonly reason: string;
  }[];
  /** Who set the label, and may. @default - nobody */
  readonly approvedBy?: string;
  /** Why something does not count, in sentences. */
  readonly refusals: readonly string[];
}

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
    const missing =
      allowance === undefined
        ? `a line in the pull request's text: allow-destroy: ${finding.stack}:${finding.address} <reason>`
        : "the label of somebody who may approve and is not the author";
    return { finding, state: "blocked", missing };
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
