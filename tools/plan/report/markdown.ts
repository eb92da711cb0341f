import { COMMENT_LIMIT } from "../../github/comment";
import { inOrder } from "../planned-action";
import { fit, type Cut, type Fitted, type Piece } from "./fit";
import { headPieces, shortCommit, titleOf } from "./markdown-head";
import { guardPieces } from "./markdown-guard";
import { code, link, prose } from "./markdown-text";
import { stackPieces } from "./markdown-stack";
import type { PlanReport } from "./model";
import { counted, numberText } from "./words";

/** GitHub's limit on the summary that a step of a job writes, in bytes. */
export const SUMMARY_LIMIT = 1024 * 1024;
/** Room for what is said of what was cut. */
const CUTS_ROOM = 3_000;

/** Settings of {@link renderMarkdown}. */
export interface MarkdownOptions {
  /** Lines before the report: first the hidden one that the comment is found by. The limit holds with them. @default - none */
  readonly before?: readonly string[];
}

/** A rendered report. */
export interface Rendered {
  /** The text. */
  readonly text: string;
  /** What was cut of it. */
  readonly cuts: readonly Cut[];
  /** False where not even the addresses of what is stateful have room: the check must fail. */
  readonly complete: boolean;
}

/** The report as a comment on a pull request. */
export function renderMarkdown(report: PlanReport, { before = [] }: MarkdownOptions = {}): Rendered {
  return render(report, COMMENT_LIMIT, (text) => text.length, before);
}

/** The report as the summary of a job: whole, unless even that has no room. */
export function renderSummary(report: PlanReport): Rendered {
  return render(report, SUMMARY_LIMIT, (text) => Buffer.byteLength(text), []);
}

function render(
  report: PlanReport,
  limit: number,
  sizeOf: (text: string) => number,
  before: readonly string[],
): Rendered {
  const fixed = before.map((line): Piece => ({ variants: [line] }));
  if (report.nothing) return { text: [...before, nothingLine(report)].join("\n"), cuts: [], complete: true };
  const head = headPieces(report);
  const pieces = [...fixed, ...head, ...guardPieces(report), ...report.stacks.flatMap(stackPieces)];
  const whole = fit(pieces, limit, sizeOf);
  if (whole.cuts.length === 0 && whole.fits) return { text: whole.text, cuts: [], complete: true };
  const room = limit - CUTS_ROOM;
  const cut = fit(pieces, room, sizeOf);
  if (cut.fits) return { ...withCuts(cut, report), complete: true };
  const addresses = statefulByType(report);
  const tight = fit([...fixed, ...head, ...addressPieces(addresses)], room, sizeOf);
  const all: Cut = { what: "everything but the addresses of what is stateful", count: 1, stacks: [] };
  if (tight.fits) return { ...withCuts({ ...tight, cuts: [all] }, report), complete: true };
  return { text: lastResort(report, before, limit), cuts: [all], complete: false };
}

/** What a report that changes nothing says: one line. */
function nothingLine({ base, environment, head, stacks }: PlanReport): string {
  const planned = stacks.filter(({ standing }) => standing === "nothing").length;
  const same = stacks.length - planned;
  const how = [
    ...(same === 0 ? [] : [`${counted(same, "stack")} with the same bytes as ${code(base.ref)}`]),
    ...(planned === 0 ? [] : [`${counted(planned, "stack")} planned without a change`]),
  ].join(", ");
  return `Plan of ${code(environment)}: nothing changes (${how}; ${code(shortCommit(head))}).`;
}

/** Says what was cut, and where it is: under the text's end, since the start is for what matters. */
function withCuts({ cuts, text }: Fitted, { jobUrl }: PlanReport): Pick<Rendered, "cuts" | "text"> {
  const where = jobUrl === undefined ? "the plan's JSON" : link("the job's summary", jobUrl);
  const lines = cuts.map(({ count, stacks, what }) => {
    const named = stacks.slice(0, 10).map(prose).join(", ");
    const more = stacks.length > 10 ? ` and ${numberText(stacks.length - 10)} more` : "";
    return `- ${prose(what)}${count === 1 ? "" : `: ${numberText(count)}`}${stacks.length === 0 ? "" : ` (${named}${more})`}`;
  });
  return {
    cuts,
    text: [
      text,
      "",
      `**Left out here for want of room; it is in ${where}:**`,
      ...lines.map((line) => line.slice(0, 400)),
    ].join("\n"),
  };
}

/** Addresses of everything stateful that is lost or disarmed, by type. */
function statefulByType({ guard, stacks }: PlanReport): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  const add = (type: string, place: string): void => void found.set(type, (found.get(type) ?? new Set()).add(place));
  for (const { finding } of guard.judged) add(finding.type, `${finding.stack}:${finding.address}`);
  for (const { losses, stack } of stacks) {
    for (const { address, stateful, type } of losses) if (stateful) add(type, `${stack}:${address}`);
  }
  return new Map(
    [...found].sort(([one], [other]) => inOrder(one, other)).map(([type, places]) => [type, [...places].sort()]),
  );
}

function addressPieces(addresses: ReadonlyMap<string, readonly string[]>): readonly Piece[] {
  return [
    { variants: ["\n### What is stateful and would be lost, replaced, let go or disarmed"] },
    ...[...addresses].map(([type, places]): Piece => ({
      variants: [`\n${code(type)} (${numberText(places.length)}):\n${places.map(code).join("\n")}`],
    })),
  ];
}

/** What is said when nothing else has room: how much of what, and that the check fails. */
function lastResort(report: PlanReport, before: readonly string[], limit: number): string {
  const lines = [
    ...before,
    `## ${titleOf(report)}`,
    "",
    `**Too much to name here: the check fails.** What is stateful and would be lost, replaced, let go or disarmed, by type; each address is in ${report.jobUrl === undefined ? "the plan's JSON" : link("the job's summary", report.jobUrl)}.`,
    "",
    ...[...statefulByType(report)]
      .sort(([one, some], [other, others]) => others.length - some.length || inOrder(one, other))
      .map(([type, places]) => `- ${code(type.slice(0, 200))}: ${numberText(places.length)}`),
  ];
  // Never in the middle of a line: half a code span would swallow what follows.
  while (lines.length > before.length + 3 && lines.join("\n").length > limit) lines.pop();
  return lines.join("\n");
}
