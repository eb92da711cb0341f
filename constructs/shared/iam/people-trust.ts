import type { PolicyStatement } from "./policy-document";

/**
 * Lets people of an account take on a role, whatever Identity Center appends to the names of theirs. The account is the principal, as
 * a pattern cannot be one: they need `sts:AssumeRole` on the role, too.
 *
 * @param principals - patterns of `aws:PrincipalArn`, one or more: see `config/people.ts`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 */
export function peopleTrust(accountId: string, principals: readonly string[]): PolicyStatement {
  return {
    sid: "People",
    actions: ["sts:AssumeRole"],
    principals: { AWS: `arn:aws:iam::${accountId}:root` },
    conditions: { ArnLike: { "aws:PrincipalArn": principals } },
  };
}
