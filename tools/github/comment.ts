import { asked, githubFault, isForbidden, statusOf, type GithubClient } from "./client";

/** The most characters that GitHub takes in a comment, the marker and its line among them. */
export const COMMENT_LIMIT = 65_536;

/** A comment that is written once, and edited from then on. */
export interface MarkedComment {
  /** What it is found by: an HTML comment that nobody sees, such as `<!-- opsdx:plan dev -->`. */
  readonly marker: string;
  /** Its text, with the marker at its start or without. Together they stay within {@link COMMENT_LIMIT}. */
  readonly body: string;
}

/** What became of a comment. */
export type CommentOutcome =
  | { readonly kind: "created" | "edited" | "unchanged"; readonly url: string }
  /** It was not touched. */
  | { readonly kind: "left"; readonly reason: string };

/** A comment as GitHub lists it, as far as it matters here. */
export interface FoundComment {
  /** Its id. */
  readonly id: number;
  /** Its address. */
  readonly html_url: string;
  /** Its text. @default - not sent */
  readonly body?: string;
  /** Who wrote it. */
  readonly user: { readonly login: string } | null;
}

/** The hidden marker of the comment on what is planned for an environment. */
export function planMarker(environment: string): string {
  return `<!-- opsdx:plan ${environment} -->`;
}

/**
 * Writes a comment on a pull request, or edits the one that this token's owner wrote before; the same text is not written again.
 * Two runs at once end with one comment: each looks again after it wrote, and whoever came second takes its own away and edits the
 * first. The comment of a closed pull request stays what it was when it was closed.
 *
 * @throws CommandError when GitHub does not answer, or the token may not write
 */
export async function upsertComment(
  client: GithubClient,
  number: number,
  { marker, body }: MarkedComment,
): Promise<CommentOutcome> {
  const { octokit, owner, repo } = client;
  const text = body.startsWith(marker) ? body : `${marker}\n${body}`;
  if (text.length > COMMENT_LIMIT) {
    throw new Error(`a comment has ${COMMENT_LIMIT} characters at most, with its marker, got ${text.length}`);
  }
  const what = `comment on the pull request #${number}`;
  const { data: issue } = await asked(
    client,
    `read the pull request #${number}`,
    octokit.rest.issues.get({ owner, repo, issue_number: number }),
  );
  if (issue.state === "closed") return { kind: "left", reason: `the pull request #${number} is closed` };
  const author = await commenter(client);
  const own = (): Promise<readonly FoundComment[]> => ownComments(client, number, author, marker);

  const settle = async (found: readonly FoundComment[]): Promise<CommentOutcome | undefined> => {
    const [first, ...others] = found;
    if (first === undefined) return undefined;
    for (const other of others) await remove(client, other.id);
    if (first.body === text) return { kind: "unchanged", url: first.html_url };
    const call = octokit.rest.issues.updateComment({ owner, repo, comment_id: first.id, body: text });
    const edited = await call.catch((error: unknown) => {
      // Somebody deleted it in the meantime.
      if (statusOf(error) === 404) return undefined;
      throw githubFault(client, what, error);
    });
    return edited === undefined ? undefined : { kind: "edited", url: edited.data.html_url };
  };

  const settled = await settle(await own());
  if (settled !== undefined) return settled;
  const created = await octokit.rest.issues
    .createComment({ owner, repo, issue_number: number, body: text })
    .catch((error: unknown) => {
      if (statusOf(error) === 403 && issue.locked) return undefined;
      throw githubFault(client, what, error);
    });
  if (created === undefined) return { kind: "left", reason: `the conversation of #${number} is locked` };
  const all = await own();
  // The creator of the first leaves the others to their creators, who still have a text to bring.
  if (all.length > 1 && all[0]?.id !== created.data.id) {
    await remove(client, created.data.id);
    const before = await settle(all.slice(0, 1));
    if (before !== undefined) return before;
  }
  return { kind: "created", url: created.data.html_url };
}

/** This author's comments that begin with a marker, the oldest first. What others write that looks the same is theirs. */
export async function ownComments(
  client: GithubClient,
  number: number,
  author: string,
  marker: string,
): Promise<readonly FoundComment[]> {
  const { octokit, owner, repo } = client;
  const comments: readonly FoundComment[] = await asked(
    client,
    `read the comments of #${number}`,
    octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: number, per_page: 100 }),
  );
  return comments
    .filter(({ user, body = "" }) => user?.login === author && body.startsWith(marker))
    .sort((a, b) => a.id - b.id);
}

async function remove(client: GithubClient, id: number): Promise<void> {
  const { octokit, owner, repo } = client;
  await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id }).catch((error: unknown) => {
    if (statusOf(error) !== 404) throw githubFault(client, "delete a comment of its own that is there twice", error);
  });
}

const VIEWER = "query { viewer { login } }";

/**
 * The login that comments of this token have. `GET /user` refuses the tokens of apps, and that of Actions is one; GraphQL's `viewer` names
 * them, `<app>[bot]`.
 * @see https://github.com/renovatebot/renovate/blob/main/lib/modules/platform/github/user.ts
 */
export async function commenter(client: GithubClient): Promise<string> {
  const call = client.octokit.graphql<{ readonly viewer: { readonly login: string } }>(VIEWER);
  const answer = await call.catch((error: unknown) => {
    // Should it refuse, too, there is one author in Actions that a workflow without a token of its own has.
    if (client.inActions && (statusOf(error) === 403 || isForbidden(error))) return undefined;
    throw githubFault(client, "find out whose token it is", error);
  });
  return answer?.viewer.login ?? "github-actions[bot]";
}
