/** The value of one principal type: an ARN, a service name, or `*`. */
export type PrincipalValue = string | readonly string[];

/** One statement of an IAM, bucket, key, queue or topic policy. */
export interface PolicyStatement {
  /** Statement id, unique in its document: what a reviewer and an access-denied message name. */
  readonly sid: string;
  /** @default "Allow" */
  readonly effect?: "Allow" | "Deny";
  /** Actions. Either this or `notActions`. @default - none */
  readonly actions?: readonly string[];
  /** Every action but these. @default - none */
  readonly notActions?: readonly string[];
  /** Resource ARNs. Leave out only in a role's trust policy. @default - none */
  readonly resources?: readonly string[];
  /** Every resource but these. Either this or `resources`. @default - none */
  readonly notResources?: readonly string[];
  /** Who: resource policies and trust policies only. `"*"` means anyone. @default - the identity the policy is attached to */
  readonly principals?: "*" | Readonly<Record<string, PrincipalValue>>;
  /** Condition operators, keys and values. @default - none */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * Renders statements as a policy document. Written at synth rather than by a data source, so that a plan shows the policy
 * itself and the policy rules can read it.
 *
 * @throws Error when a sid is not alphanumeric or not unique, or a statement does not have one of `actions` and `notActions`
 */
export function policyDocument(...statements: readonly PolicyStatement[]): string {
  const sids = new Set<string>();
  for (const { sid, actions, notActions, resources, notResources } of statements) {
    // IAM takes no other characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    if (!/^[A-Za-z0-9]+$/.test(sid)) throw new Error(`policy statement sid must be letters and digits, got "${sid}"`);
    if (sids.has(sid)) throw new Error(`policy statement sid must be unique in its document, got "${sid}" twice`);
    if ((actions === undefined) === (notActions === undefined) || (actions ?? notActions)?.length === 0) {
      const received = actions === undefined ? "none" : notActions === undefined ? "an empty list" : "both";
      throw new Error(`policy statement "${sid}" must name either actions or notActions, got ${received}`);
    }
    if (resources !== undefined && notResources !== undefined) {
      throw new Error(`policy statement "${sid}" must name either resources or notResources, got both`);
    }
    sids.add(sid);
  }
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((statement) => ({
      Sid: statement.sid,
      Effect: statement.effect ?? "Allow",
      Principal: statement.principals,
      Action: statement.actions,
      NotAction: statement.notActions,
      Resource: statement.resources,
      NotResource: statement.notResources,
      Condition: statement.conditions,
    })),
  });
}

/**
 * The trust policy that lets an AWS service assume a role.
 * @param accountId - on behalf of this account only; undefined for the services that name none, which would be refused
 */
export function serviceTrust(service: string, accountId: string | undefined): string {
  return policyDocument({
    sid: "AssumeRole",
    actions: ["sts:AssumeRole"],
    principals: { Service: service },
    conditions: accountId === undefined ? undefined : { StringEquals: { "aws:SourceAccount": accountId } },
  });
}

/** Lambda takes only roles of the function's own account, and sends no source that a condition could ask for. */
export const LAMBDA_TRUST = policyDocument({
  sid: "AssumeRole",
  actions: ["sts:AssumeRole"],
  principals: { Service: "lambda.amazonaws.com" },
});
