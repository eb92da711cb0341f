import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import Bottleneck from "bottleneck";
import { RefusedError } from "../../config/explained-error";
import { CommandError } from "../command-error";
import { errorWords, isUnreached, reach } from "../next-step";
import type { GithubPlace } from "./place";

/** A repository on GitHub, and what asks for it. */
export interface GithubClient {
  /** Asks GitHub: again when it fails, later when it says so. */
  readonly octokit: Octokit;
  /** Owner of the repository. */
  readonly owner: string;
  /** Name of the repository. */
  readonly repo: string;
  /** Whether the token is that of a job of Actions, as far as anyone can tell. */
  readonly inActions: boolean;
}

/** Settings of {@link githubClient}. */
export interface GithubClientProps {
  /** What counts as a second where GitHub is waited for, in milliseconds. @default 1000 */
  readonly second?: number;
  /** How long one call may take, in milliseconds; there are four attempts. @default 20000 */
  readonly limit?: number;
}

/** How often a call is repeated that GitHub failed at, or put off. */
const ATTEMPTS = 3;
/** Nobody waits longer than this for GitHub to count anew, in seconds: the job would be over first. */
const PATIENCE = 120;

const Client = Octokit.plugin(retry, throttling);

/**
 * Makes what asks GitHub for a repository.
 * @throws RefusedError when there is no token
 */
export function githubClient(
  { apiUrl, owner, repo, token, inActions }: GithubPlace,
  { second = 1_000, limit = 20_000 }: GithubClientProps = {},
): GithubClient {
  if (token === undefined) {
    throw new RefusedError(
      "GITHUB_TOKEN must be set, to ask GitHub. In a workflow: `env: { GITHUB_TOKEN: ${{ github.token }} }`; on a laptop: export GITHUB_TOKEN=$(gh auth token)",
    );
  }
  const again = (retryAfter: number, _options: object, _octokit: object, count: number): boolean =>
    count < ATTEMPTS && retryAfter <= PATIENCE;
  const octokit = new Client({
    auth: token,
    baseUrl: apiUrl,
    userAgent: "opsdx",
    // Nothing is printed of what GitHub puts off: the error tells, when it comes to that.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: { fetch: fetching(limit) },
    retry: { retries: ATTEMPTS, retryAfterBaseValue: second },
    throttle: {
      // The pace that GitHub asks for: one change a second, one that tells people in three.
      write: new Bottleneck.Group({ maxConcurrent: 1, minTime: second }),
      notifications: new Bottleneck.Group({ maxConcurrent: 1, minTime: 3 * second }),
      retryAfterBaseValue: second,
      onRateLimit: again,
      onSecondaryRateLimit: again,
    },
  });
  return { octokit, owner, repo, inActions };
}

/** Fetches within a time, and says so when it is over. */
function fetching(limit: number): typeof fetch {
  return (url, options) =>
    fetch(url, { ...options, signal: AbortSignal.timeout(limit) }).catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== "TimeoutError") throw error;
      throw Object.assign(new Error(`no answer within ${limit / 1_000} s`), { name: "TimeoutError" });
    });
}

function quiet(): void {
  // Says nothing.
}

/** What GitHub answered a call with, when it is no answer to it. */
export function statusOf(error: unknown): number | undefined {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}

/**
 * Says of a call that failed what was to be done, why it was not, and what helps.
 * @param what - completes "could not …"
 */
export function githubFault(client: GithubClient, what: string, error: unknown): CommandError {
  const message = wordsOf(error);
  const status = statusOf(error);
  const text = (reason: string): CommandError => new CommandError(`could not ${what}: ${reason}`, { cause: error });
  // A call that got no answer has the status 500, and the fault of the network as its cause.
  if (isUnreached(error)) return text(`${errorWords(deepest(error))}. ${reach()}`);
  if (isForbidden(error)) return text(`GitHub says: ${message}. ${lacking(client)}`);
  return text(
    status === undefined ? message : `GitHub says: ${message} (HTTP ${status}). ${adviceOn(client, status, error)}`,
  );
}

/** Whether GraphQL refused a call to this token. */
export function isForbidden(error: unknown): boolean {
  return graphqlTypes(error).includes("FORBIDDEN");
}

/** Whether GraphQL knows no such thing. */
export function isNotFound(error: unknown): boolean {
  return graphqlTypes(error).includes("NOT_FOUND");
}

function graphqlTypes(error: unknown): readonly (string | undefined)[] {
  return graphqlErrors(error).map(({ type }) => type);
}

function graphqlErrors(error: unknown): readonly { readonly type?: string; readonly message: string }[] {
  const { errors } = error as { readonly errors?: ReturnType<typeof graphqlErrors> };
  return errors ?? [];
}

/** What an error comes from in the end: `fetch failed` alone helps nobody. */
function deepest(error: unknown): unknown {
  const { cause } = error as { readonly cause?: unknown };
  return cause === undefined ? error : deepest(cause);
}

function adviceOn(client: GithubClient, status: number, error: unknown): string {
  if (status === 401) return "The token is wrong, or its time is over: make a new one, or `gh auth login`";
  if (/rate limit/i.test(wordsOf(error))) return "Too much was asked of it: repeat the command in some minutes";
  if (status === 403 || status === 404) return lacking(client, headerOf(error, "x-accepted-github-permissions"));
  return status >= 500
    ? "It was asked several times. See https://www.githubstatus.com, and repeat the command"
    : "That is a fault of this program: please report it";
}

function lacking({ owner, repo }: GithubClient, needs?: string): string {
  const right =
    needs === undefined ? "a right: .github/workflows/plan.yml has those that are needed" : `this right: ${needs}`;
  return `Either it is not there in ${owner}/${repo}, or the token lacks ${right}`;
}

function wordsOf(error: unknown): string {
  const graphql = graphqlErrors(error);
  if (graphql.length > 0) return graphql.map(({ message }) => message).join("; ");
  const { message } = error as { readonly message?: unknown };
  return typeof message === "string" ? message : String(error);
}

function headerOf(error: unknown, name: string): string | undefined {
  const { response } = error as { readonly response?: { readonly headers?: Readonly<Record<string, unknown>> } };
  const value = response?.headers?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Awaits a call, and makes its failure say what {@link githubFault} does. */
export async function asked<T>(client: GithubClient, what: string, call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw githubFault(client, what, error);
  });
}
