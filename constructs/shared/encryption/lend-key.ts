import type { PolicyStatement } from "../iam/policy-document";

/**
 * Lets an AWS service that works in a role's name lend keys to other AWS services, and to nobody else.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
export function lendKeys(sid: string, keyArns: readonly string[]): PolicyStatement {
  return {
    sid,
    actions: ["kms:CreateGrant"],
    resources: keyArns,
    conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
  };
}
