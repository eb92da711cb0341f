import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { AWS_REGIONS } from "./primitives";

/** Names that AWS gives: closed lists, since a name that is not in them is ignored, or refused only when it is applied. */

/** A text that is one of a list; the nearest by spelling is offered. */
export function oneOf(names: readonly string[], rule: string) {
  return z.string().superRefine((received, context) => {
    if (names.includes(received)) return;
    context.addIssue({ code: "custom", message: rule, params: { nearest: closest(received, [...names]) } });
  });
}

/** A list that names each thing once. */
export function eachOnce(entries: z.ZodType<string>, what: string) {
  return z.array(entries).refine((names) => new Set(names).size === names.length, `must name each ${what} once`);
}

/**
 * The rules of `AWSManagedRulesCommonRuleSet`. AWS WAF takes an override of any other name, and ignores it.
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 */
export const COMMON_RULES: readonly string[] = [
  "NoUserAgent_HEADER",
  "UserAgent_BadBots_HEADER",
  "SizeRestrictions_QUERYSTRING",
  "SizeRestrictions_Cookie_HEADER",
  "SizeRestrictions_BODY",
  "SizeRestrictions_URIPATH",
  "EC2MetaDataSSRF_BODY",
  "EC2MetaDataSSRF_COOKIE",
  "EC2MetaDataSSRF_URIPATH",
  "EC2MetaDataSSRF_QUERYARGUMENTS",
  "GenericLFI_QUERYARGUMENTS",
  "GenericLFI_URIPATH",
  "GenericLFI_BODY",
  "RestrictedExtensions_URIPATH",
  "RestrictedExtensions_QUERYARGUMENTS",
  "GenericRFI_QUERYARGUMENTS",
  "GenericRFI_BODY",
  "GenericRFI_URIPATH",
  "CrossSiteScripting_COOKIE",
  "CrossSiteScripting_QUERYARGUMENTS",
  "CrossSiteScripting_BODY",
  "CrossSiteScripting_URIPATH",
];

/** Rules of the common rule set, each once. */
export const commonRules = eachOnce(
  oneOf(COMMON_RULES, "must be a rule of AWSManagedRulesCommonRuleSet: AWS ignores any other name"),
  "rule",
);

/** Services that every VPC reaches through a gateway endpoint. */
const GATEWAY_SERVICES = ["s3", "dynamodb"];

/**
 * Services with an interface endpoint `com.amazonaws.<region>.<name>` in the region of this program, which its systems may call;
 * add a line for another.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
 */
export const ENDPOINT_SERVICES: readonly string[] = [
  ...[
    "access-analyzer",
    "acm",
    "acm-pca",
    "application-autoscaling",
    "athena",
    "autoscaling",
    "backup",
    "cloudformation",
  ],
  ...["cloudtrail", "codeartifact.api", "codeartifact.repositories", "config", "dms", "ebs", "ec2", "ec2messages"],
  ...["ecr.api", "ecr.dkr", "elasticache", "elasticfilesystem", "elasticloadbalancing", "email-smtp", "events", "glue"],
  ...["guardduty", "guardduty-data", "inspector2", "kinesis-firehose", "kinesis-streams", "kms", "lambda", "logs"],
  ...["macie2", "monitoring", "pi", "rds", "rds-data", "sagemaker.api", "sagemaker.runtime", "secretsmanager"],
  ...["securityhub", "sns", "sqs", "ssm", "ssmmessages", "states", "sts", "synthetics", "tagging", "wafv2", "xray"],
];

const endpointService = z.string().superRefine((service, context) => {
  if (ENDPOINT_SERVICES.includes(service)) return;
  context.addIssue(
    GATEWAY_SERVICES.includes(service)
      ? { code: "custom", message: "must be left out: it has a gateway endpoint already, which is free" }
      : {
          code: "custom",
          message: "must be a service of ENDPOINT_SERVICES in config/schema/aws-names.ts, such as ecr.api",
          params: { nearest: closest(service, [...ENDPOINT_SERVICES]) },
        },
  );
});

/** Services reached through interface endpoints, each once. */
export const endpointServices = eachOnce(endpointService, "service");

/**
 * The name of an ECR repository.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 */
export const containerRepository = z
  .string()
  .regex(
    /^(?=.{2,256}$)[a-z][a-z0-9]*([._/-][a-z0-9]+)*$/,
    "must be an ECR repository name: 2 to 256 lower-case letters, digits and single . _ / - between them, a letter first",
  );

/**
 * The region in which Route 53 takes the keys that sign a zone, and writes its query logs: every zone of the program has both.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html
 */
export const ROUTE53_REGION = "us-east-1";

/** The region of an account's stacks. */
export const homeRegion = z.string().superRefine((region, context) => {
  if (region === ROUTE53_REGION) return;
  context.addIssue({
    code: "custom",
    message: AWS_REGIONS.includes(region)
      ? `must be ${ROUTE53_REGION}, where Route 53 takes signing keys and writes query logs`
      : "must be the name of an AWS region",
    params: { nearest: ROUTE53_REGION },
  });
});
