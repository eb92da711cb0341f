import { appendFileSync } from "node:fs";
import { EXIT_CODES } from "../../config/explained-error";
import { CommandError } from "../command-error";
import { writeWhole } from "../files";
import type { GithubClient } from "../github/client";
import { planMarker, upsertComment } from "../github/comment";
import { alsoChanged, alsoChangedText, stacksLine } from "../github/elsewhere";
import type { GithubPlace } from "../github/place";
import type { Children } from "../terraform/children";
import { prose } from "./report/markdown-text";
import { renderMarkdown, renderSummary } from "./report/markdown";
import type { PlanReport, StackStanding } from "./report/model";
import { renderTerminal } from "./report/terminal";
import { untilInterrupted } from "./until-interrupted";

/** Where reports go beside the terminal. */
export interface PublishProps {
  /** Whether GitHub is told. @default false */
  readonly comment?: boolean;
  /** File for all reports as JSON. @default - none */
  readonly json?: string;
  /** File for the comments. @default - none */
  readonly markdown?: string;
  /** Where the command works on GitHub. */
  readonly place: GithubPlace;
  /** What asks GitHub. @default - nobody is asked */
  readonly client?: GithubClient;
  /** Takes interrupts. */
  readonly children: Children;
}

/**
 * Prints reports, and writes them where they are asked for; what is on this machine comes first, for GitHub may not answer. The exit code
 * becomes that of a failure when one of them fails.
 * @throws CommandError when GitHub takes no comment
 */
export async function publish(reports: readonly PlanReport[], props: PublishProps): Promise<void> {
  const { children, client, comment, json, markdown, place } = props;
  console.log(reports.map(renderTerminal).join("\n\n"));
  if (json !== undefined) writeWhole(json, `${JSON.stringify({ environments: reports }, undefined, 2)}\n`);
  if (comment === true && place.summaryFile !== undefined) {
    appendFileSync(place.summaryFile, reports.map((report) => `${renderSummary(report).text}\n`).join("\n"));
  }
  if (reports.some(({ failures }) => failures.length > 0)) process.exitCode = EXIT_CODES.failed;

  const texts: CommentText[] = [];
  for (const report of reports) texts.push(await commentOn(report, props));
  if (markdown !== undefined) writeWhole(markdown, `${texts.map(({ text }) => text).join("\n\n")}\n`);
  if (texts.some(({ complete }) => !complete)) process.exitCode = EXIT_CODES.failed;

  if (comment !== true) return;
  const { pullRequest } = place;
  if (place.queued || client === undefined || pullRequest === undefined) {
    console.log("No comment: what the merge queue plans anew is told by its check.");
    return;
  }
  for (const { marker, text } of texts) {
    const outcome = await untilInterrupted(children, () => upsertComment(client, pullRequest, { marker, body: text }));
    console.log(outcome.kind === "left" ? `No comment: ${outcome.reason}.` : `Comment ${outcome.kind}: ${outcome.url}`);
  }
}

/** A comment's text, and the line that it is found by. */
interface CommentText {
  readonly marker: string;
  readonly text: string;
  readonly complete: boolean;
}

/** What a report's comment says: which stacks it changes in a hidden line, which others do, too, and the report. */
async function commentOn(report: PlanReport, props: PublishProps): Promise<CommentText> {
  const stacks = stacksThatChange(report);
  const others = await othersText(stacks, props);
  if (others !== "") console.log(others);
  const marker = planMarker(report.environment);
  const before = [marker, stacks.length === 0 ? "" : stacksLine(stacks), others].filter((line) => line !== "");
  return { marker, ...renderMarkdown(report, { before }) };
}

/** The stacks that would be others once this is deployed, as far as anybody knows. */
function stacksThatChange({ stacks }: PlanReport): readonly string[] {
  const still: readonly StackStanding[] = ["nothing", "not affected", "unchanged"];
  return stacks.flatMap(({ change, stack, standing }) =>
    still.includes(standing) && change !== "gone" ? [] : [stack],
  );
}

/** Which other pull requests change some stacks; the comment is written all the same when GitHub does not tell. */
async function othersText(
  stacks: readonly string[],
  { children, client, place: { pullRequest, queued } }: PublishProps,
): Promise<string> {
  if (client === undefined || pullRequest === undefined || queued) return "";
  try {
    return alsoChangedText(await untilInterrupted(children, () => alsoChanged(client, pullRequest, stacks)));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `Which other pull requests change the same was not looked up: ${prose(error.message)}.`;
  }
}
