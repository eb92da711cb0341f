import type { Piece } from "./fit";
import { code, codeBlock, link, prose } from "./markdown-text";
import type { Commit, Counts, PlanReport, StackReport } from "./model";
import { counted, countsText, NOTHING_CHANGES, numberText, standingText } from "./words";

/** Ranks of pieces: what is lowest is cut first. */
export const RANKS = {
  renderings: 0,
  updateAttributes: 1,
  updates: 2,
  differences: 3,
  notices: 4,
  lossDetails: 5,
  errors: 6,
  notPlanned: 7,
  allowances: 8,
  statefulDetails: 9,
  guardDetails: 10,
} as const;

/** Longest text of somebody else that is told here. */
const LONG = 600;

/** The head of a report: what it is of, what failed, what was not planned, and the table. Nothing of it looks like "no change". */
export function headPieces(report: PlanReport): readonly Piece[] {
  const { base, failures, head, incomparable, jobUrl, stacks, wide } = report;
  const job = jobUrl === undefined ? "" : ` ${link("The job", jobUrl)}.`;
  return [
    { variants: [`## ${titleOf(report)}`] },
    {
      variants: [
        `\n${code(shortCommit(head))} (${code(head.ref.slice(0, 200))}) against ${code(shortCommit(base))} (${code(base.ref.slice(0, 200))}).${job}`,
      ],
    },
    ...(failures.length === 0
      ? []
      : [
          { variants: ["\n> [!CAUTION]\n> **The check fails:**"] } satisfies Piece,
          ...failures.map((failure): Piece => ({
            variants: [`> - ${prose(failure.slice(0, LONG))}`, ""],
            rank: RANKS.guardDetails,
            what: "reasons why the check fails",
          })),
        ]),
    ...(wide === undefined ? [] : [{ variants: [`\n${prose(wide)}.`] } satisfies Piece]),
    ...stacks.flatMap(missingPieces),
    { variants: [table(stacks)] },
    ...(incomparable === undefined ? [] : [{ variants: [`\n${prose(incomparable)}.`] } satisfies Piece]),
  ];
}

/** The first line: the environment and all that changes. */
export function titleOf({ counts, environment, failures, stacks }: PlanReport): string {
  const missing = stacks.filter(({ notPlanned, standing }) => standing === "failed" || notPlanned.length > 0).length;
  const all = countsText(counts);
  return [
    `Plan of ${prose(environment.slice(0, 100))}: ${missing > 0 && all === NOTHING_CHANGES ? `${all} in what was planned` : all}`,
    ...(missing === 0 ? [] : [`${counted(missing, "stack")} not planned in full`]),
    ...(failures.length === 0 ? [] : ["the check fails"]),
  ].join("; ");
}

/** A commit as people write it. */
export function shortCommit({ commit }: Commit): string {
  return commit.slice(0, 8);
}

/** What was not planned of a stack, why, and who holds its state. */
function missingPieces({ change, errors, lock, notPlanned, stack, standing }: StackReport): readonly Piece[] {
  const name = `**${prose(stack)}**`;
  const failed: readonly Piece[] =
    standing === "failed"
      ? [
          { variants: [`\n${name} could not be planned, so what it would do is not known:`] },
          ...(errors.length === 0 ? [{ variants: ["- Terraform gave no reason"] } satisfies Piece] : []),
          ...errors.map(({ address, detail, summary }): Piece => {
            const where = address === undefined ? "" : `${code(address)}: `;
            const short = `- ${where}${prose(summary.slice(0, LONG))}`;
            return {
              variants: [`${short}. ${prose(detail.slice(0, 4 * LONG))}`, short, ""],
              rank: RANKS.errors,
              what: "words of errors",
              stack,
            };
          }),
        ]
      : [];
  const gone: readonly Piece[] =
    change === "gone" && standing !== "planned" && standing !== "failed"
      ? [
          {
            variants: [
              `\n${name} is gone from the program: nothing plans it, and what stands in AWS stays there, unlooked after.`,
            ],
          },
        ]
      : [];
  const parts = notPlanned.map(({ addresses, next, reason, what }): Piece => {
    const short = `\n${name}: ${prose(what.slice(0, LONG))} **not planned**: ${prose(reason.slice(0, LONG))}.`;
    const help = next === undefined ? "" : ` Next: ${code(next.slice(0, LONG))}`;
    const list =
      addresses.length === 0
        ? ""
        : `\n<details><summary>${counted(addresses.length, "address", "addresses")}</summary>\n\n${codeBlock(addresses, "")}\n</details>`;
    return {
      variants: [`${short}${help}${list}`, `${short}${help}`],
      rank: RANKS.notPlanned,
      what: "addresses of what was not planned",
      stack,
    };
  });
  const locked: readonly Piece[] =
    lock === undefined
      ? []
      : [
          {
            variants: [
              `\n${name}: its state was locked by ${code(lock.who.slice(0, 200))} since ${code(lock.since.slice(0, 100))} (${code(lock.operation.slice(0, 100))}): what is planned here may be out of date when they are done. If nobody is at work there any more, and only then: ${code(lock.unlock.slice(0, 300))}. Taking the lock off while somebody applies loses their state.`,
            ],
          },
        ];
  return [...failed, ...gone, ...parts, ...locked];
}

const COLUMNS: readonly (readonly [head: string, name: keyof Counts])[] = [
  ["Destroy", "destroy"],
  ["Replace", "replace"],
  ["May be replaced", "mayReplace"],
  ["Let go", "forget"],
  ["Change", "change"],
  ["Add", "add"],
  ["Move", "move"],
  ["Import", "import"],
];

/** The table of the stacks; columns in which nobody has anything stay away. Stacks of which there is nothing to say share a line. */
function table(stacks: readonly StackReport[]): string {
  const told = stacks.filter((stack) => !isStill(stack));
  const still = stacks.filter(isStill);
  const columns = COLUMNS.filter(([, name]) => told.some(({ counts }) => counts[name] > 0));
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rows = told.map((stack) =>
    line([
      prose(stack.stack),
      ...columns.map(([, name]) => (stack.standing === "failed" ? "?" : numberText(stack.counts[name]))),
      prose(standingText(stack)),
      `${numberText(Math.round(stack.seconds))} s`,
    ]),
  );
  const head = ["Stack", ...columns.map(([title]) => title), "State", "Took"];
  return [
    ...(told.length === 0 ? [] : ["", line(head), line(head.map(() => "---")), ...rows]),
    ...(still.length === 0
      ? []
      : ["", `${still.map((stack) => `${prose(stack.stack)}: ${prose(standingText(stack))}`).join("; ")}.`]),
  ].join("\n");
}

function isStill({ change, lock, notPlanned, standing }: StackReport): boolean {
  const quiet = standing === "nothing" || standing === "not affected" || standing === "unchanged";
  return quiet && change !== "gone" && notPlanned.length === 0 && lock === undefined;
}
