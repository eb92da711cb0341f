import type { GithubRepository } from "../../../config/github";
import { githubTrust, type GithubTrust } from "../../../constructs/global/github-trust";
import { namedPolicy, trusts } from "../../../constructs/shared/policy/evaluate";
import { statement, statementsOf } from "./support";

const providerArn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const BY_NAME: GithubRepository = { name: "o/n" };
const BY_ID: GithubRepository = { name: "o/n", ids: { owner: 1, repository: 2 } };
const CLAIM = "token.actions.githubusercontent.com";
const PLAN = "o/n/.github/workflows/plan.yml@refs/heads/main";
const QUEUE = "refs/heads/gh-readonly-queue/main/pr-7-0123456789abcdef0123456789abcdef01234567";

const plan = (repository: GithubRepository): GithubTrust => ({
  providerArn,
  repository,
  runs: [{ context: "pull_request", workflow: "plan" }],
  inMergeQueue: "plan",
});

/** Whether a job gets the role, by the subject of its token and the ids beside it. */
function letsIn(
  trust: GithubTrust,
  subject: string,
  ids = { owner: "1", repository: "2" },
  ref = "refs/heads/main",
): boolean {
  return trusts(namedPolicy("trust", githubTrust(trust)), {
    principal: ["Federated", providerArn],
    action: "sts:AssumeRoleWithWebIdentity",
    context: {
      [`${CLAIM}:aud`]: "sts.amazonaws.com",
      [`${CLAIM}:sub`]: subject,
      [`${CLAIM}:repository_id`]: ids.repository,
      [`${CLAIM}:repository_owner_id`]: ids.owner,
      [`${CLAIM}:ref`]: ref,
    },
  });
}

describe("githubTrust", () => {
  test("names audience, subject and reference literally", () => {
    const trust = githubTrust({
      providerArn,
      repository: BY_NAME,
      runs: [{ context: "environment:dev", workflow: "deploy" }],
      ref: "refs/heads/main",
    });
    expect(statement(trust, "GithubWorkflows")).toEqual({
      Sid: "GithubWorkflows",
      Effect: "Allow",
      Action: ["sts:AssumeRoleWithWebIdentity"],
      Principal: { Federated: providerArn },
      Condition: {
        StringEquals: {
          [`${CLAIM}:aud`]: "sts.amazonaws.com",
          [`${CLAIM}:sub`]: [
            "repo:o/n:environment:dev:job_workflow_ref:o/n/.github/workflows/deploy.yml@refs/heads/main",
          ],
          [`${CLAIM}:ref`]: "refs/heads/main",
        },
      },
    });
    expect(statementsOf(trust)).toHaveLength(1);
  });

  test.each([
    ["a pull request", "pull_request"],
    ["the merge queue", `ref:${QUEUE}`],
  ])("takes %s from the repository of the ids, and from nobody who took its names over", (_, context) => {
    const [byId, byName] = ["o@1/n@2", "o/n"].map((repo) => `repo:${repo}:${context}:job_workflow_ref:${PLAN}`) as [
      string,
      string,
    ];
    expect(letsIn(plan(BY_ID), byId)).toBe(true);
    expect(letsIn(plan(BY_ID), byId, { owner: "1", repository: "3" })).toBe(false);
    expect(letsIn(plan(BY_ID), byId, { owner: "3", repository: "2" })).toBe(false);
    expect(letsIn(plan(BY_ID), byName)).toBe(false);
    expect([letsIn(plan(BY_NAME), byName), letsIn(plan(BY_NAME), byId)]).toEqual([true, false]);
  });

  test.each([
    ["GitHub's own shape", "repo:o/n:pull_request"],
    [
      "a workflow that the branch changed",
      "repo:o/n:pull_request:job_workflow_ref:o/n/.github/workflows/plan.yml@refs/pull/7/merge",
    ],
    [
      "another workflow of main",
      "repo:o/n:pull_request:job_workflow_ref:o/n/.github/workflows/deploy.yml@refs/heads/main",
    ],
    [
      "a workflow of somebody else",
      "repo:o/n:pull_request:job_workflow_ref:x/y/.github/workflows/plan.yml@refs/heads/main",
    ],
    ["another branch", `repo:o/n:ref:refs/heads/x:job_workflow_ref:${PLAN}`],
    ["the queue of another branch", `repo:o/n:ref:${QUEUE.replace("/main/", "/x/")}:job_workflow_ref:${PLAN}`],
    ["the queue with the branch's workflow", `repo:o/n:ref:${QUEUE}:job_workflow_ref:${PLAN.replace("main", "x")}`],
    ["a repository whose name begins alike", `repo:o/n2:pull_request:job_workflow_ref:${PLAN}`],
  ])("refuses %s", (_, subject) => {
    expect(letsIn(plan(BY_NAME), subject)).toBe(false);
    expect(letsIn(plan(BY_ID), subject.replace(/^repo:o\/n/, "repo:o@1/n@2"))).toBe(false);
  });

  test.each(["ref:refs/heads/*", "ref:refs/heads/main?"])("refuses the pattern %s", (context) => {
    const runs = [{ context, workflow: "plan" as const }];
    expect(() => githubTrust({ providerArn, repository: BY_NAME, runs })).toThrow(
      `what a job runs for must be literal, without * or ?, got "${context}"`,
    );
  });
});
