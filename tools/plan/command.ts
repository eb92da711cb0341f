import { appendFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { EXIT_CODES, RefusedError } from "../../config/explained-error";
import { loadConfig } from "../../config/load";
import { GLOBAL } from "../../config/names";
import { unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { writeWhole } from "../files";
import { readApproval } from "../github/approval";
import { githubClient, type GithubClient } from "../github/client";
import { planMarker, upsertComment } from "../github/comment";
import { githubPlace, type GithubPlace } from "../github/place";
import { Children } from "../terraform/children";
import { plannable, planEnvironments, reportsOn } from "./environments";
import { NO_APPROVAL } from "./guard/judge";
import { withPrograms } from "./programs";
import { renderMarkdown, renderSummary } from "./report/markdown";
import type { PlanReport } from "./report/model";
import { renderTerminal } from "./report/terminal";

const HELP = `
Examples:
  npx opsdx plan dev                                  what this branch changes in dev
  npx opsdx plan dev --base HEAD~1 --markdown plan.md the comment that a pull request would get
  npx opsdx plan                                      every environment: in the sandbox, which is all accounts

Plans what changed since base (where the work tree left --base), and what reads an output that changes, on copies of the states: nothing
is changed, no lock is taken, and no plan is kept. What waits for a stack that is not applied stays unknown, and is counted; what cannot
be planned is named. Exit code 1 when something stateful would be lost or disarmed that nobody allowed, or a stack could not be planned.`;

/** What `opsdx plan` is asked for. */
interface PlanOptions {
  readonly base?: string;
  readonly comment?: boolean;
  readonly json?: string;
  readonly markdown?: string;
  readonly pullRequest?: number;
}

/** `opsdx plan`: what a change would do, before it is merged. */
export function planCommand(): Command {
  return new Command("plan")
    .helpGroup(GROUPS.look)
    .description("plan what a change touches, and what reads an output that changes; changes nothing")
    .argument("[env]", `environment, or ${GLOBAL} (default: all)`)
    .option("--base <ref>", "commit, branch or tag to compare with (default: origin/main)")
    .option("--json <file>", "write the report there")
    .option("--markdown <file>", "write the comment there that a pull request would get")
    .option("--comment", "tell GitHub: the comment on the pull request, and all of the report in the job's summary")
    .option("--pull-request <number>", "the pull request whose allowances count, outside of GitHub's jobs", numberOf)
    .addHelpText("after", HELP)
    .action(async (environment: string | undefined, options: PlanOptions) => {
      const config = loadConfig();
      const known = plannable(config);
      if (environment !== undefined && !known.includes(environment)) throw unknownArgument("env", environment, known);
      const { env } = process;
      const place = githubPlace({ repository: config.global.repository, pullRequest: options.pullRequest }, env);
      const client = clientFor(place, options);
      const children = new Children();
      const say = (line: string): void => void process.stderr.write(`${pc.dim(line)}\n`);
      await children.forwarding(
        () => say("Stopping."),
        () =>
          withPrograms({ ref: options.base, env, children, say }, async (programs) => {
            const { uncommitted } = programs.comparison;
            if (uncommitted.length > 0 && options.comment === true) {
              throw new RefusedError(
                `--comment tells of a commit, and ${uncommitted.length} files of the work tree are not committed: ${uncommitted.join(", ")}`,
              );
            }
            const approval =
              client === undefined || place.pullRequest === undefined
                ? NO_APPROVAL
                : await readApproval(client, place.pullRequest, place.head);
            const plans = await planEnvironments(programs, { config, environment, env, children });
            const reports = reportsOn(programs, plans, { config, environment, approval, jobUrl: place.runUrl });
            await publish(reports, options, place, client);
          }),
      );
    });
}

function numberOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("must be the number of a pull request");
  return Number(text);
}

/** Who asks GitHub; nobody where there is no pull request to ask for. */
function clientFor(place: GithubPlace, { comment, pullRequest }: PlanOptions): GithubClient | undefined {
  if (comment === true && place.fork) {
    throw new RefusedError(
      "the branch of a fork gets no plan: its jobs have no rights. npx opsdx changed compares what it synthesizes",
    );
  }
  if (comment === true && place.pullRequest === undefined) {
    throw new RefusedError("--comment needs a pull request: a job of one, or --pull-request <number>");
  }
  return comment === true || pullRequest !== undefined ? githubClient(place) : undefined;
}

/** Prints the reports, and writes them where they are asked for. */
async function publish(
  reports: readonly PlanReport[],
  { comment, json, markdown }: PlanOptions,
  place: GithubPlace,
  client: GithubClient | undefined,
): Promise<void> {
  const comments = reports.map((report) => {
    const marker = planMarker(report.environment);
    return { report, marker, ...renderMarkdown(report, { marker }) };
  });
  console.log(reports.map(renderTerminal).join("\n\n"));
  if (json !== undefined) writeWhole(json, `${JSON.stringify({ environments: reports }, undefined, 2)}\n`);
  if (markdown !== undefined) writeWhole(markdown, `${comments.map(({ text }) => text).join("\n\n")}\n`);
  const isComplete = comments.every(({ complete }) => complete);
  if (!isComplete || reports.some(({ failures }) => failures.length > 0)) process.exitCode = EXIT_CODES.failed;
  if (comment !== true || client === undefined || place.pullRequest === undefined) return;
  for (const { marker, report, text } of comments) {
    if (place.summaryFile !== undefined) appendFileSync(place.summaryFile, `${renderSummary(report).text}\n`);
    // The merge queue has no pull request of its own; what it plans anew is told by its check.
    if (place.inActions && place.head === undefined) continue;
    const outcome = await upsertComment(client, place.pullRequest, { marker, body: text.slice(marker.length + 1) });
    console.log(outcome.kind === "left" ? `No comment: ${outcome.reason}.` : `Comment ${outcome.kind}: ${outcome.url}`);
  }
}
