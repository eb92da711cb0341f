import { asked, type GithubClient } from "./client";
import { commenter, ownComments } from "./comment";

const STACKS = /^<!-- opsdx:stacks ([\w -]*) -->$/m;
/** How every comment on a plan begins, whatever its environment. */
const ANY_PLAN = "<!-- opsdx:plan ";

/** The hidden line of a comment that says which stacks its pull request changes. */
export function stacksLine(stacks: readonly string[]): string {
  return `<!-- opsdx:stacks ${stacks.join(" ")} -->`;
}

/** What a person reads of {@link alsoChanged}; empty where there is nothing to tell. */
export function alsoChangedText(found: Readonly<Record<string, readonly number[]>>): string {
  const stacks = Object.entries(found).map(
    ([stack, numbers]) => `\`${stack}\` (${numbers.map((number) => `#${number}`).join(", ")})`,
  );
  return stacks.length === 0 ? "" : `Other open pull requests change the same: ${stacks.join(", ")}.`;
}

/**
 * Which other open pull requests change the same stacks, as the comments on their plans say.
 * @returns by stack, the numbers of the pull requests; stacks that no other changes are left out
 */
export async function alsoChanged(
  client: GithubClient,
  number: number,
  stacks: readonly string[],
): Promise<Readonly<Record<string, readonly number[]>>> {
  const { octokit, owner, repo } = client;
  if (stacks.length === 0) return {};
  const open = await asked(
    client,
    "list the open pull requests",
    octokit.paginate(octokit.rest.pulls.list, { owner, repo, state: "open", per_page: 100 }),
  );
  const author = await commenter(client);
  const found: Record<string, number[]> = {};
  for (const other of open.map((pull) => pull.number).sort((a, b) => a - b)) {
    if (other === number) continue;
    const comments = await ownComments(client, other, author, ANY_PLAN);
    const theirs = comments.flatMap(({ body = "" }) => STACKS.exec(body)?.[1]?.split(" ") ?? []);
    for (const stack of stacks) if (theirs.includes(stack)) (found[stack] ??= []).push(other);
  }
  return found;
}
