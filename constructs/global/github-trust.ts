import { ciWorkflowRef, MAIN_BRANCH, type CiWorkflow, type GithubRepository } from "../../config/github";
import { policyDocument, type PolicyStatement } from "../shared/iam/policy-document";

/** Issuer of GitHub Actions' tokens, as IAM names its condition keys. */
export const GITHUB_ISSUER = "token.actions.githubusercontent.com";

/** What a job of a workflow runs for. */
export interface WorkflowRun {
  /** `pull_request`, a branch as `ref:refs/heads/main`, or `environment:<name>`: GitHub's claim `context`. */
  readonly context: string;
  /** The workflow of main that holds the job. */
  readonly workflow: CiWorkflow;
}

/** Which jobs of workflows may assume a role. */
export interface GithubTrust {
  /** ARN of the account's identity provider for {@link GITHUB_ISSUER}. */
  readonly providerArn: string;
  /** The repository. */
  readonly repository: GithubRepository;
  /** What the job runs for: any of them. */
  readonly runs: readonly WorkflowRun[];
  /** Workflow that may also run in the merge queue of main. @default - none */
  readonly inMergeQueue?: CiWorkflow;
  /** Git reference that the workflow must run on. @default - any that a subject allows */
  readonly ref?: string;
  /** Further statements. @default - none */
  readonly statements?: readonly PolicyStatement[];
}

/**
 * How a repository's subjects begin. Those created, renamed or moved since 15 July 2026 have the ids of owner and repository in them, and
 * others do once `opsdx github subject set` has asked for it. One form only: a trust policy may have 2048 characters.
 * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
 */
function prefix({ name, ids }: GithubRepository): string {
  if (ids === undefined) return `repo:${name}`;
  const [owner = "", repository = ""] = name.split("/");
  return `repo:${owner}@${ids.owner}/${repository}@${ids.repository}`;
}

/**
 * The trust policy of a role that GitHub workflows assume. The subject ends in the workflow of main that holds the job
 * (`GITHUB_SUBJECT_CLAIMS`), so a branch that changes the workflow gets nothing: a job of a pull request is let in only when it
 * stands in a workflow that is called as `uses: <repository>/.github/workflows/plan.yml@main`.
 *
 * Subjects are compared literally, for a pattern in the wrong place would let in repositories whose names only begin alike. One is
 * none: a run in the merge queue has its branch, `gh-readonly-queue/main/pr-<number>-<commit>`, in its subject. GitHub makes those
 * branches and lets nobody push to them, and no branch has a colon in its name, so the pattern ends at the next claim.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 * @throws Error when what a job runs for holds a wildcard
 */
export function githubTrust(trust: GithubTrust): string {
  const { providerArn, repository, runs, inMergeQueue, ref, statements = [] } = trust;
  for (const { context } of runs) {
    if (/[*?]/.test(context)) throw new Error(`what a job runs for must be literal, without * or ?, got "${context}"`);
  }
  const subject = ({ context, workflow }: WorkflowRun): string =>
    `${prefix(repository)}:${context}:job_workflow_ref:${ciWorkflowRef(repository, workflow)}`;
  const always = {
    [`${GITHUB_ISSUER}:aud`]: "sts.amazonaws.com",
    ...(repository.ids === undefined
      ? {}
      : {
          [`${GITHUB_ISSUER}:repository_id`]: String(repository.ids.repository),
          [`${GITHUB_ISSUER}:repository_owner_id`]: String(repository.ids.owner),
        }),
  };
  const allow = (sid: string, conditions: PolicyStatement["conditions"]): PolicyStatement => ({
    sid,
    actions: ["sts:AssumeRoleWithWebIdentity"],
    principals: { Federated: providerArn },
    conditions,
  });
  return policyDocument(
    allow("GithubWorkflows", {
      StringEquals: {
        ...always,
        [`${GITHUB_ISSUER}:sub`]: runs.map(subject),
        ...(ref === undefined ? {} : { [`${GITHUB_ISSUER}:ref`]: ref }),
      },
    }),
    ...(inMergeQueue === undefined
      ? []
      : [
          allow("MergeQueue", {
            StringEquals: always,
            StringLike: {
              [`${GITHUB_ISSUER}:sub`]: subject({
                context: `ref:${MAIN_BRANCH.replace("refs/heads/", "refs/heads/gh-readonly-queue/")}/pr-*`,
                workflow: inMergeQueue,
              }),
            },
          }),
        ]),
    ...statements,
  );
}
