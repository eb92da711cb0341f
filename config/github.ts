import type { GlobalConfig } from "./schema/global";

/** Branch whose workflows may change anything. */
export const MAIN_BRANCH = "refs/heads/main";

/** The repository on GitHub. */
export interface GithubRepository {
  /** `owner/name`. */
  readonly name: string;
  /** Numbers that GitHub gives once, whatever the names become. @default - only the name is known */
  readonly ids?: { readonly owner: number; readonly repository: number };
}

/** The repository that the configuration names. */
export function githubRepository({
  repository,
  repositoryIds,
}: Pick<GlobalConfig, "repository" | "repositoryIds">): GithubRepository {
  return { name: repository, ids: repositoryIds };
}

/** The workflows that sign in to AWS, by what they do: files of `.github/workflows`. */
export const CI_WORKFLOWS = {
  /** Plans pull requests, merge queue and main. */
  plan: "plan.yml",
  /** Plans main at night, and tells what differs. */
  drift: "drift.yml",
  /** Applies main. */
  deploy: "deploy.yml",
  /** Builds images of main. */
  images: "images.yml",
} as const;

/** The workflow that calls the one that plans: what a branch makes of it signs in to nothing. */
export const PLAN_CALLER = "pull-request.yml";

/** Name of that workflow, by which runners tell its jobs from others. */
export const PLAN_CALLER_NAME = "pull request";

/** One of the workflows that sign in to AWS. */
export type CiWorkflow = keyof typeof CI_WORKFLOWS;

/** A workflow of main, as GitHub's claim `job_workflow_ref` names it. */
export function ciWorkflowRef({ name }: GithubRepository, workflow: CiWorkflow): string {
  return `${name}/.github/workflows/${CI_WORKFLOWS[workflow]}@${MAIN_BRANCH}`;
}

/**
 * What the subject of a job's token is made of, in this order. `opsdx github subject set` tells GitHub.
 * @see https://docs.github.com/en/rest/actions/oidc#set-the-customization-template-for-an-oidc-subject-claim-for-a-repository
 */
export const GITHUB_SUBJECT_CLAIMS = ["repo", "context", "job_workflow_ref"] as const;
