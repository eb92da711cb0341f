import { HIPAA } from "../citations";
import type { Statement } from "../document";
import { blocks, strings, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule } from "../rule";

/** Policies that say what their holder may do, and the argument that holds each. */
const IDENTITY_POLICIES: Readonly<Record<string, string>> = {
  aws_iam_policy: "policy",
  aws_iam_role_policy: "policy",
  aws_iam_user_policy: "policy",
  aws_iam_group_policy: "policy",
};

/** Policies that say who may use what they are attached to. */
const RESOURCE_POLICIES: Readonly<Record<string, string>> = {
  aws_s3_bucket_policy: "policy",
  aws_sns_topic_policy: "policy",
  aws_sqs_queue_policy: "policy",
  aws_sqs_queue: "policy",
  aws_kms_key: "policy",
  aws_kms_key_policy: "policy",
  aws_ecr_repository_policy: "policy",
  aws_secretsmanager_secret_policy: "policy",
  aws_vpc_endpoint: "policy",
  aws_vpc_endpoint_policy: "policy",
  aws_backup_vault_policy: "policy",
  aws_efs_file_system_policy: "policy",
  aws_cloudwatch_log_resource_policy: "policy_document",
};

/** Policies that say who may assume a role. */
const TRUST_POLICIES: Readonly<Record<string, string>> = { aws_iam_role: "assume_role_policy" };

const ALL_POLICIES = { ...IDENTITY_POLICIES, ...RESOURCE_POLICIES, ...TRUST_POLICIES };

/** The policy texts of a resource: its policy argument, and a role's inline policies. */
function policyTexts({ type, body }: ResourceModel): readonly string[] {
  const argument = ALL_POLICIES[type];
  return [
    ...(argument === undefined ? [] : strings(body[argument])),
    ...blocks(body, "inline_policy").flatMap(({ policy }) => strings(policy)),
  ];
}

/** What is allowed by the policies of a resource; Deny statements take away, so no rule minds them. */
function allowed(resource: ResourceModel, stack: StackModel): readonly Statement[] {
  return policyTexts(resource)
    .flatMap((text) => stack.statements(text) ?? [])
    .filter(({ effect }) => effect === "Allow");
}

const named = ({ sid }: Statement): string => (sid === "" ? "a statement" : `statement ${sid}`);
const isAnyone = ({ principals }: Statement): boolean =>
  Object.entries(principals).some(([type, values]) => (type === "*" || type === "AWS") && values.includes("*"));
const isUnconditional = ({ conditions }: Statement): boolean => Object.keys(conditions).length === 0;

/**
 * Services that send neither source account nor source ARN: the object path of the statement names the account instead.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
const SENDS_NO_SOURCE: readonly string[] = ["logdelivery.elasticloadbalancing.amazonaws.com"];

const identityTypes = [...Object.keys(IDENTITY_POLICIES), "aws_iam_role"];
const identityStatements = (resource: ResourceModel, stack: StackModel): readonly Statement[] =>
  allowed(resource, stack).filter(({ principals }) => Object.keys(principals).length === 0);

/** Characters that a role's trust policy may have, white space apart; a quota that stands at this in a new account. */
const TRUST_SIZE = 2048;
/** What Terraform fills in is an ARN or shorter. */
const FILLED_IN = "x".repeat(100);

