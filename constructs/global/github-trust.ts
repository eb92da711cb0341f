import { policyDocument, type PolicyStatement } from "../shared/iam/policy-document";

/** Issuer of GitHub Actions' tokens, as IAM names its condition keys. */
export const GITHUB_ISSUER = "token.actions.githubusercontent.com";

/** Branch whose workflows may change anything. */
export const MAIN_BRANCH = "refs/heads/main";

/** Which workflow runs may assume a role. */
export interface GithubTrust {
  /** ARN of the account's identity provider for {@link GITHUB_ISSUER}. */
  readonly providerArn: string;
  /** Subjects, for example `repo:owner/name:environment:dev`: any of them. */
  readonly subjects: readonly string[];
  /** Git reference that the workflow must run on. @default - any that a subject allows */
  readonly ref?: string;
  /** Further statements. @default - none */
  readonly statements?: readonly PolicyStatement[];
}

/**
 * The trust policy of a role that GitHub workflows assume. Subjects are compared literally: a pattern in the wrong place
 * would let in repositories whose name only begins alike.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 * @throws Error when a subject holds a wildcard
 */
export function githubTrust({ providerArn, subjects, ref, statements = [] }: GithubTrust): string {
  for (const subject of subjects) {
    if (/[*?]/.test(subject))
      throw new Error(`subject of a workflow must be literal, without * or ?, got "${subject}"`);
  }
  return policyDocument(
    {
      sid: "GithubWorkflows",
      actions: ["sts:AssumeRoleWithWebIdentity"],
      principals: { Federated: providerArn },
      conditions: {
        StringEquals: {
          [`${GITHUB_ISSUER}:aud`]: "sts.amazonaws.com",
          [`${GITHUB_ISSUER}:sub`]: subjects,
          ...(ref === undefined ? {} : { [`${GITHUB_ISSUER}:ref`]: ref }),
        },
      },
    },
    ...statements,
  );
}
