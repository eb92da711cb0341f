import { readFileSync } from "node:fs";
import { z } from "zod";
import { RefusedError } from "../../config/explained-error";

/** Where a command works on GitHub, as Actions tell a job, or as a person says on a laptop. */
export interface GithubPlace {
  /** Address of the API. */
  readonly apiUrl: string;
  /** Address of the pages that people see. */
  readonly serverUrl: string;
  /** Owner of the repository. */
  readonly owner: string;
  /** Name of the repository. */
  readonly repo: string;
  /** Token, which is never printed. @default - none: nothing can be asked */
  readonly token?: string;
  /** The pull request; in the merge queue the one that is added last. @default - none */
  readonly pullRequest?: number;
  /** Commit of the pull request that the job looks at. @default - unknown: its head when it is asked for */
  readonly head?: string;
  /** Whether the pull request comes from another repository, whose jobs get neither rights nor secrets. */
  readonly fork: boolean;
  /** Whether the merge queue asks, whose commit holds more than one pull request and is the head of none. */
  readonly queued: boolean;
  /** Whether this is a job of Actions. */
  readonly inActions: boolean;
  /** File that becomes the job's summary. @default - none */
  readonly summaryFile?: string;
  /** Page of the run. @default - none */
  readonly runUrl?: string;
}

/** What a person may say instead of Actions. */
export interface PlaceProps {
  /** `owner/name`, when the environment names none. */
  readonly repository: string;
  /** Number of the pull request. @default - the event's */
  readonly pullRequest?: number;
}

/** What is read of the events that plan. @see https://docs.github.com/en/webhooks/webhook-events-and-payloads */
const eventSchema = z.object({
  pull_request: z
    .object({
      number: z.int(),
      head: z.object({ sha: z.string(), repo: z.object({ full_name: z.string() }).nullable() }),
    })
    .optional(),
  merge_group: z.object({ head_ref: z.string() }).optional(),
});

/** The branch that GitHub makes for an entry of the merge queue ends so. */
const QUEUED = /\/pr-(\d+)-[0-9a-f]+$/;

/**
 * Reads where a command works: from the environment of Actions, or on a laptop from what was said.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 * @throws RefusedError when the event cannot be read, or the repository is none
 */
export function githubPlace(
  { repository, pullRequest }: PlaceProps,
  env: NodeJS.ProcessEnv = process.env,
): GithubPlace {
  const named = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const full = named("GITHUB_REPOSITORY") ?? repository;
  const [owner = "", repo = "", ...rest] = full.split("/");
  if (owner === "" || repo === "" || rest.length > 0) {
    throw new RefusedError(`GITHUB_REPOSITORY must be <owner>/<name>, got "${full}"`);
  }
  const serverUrl = named("GITHUB_SERVER_URL") ?? "https://github.com";
  const runId = named("GITHUB_RUN_ID");
  const event = eventOf(named("GITHUB_EVENT_PATH"));
  const queued = QUEUED.exec(event.merge_group?.head_ref ?? "")?.[1];
  const number = pullRequest ?? event.pull_request?.number ?? (queued === undefined ? undefined : Number(queued));
  const head = number === event.pull_request?.number ? event.pull_request?.head : undefined;
  return {
    apiUrl: named("GITHUB_API_URL") ?? "https://api.github.com",
    serverUrl,
    owner,
    repo,
    token: named("GITHUB_TOKEN") ?? named("GH_TOKEN"),
    pullRequest: number,
    head: head?.sha,
    // Of a deleted fork there is no repository left.
    fork: head !== undefined && head.repo?.full_name.toLowerCase() !== full.toLowerCase(),
    queued: event.merge_group !== undefined,
    inActions: env["GITHUB_ACTIONS"] === "true",
    summaryFile: named("GITHUB_STEP_SUMMARY"),
    runUrl: runId === undefined ? undefined : `${serverUrl}/${full}/actions/runs/${runId}`,
  };
}

function eventOf(file: string | undefined): z.output<typeof eventSchema> {
  if (file === undefined) return {};
  try {
    return eventSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RefusedError(`GITHUB_EVENT_PATH must be the file of a GitHub event, got ${file}: ${why}`);
  }
}
