import { appendFileSync } from "node:fs";
import { ExplainedError } from "../../config/explained-error";
import { planMarker, upsertComment } from "../github/comment";
import { InterruptedError } from "../terraform/children";
import type { PublishProps } from "./publish";
import { code, codeBlock, link, prose } from "./report/markdown-text";
import { untilInterrupted } from "./until-interrupted";

/** The most that is told of an error, in characters. */
const LONG = 10_000;

/**
 * Tells a pull request that a job made no plan of its commit: the comment on an earlier commit would be taken for its plan. What GitHub
 * does not take is left at that, for the error itself is what ends the command.
 */
export async function tellNotMade(
  error: unknown,
  environments: readonly string[],
  { children, client, comment, place }: Pick<PublishProps, "children" | "client" | "comment" | "place">,
): Promise<void> {
  // A newer run, or a person, has stopped it; and a mistake in the program has a trace, which is for the log.
  if (!(error instanceof ExplainedError) || error instanceof InterruptedError) return;
  const { head, inActions, pullRequest, queued, runUrl, summaryFile } = place;
  if (comment !== true || !inActions) return;
  const textOf = (environment: string): string =>
    [
      `## Plan of ${prose(environment)}: could not be made; the check fails`,
      "",
      `What ${head === undefined ? "this" : code(head.slice(0, 8))} would do is not known.${runUrl === undefined ? "" : ` ${link("The job", runUrl)}.`}`,
      "",
      codeBlock(error.message.slice(0, LONG).split("\n"), ""),
    ].join("\n");
  if (summaryFile !== undefined) appendFileSync(summaryFile, `${environments.map(textOf).join("\n\n")}\n`);
  if (client === undefined || pullRequest === undefined || queued) return;
  for (const environment of environments) {
    const written = { marker: planMarker(environment), body: textOf(environment) };
    const wrote = untilInterrupted(children, () => upsertComment(client, pullRequest, written));
    await wrote.catch((fault: unknown) => {
      if (!(fault instanceof ExplainedError)) throw fault;
    });
  }
}
