import { RefusedError } from "../../config/explained-error";
import { githubFault, isNotFound, type GithubClient } from "./client";

/** A pull request, as it is at one moment. */
export interface PullRequest {
  /** Its number. */
  readonly number: number;
  /** Its page. */
  readonly url: string;
  /** Its description. */
  readonly body: string;
  /** When the description was edited last, by GitHub's clock. @default - never */
  readonly bodyEditedAt?: string;
  /** Who opened it. @default - their account is gone */
  readonly author?: string;
  /** Its newest commit. */
  readonly head: string;
  /** Its branch. */
  readonly branch: string;
  /** Whether the branch stands in another repository. */
  readonly fork: boolean;
  /** Names of its labels. */
  readonly labels: readonly string[];
}

/** All in one answer: what is read apart could be of different moments, and the description edited between them. */
const QUERY = `query ($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      number url body lastEditedAt author { login } headRefOid headRefName isCrossRepository labels(first: 100) { nodes { name } }
    }
  }
}`;

/** What {@link QUERY} is answered with. @see https://docs.github.com/en/graphql/reference/objects#pullrequest */
export interface PullRequestAnswer {
  /** The repository. */
  readonly repository: {
    /** Its pull request. */
    readonly pullRequest: {
      /** Number. */
      readonly number: number;
      /** Page. */
      readonly url: string;
      /** Description. */
      readonly body: string;
      /** When the description was edited last. */
      readonly lastEditedAt: string | null;
      /** Who opened it. */
      readonly author: { readonly login: string } | null;
      /** Newest commit. */
      readonly headRefOid: string;
      /** Branch. */
      readonly headRefName: string;
      /** Whether it comes from another repository. */
      readonly isCrossRepository: boolean;
      /** Labels. */
      readonly labels: { readonly nodes: readonly { readonly name: string }[] } | null;
    };
  };
}

/**
 * Reads a pull request.
 * @throws RefusedError when there is no such pull request, or the token does not see it
 * @throws CommandError when GitHub does not answer
 */
export async function readPullRequest(client: GithubClient, number: number): Promise<PullRequest> {
  const { octokit, owner, repo } = client;
  const { repository } = await octokit
    .graphql<PullRequestAnswer>(QUERY, { owner, repo, number })
    .catch((error: unknown) => {
      if (isNotFound(error)) {
        throw new RefusedError(
          `the pull request must be one of ${owner}/${repo} that the token may see, got #${number}`,
        );
      }
      throw githubFault(client, `read the pull request #${number}`, error);
    });
  const { pullRequest: found } = repository;
  return {
    number: found.number,
    url: found.url,
    body: found.body,
    bodyEditedAt: found.lastEditedAt ?? undefined,
    author: found.author?.login,
    head: found.headRefOid,
    branch: found.headRefName,
    fork: found.isCrossRepository,
    labels: (found.labels?.nodes ?? []).map(({ name }) => name),
  };
}
