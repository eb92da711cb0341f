import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy";
import {
  policyDocument,
  serviceTrust,
  type PolicyStatement,
} from "../../../../../constructs/shared/iam/policy-document";
import { iamRules } from "../../../../../constructs/shared/policy/rules/iam";
import { testRules, type Build } from "./support";

const policy =
  (...statements: PolicyStatement[]): Build =>
  (stack) =>
    new IamPolicy(stack, "Bad", { policy: policyDocument(...statements) });
const read: PolicyStatement = { sid: "Read", actions: ["s3:GetObject"], resources: ["*"] };

const role =
  (trust: string, inlinePolicy?: { name: string; policy: string }[]): Build =>
  (stack) =>
    new IamRole(stack, "Bad", { assumeRolePolicy: trust, inlinePolicy });
const lambdaTrust = serviceTrust("lambda.amazonaws.com", "123456789012");

const topicPolicy =
  (...statements: PolicyStatement[]): Build =>
  (stack) =>
    new SnsTopicPolicy(stack, "Bad", { arn: "arn", policy: policyDocument(...statements) });
const publish: PolicyStatement = { sid: "Publish", actions: ["sns:Publish"], resources: ["*"] };

const permission =
  (principal: string, source: { sourceArn?: string; sourceAccount?: string } = {}): Build =>
  (stack) =>
    new LambdaPermission(stack, "Bad", { action: "lambda:InvokeFunction", functionName: "f", principal, ...source });

const tokenTrust = (conditions?: PolicyStatement["conditions"]): string =>
  policyDocument({
    sid: "Workflows",
    actions: ["sts:AssumeRoleWithWebIdentity"],
    principals: { Federated: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" },
    conditions,
  });
const audience = { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" };
const subject = { "token.actions.githubusercontent.com:sub": "repo:owner/name:ref:refs/heads/main" };

const trustOf = (count: number): string =>
  policyDocument({
    sid: "People",
    actions: ["sts:AssumeRole"],
    principals: {
      AWS: Array.from({ length: count }, (_, index) => `arn:aws:iam::123456789012:role/role-${index + 10}`),
    },
  });

testRules(iamRules, {
  IAMRoleTrustSize: {
    accepts: { "a trust of few": role(trustOf(40)) },
    refuses: {
      "a trust of too many": ["has a trust policy of 2213 characters, which may have 2048", role(trustOf(51))],
    },
  },
  IAMNoInlinePolicy: {
    accepts: { "a policy of its own": policy(read), "a role without policies": role(lambdaTrust) },
    refuses: {
      "a role's policy": [
        "is or has an inline policy",
        (stack) => new IamRolePolicy(stack, "Bad", { role: "r", policy: policyDocument(read) }),
      ],
      "a policy inside a role": [
        "is or has an inline policy",
        role(lambdaTrust, [{ name: "p", policy: policyDocument(read) }]),
      ],
    },
  },
  IAMPolicyNoStatementsWithAdminAccess: {
    accepts: {
      "named actions": policy(read),
      "a deny of everything": policy({ sid: "Nothing", effect: "Deny", actions: ["*"], resources: ["*"] }),
      "everything on one resource": policy({ sid: "One", actions: ["*"], resources: ["arn:aws:s3:::one"] }),
      "a key's own policy, which is no identity policy": (stack) =>
        new KmsKey(stack, "Key", {
          policy: policyDocument({ sid: "Owner", actions: ["*"], resources: ["*"], principals: { AWS: "arn:root" } }),
        }),
    },
    refuses: {
      "everything on everything": [
        "allows everything on everything in statement All",
        policy(read, { sid: "All", actions: ["*"], resources: ["*"] }),
      ],
      "the policy of AWS": [
        "attaches AdministratorAccess",
        (stack) =>
          new IamRolePolicyAttachment(stack, "Bad", {
            role: "r",
            policyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
          }),
      ],
      "a policy inside a role": [
        "allows everything on everything in statement All",
        role(lambdaTrust, [{ name: "p", policy: policyDocument({ sid: "All", actions: ["*"], resources: ["*"] }) }]),
      ],
    },
  },
  IAMPolicyNoStatementsWithFullAccess: {
    accepts: { "a prefix": policy({ sid: "Reading", actions: ["s3:Get*"], resources: ["*"] }) },
    refuses: {
      "all of a service": [
        "allows s3:*, kms:* in statement Storage",
        policy(read, { sid: "Storage", actions: ["s3:*", "s3:GetObject", "kms:*"], resources: ["arn:aws:s3:::one"] }),
      ],
    },
  },
  PolicyNoWildcardPrincipal: {
    accepts: {
      "a limited everyone": topicPolicy({
        ...publish,
        principals: "*",
        conditions: { StringEquals: { "aws:PrincipalOrgID": "o-1" } },
      }),
      "a deny": topicPolicy({ ...publish, effect: "Deny", principals: "*" }),
      "a named one": topicPolicy({ ...publish, principals: { AWS: "arn:aws:iam::123456789012:root" } }),
    },
    refuses: {
      everyone: [
        "lets anyone in without a condition in statement Publish",
        topicPolicy({ ...publish, principals: "*" }),
      ],
      "the AWS form of everyone": [
        "lets anyone in without a condition in statement Publish",
        topicPolicy({ ...publish, principals: { AWS: ["arn", "*"] } }),
      ],
      "a role anyone may assume": [
        "lets anyone in without a condition in statement Assume",
        role(policyDocument({ sid: "Assume", actions: ["sts:AssumeRole"], principals: { AWS: "*" } })),
      ],
    },
  },
  PolicyServicePrincipalHasCondition: {
    accepts: {
      "a service for this account": topicPolicy({
        ...publish,
        principals: { Service: "events.amazonaws.com" },
        conditions: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      }),
      "a service that sends no source": topicPolicy({
        ...publish,
        principals: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
      }),
      "a permission with a source": permission("events.amazonaws.com", { sourceArn: "arn" }),
      "a permission for an account": permission("123456789012"),
    },
    refuses: {
      "a service for anyone": [
        "lets a service in on behalf of anyone in statement Publish",
        topicPolicy({ ...publish, principals: { Service: ["events.amazonaws.com"] } }),
      ],
      "a permission for anyone": [
        "lets events.amazonaws.com in on behalf of anyone",
        permission("events.amazonaws.com"),
      ],
    },
  },
  FederatedTrustNamesSubject: {
    accepts: {
      "a named subject": role(tokenTrust({ StringEquals: audience, StringLike: subject })),
      "a service": role(lambdaTrust),
    },
    refuses: {
      "the audience alone": [
        "trusts every token of the issuer in statement Workflows",
        role(tokenTrust({ StringEquals: audience })),
      ],
      "no condition": ["trusts every token of the issuer in statement Workflows", role(tokenTrust())],
    },
  },
  PolicyDocumentReadable: {
    accepts: {
      "a document": policy(read),
      "a document with expressions": policy({
        ...read,
        resources: ['${data.terraform_remote_state.s.outputs.x["y"]}'],
      }),
      "no policy": (stack) => new KmsKey(stack, "Key", {}),
    },
    refuses: {
      "a data source": [
        "has a policy that is not a JSON document at synth",
        (stack) => new IamPolicy(stack, "Bad", { policy: "${data.aws_iam_policy_document.x.json}" }),
      ],
    },
  },
});