/** Rules on IAM policies, trust policies and resource policies. */
export const iamRules: readonly Rule[] = [
  resourceRule({
    id: "IAMRoleTrustSize",
    citation: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    fix: "name fewer principals or conditions: AWS refuses a longer one",
    types: ["aws_iam_role"],
    problem: ({ body }) => {
      const [trust = ""] = strings(body["assume_role_policy"]);
      const size = trust.replace(/\$\{[^}]+\}/g, FILLED_IN).replace(/\s/g, "").length;
      return size > TRUST_SIZE ? `has a trust policy of ${size} characters, which may have ${TRUST_SIZE}` : undefined;
    },
  }),
  resourceRule({
    id: "IAMNoInlinePolicy",
    citation: HIPAA.leastPrivilege,
    fix: "make an aws_iam_policy and attach it",
    types: ["aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy", "aws_iam_role"],
    problem: ({ type, body }) =>
      type !== "aws_iam_role" || blocks(body, "inline_policy").length > 0 ? "is or has an inline policy" : undefined,
  }),
  resourceRule({
    id: "IAMPolicyNoStatementsWithAdminAccess",
    citation: HIPAA.leastPrivilege,
    fix: "name the actions and the resources that are needed",
    types: [...identityTypes, "aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment"],
    problem: (resource, stack) => {
      if (String(resource.body["policy_arn"]).endsWith(":policy/AdministratorAccess"))
        return "attaches AdministratorAccess";
      const admin = identityStatements(resource, stack).find(
        ({ actions, resources }) => actions.includes("*") && resources.includes("*"),
      );
      return admin === undefined ? undefined : `allows everything on everything in ${named(admin)}`;
    },
  }),
  resourceRule({
    id: "IAMPolicyNoStatementsWithFullAccess",
    citation: HIPAA.leastPrivilege,
    fix: "name the actions that are needed instead of all of a service's",
    types: identityTypes,
    problem: (resource, stack) => {
      for (const statement of identityStatements(resource, stack)) {
        const full = statement.actions.filter((action) => /^(\w[\w-]*:)?\*$/.test(action));
        if (full.length > 0) return `allows ${full.join(", ")} in ${named(statement)}`;
      }
      return undefined;
    },
  }),
  resourceRule({
    id: "PolicyNoWildcardPrincipal",
    citation: HIPAA.noPublicAccess,
    fix: "name the principals, or add a condition that limits them",
    types: [...Object.keys(RESOURCE_POLICIES), ...Object.keys(TRUST_POLICIES)],
    problem: (resource, stack) => {
      const open = allowed(resource, stack).find((statement) => isAnyone(statement) && isUnconditional(statement));
      return open === undefined ? undefined : `lets anyone in without a condition in ${named(open)}`;
    },
  }),
  resourceRule({
    id: "PolicyServicePrincipalHasCondition",
    citation: "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    fix: "add a condition on aws:SourceAccount or aws:SourceArn: another customer could use the service against you",
    types: [...Object.keys(RESOURCE_POLICIES), "aws_lambda_permission"],
    problem: (resource, stack) => {
      if (resource.type === "aws_lambda_permission") {
        const { principal, source_arn, source_account } = resource.body;
        return String(principal).endsWith(".amazonaws.com") && source_arn === undefined && source_account === undefined
          ? `lets ${String(principal)} in on behalf of anyone`
          : undefined;
      }
      const open = allowed(resource, stack).find(
        (statement) =>
          isUnconditional(statement) &&
          (statement.principals["Service"] ?? []).some((service) => !SENDS_NO_SOURCE.includes(service)),
      );
      return open === undefined ? undefined : `lets a service in on behalf of anyone in ${named(open)}`;
    },
  }),
  resourceRule({
    id: "FederatedTrustNamesSubject",
    citation: HIPAA.accessControl,
    fix: "add a condition on the token's subject (…:sub): the issuer signs tokens for others too",
    types: Object.keys(TRUST_POLICIES),
    problem: (resource, stack) => {
      const open = allowed(resource, stack).find(
        ({ principals, conditions }) =>
          principals["Federated"] !== undefined &&
          !Object.values(conditions).some((keys) => Object.keys(keys).some((key) => key.endsWith(":sub"))),
      );
      return open === undefined ? undefined : `trusts every token of the issuer in ${named(open)}`;
    },
  }),
  resourceRule({
    id: "PolicyDocumentReadable",
    citation: HIPAA.leastPrivilege,
    fix: "write the document with policyDocument(), so that plans show it and the rules can read it",
    types: Object.keys(ALL_POLICIES),
    problem: (resource, stack) =>
      policyTexts(resource).some((text) => stack.statements(text) === undefined)
        ? "has a policy that is not a JSON document at synth"
        : undefined,
  }),
];
