import { githubTrust } from "../../../constructs/global/github-trust";
import { statement, statementsOf } from "./support";

const providerArn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

describe("githubTrust", () => {
  test("names audience, subject and reference literally", () => {
    const trust = githubTrust({ providerArn, subjects: ["repo:o/n:environment:dev"], ref: "refs/heads/main" });
    expect(statement(trust, "GithubWorkflows")).toEqual({
      Sid: "GithubWorkflows",
      Effect: "Allow",
      Action: ["sts:AssumeRoleWithWebIdentity"],
      Principal: { Federated: providerArn },
      Condition: {
        StringEquals: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": ["repo:o/n:environment:dev"],
          "token.actions.githubusercontent.com:ref": "refs/heads/main",
        },
      },
    });
    expect(statementsOf(trust)).toHaveLength(1);
  });

  test.each(["repo:o/*", "repo:o/n:*", "repo:o/n?:ref:refs/heads/main"])("refuses the pattern %s", (subject) => {
    expect(() => githubTrust({ providerArn, subjects: [subject] })).toThrow(
      `subject of a workflow must be literal, without * or ?, got "${subject}"`,
    );
  });
});
