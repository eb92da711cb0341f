import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { GLOBAL } from "../../config/names";
import { unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { readApproval } from "../github/approval";
import { githubClient, type GithubClient } from "../github/client";
import { githubPlace, type GithubPlace } from "../github/place";
import { Children } from "../terraform/children";
import type { Comparison } from "./commits";
import { plannable, planEnvironments, reportsOn } from "./environments";
import { fileOf, folderOf } from "./file-option";
import { NO_APPROVAL } from "./guard/judge";
import { tellNotMade } from "./not-made";
import { withPrograms, type Programs } from "./programs";
import { publish } from "./publish";
import type { PlanReport } from "./report/model";
import type { Renderings } from "./report/renderings";
import { counted } from "./report/words";
import { untilInterrupted } from "./until-interrupted";

const HELP = `
Examples:
  npx opsdx plan dev                                  what this branch changes in dev
  npx opsdx plan dev --base HEAD~1 --markdown plan.md the comment that a pull request would get
  npx opsdx plan dev --charts ~/charts                with what Helm renders otherwise, of charts from a folder
  npx opsdx plan                                      every environment: in the sandbox, which is all accounts

Plans what changed since base (where the work tree left --base), and what reads an output that changes, on copies of the states: nothing
is changed, no lock is taken, and no plan is kept. What waits for a stack that is not applied stays unknown, and is counted; what cannot
be planned is named. Exit code 1 when something stateful would be lost or disarmed that nobody allowed, or a stack could not be planned.`;

/** Settings of {@link planCommand}. */
export interface PlanCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** The whole environment: where the command works on GitHub, and of what it starts. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder of the checkout that is planned. @default - the project's */
  readonly root?: string;
  /** Makes what asks GitHub. @default - its API, at its own pace */
  readonly connect?: (place: GithubPlace) => GithubClient;
  /** Tells what becomes of Helm releases; rendering them is another folder's business. @default - nobody looks */
  readonly renderings?: (programs: Programs, props: RenderingsProps) => Promise<Renderings>;
}

/** What somebody is told who renders Helm releases. */
export interface RenderingsProps {
  /** The configuration of head. */
  readonly config: Config;
  /** The environment that is planned. @default - all of them */
  readonly environment?: string;
  /** Folder of charts; true where they come from their repositories. @default - nothing is rendered */
  readonly charts?: string | true;
  /** The whole environment: where Helm is. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes interrupts. */
  readonly children: Children;
  /** Tells what takes long. */
  readonly say: (line: string) => void;
}

/** What `opsdx plan` is asked for. */
interface PlanOptions {
  readonly base?: string;
  readonly charts?: string | true;
  readonly checkout?: string;
  readonly comment?: boolean;
  readonly json?: string;
  readonly markdown?: string;
  readonly pullRequest?: number;
}

/** `opsdx plan`: what a change would do, before it is merged. */
export function planCommand({
  load = loadConfig,
  env = process.env,
  root,
  connect = githubClient,
  renderings = () => Promise.resolve({}),
}: PlanCommandProps = {}): Command {
  return new Command("plan")
    .helpGroup(GROUPS.look)
    .description("plan what a change touches, and what reads an output that changes; changes nothing")
    .argument("[env]", `environment, or ${GLOBAL} (default: all)`)
    .option("--base <ref>", "commit, branch or tag to compare with (default: origin/main)")
    .option(
      "--checkout <folder>",
      "plan what is checked out there; what judges it stays this project (default: here)",
      folderOf,
    )
    .option(
      "--charts [folder]",
      "tell what Helm renders otherwise, of charts from a folder (default: from their repositories)",
      folderOf,
    )
    .option("--json <file>", "write the report there", fileOf)
    .option("--markdown <file>", "write the comment there that a pull request would get", fileOf)
    .option("--comment", "tell GitHub: the comment on the pull request, and all of the report in the job's summary")
    .option("--pull-request <number>", "the pull request whose allowances count, outside of GitHub's jobs", numberOf)
    .addHelpText("after", HELP)
    .action(async (environment: string | undefined, options: PlanOptions) => {
      const config = load();
      const known = plannable(config);
      if (environment !== undefined && !known.includes(environment)) throw unknownArgument("env", environment, known);
      const place = githubPlace({ repository: config.global.repository, pullRequest: options.pullRequest }, env);
      const client = isAsked(place, options) ? connect(place) : undefined;
      const { checkout = root } = options;
      const children = new Children();
      const say = (line: string): void => void process.stderr.write(`${pc.dim(line)}\n`);
      const accept = ({ uncommitted }: Comparison): void => {
        if (uncommitted.length === 0) return;
        if (options.comment === true) throw uncommittedError(uncommitted);
        say(`Not committed, and planned all the same: ${listed(uncommitted)}`);
      };
      const told = { ...options, place, client, children };
      const plan = (): Promise<readonly PlanReport[]> =>
        withPrograms({ accept, ref: options.base, root: checkout, env, children, say }, async (programs) => {
          const { pullRequest } = place;
          const approval =
            client === undefined || pullRequest === undefined
              ? NO_APPROVAL
              : await untilInterrupted(children, () => readApproval(client, pullRequest, place.head));
          const plans = await planEnvironments(programs, { config, environment, env, children });
          const { charts } = options;
          const asked = { config, environment, charts, env, children, say };
          const rendered = await renderings(programs, asked);
          const jobUrl = place.runUrl;
          return reportsOn(programs, plans, { config, environment, approval, jobUrl, renderings: rendered });
        });
      await children.forwarding(
        (interrupts) => say(interrupts === 1 ? "Stopping. Once more, and it stops at once." : "Stopping at once."),
        async () => {
          const reports = await plan().catch(async (error: unknown) => {
            await tellNotMade(error, environment === undefined ? known : [environment], told);
            throw error;
          });
          await publish(reports, told);
        },
      );
    });
}

/** Whether GitHub is asked: for a comment, and for what a pull request allows. */
function isAsked({ fork, pullRequest, queued }: GithubPlace, options: PlanOptions): boolean {
  if (options.comment === true && fork) {
    throw new RefusedError(
      "the branch of a fork gets no plan: its jobs have no rights. npx opsdx changed compares what it synthesizes",
    );
  }
  if (options.comment === true && pullRequest === undefined && !queued) {
    throw new RefusedError("--comment needs a pull request: a job of one, or --pull-request <number>");
  }
  return pullRequest !== undefined && (options.comment === true || options.pullRequest !== undefined);
}

function uncommittedError(files: readonly string[]): RefusedError {
  return new RefusedError(
    `--comment tells of a commit, and the work tree has ${counted(files.length, "file")} not committed: ${listed(files)}. Commit or stash them, or plan without --comment`,
  );
}

function listed(files: readonly string[]): string {
  const more = files.length - 10;
  return `${files.slice(0, 10).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function numberOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("must be the number of a pull request");
  return Number(text);
}
