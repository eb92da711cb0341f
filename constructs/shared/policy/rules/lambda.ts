import { HIPAA } from "../citations";
import { block, isTrue, strings } from "../model";
import { resourceRule, type Rule } from "../rule";

const types = ["aws_lambda_function"];

/** Rules on Lambda functions. */
export const lambdaRules: readonly Rule[] = [
  resourceRule({
    id: "LambdaConcurrency",
    citation: HIPAA.audit,
    fix: "set reserved_concurrent_executions",
    types,
    problem: ({ body }) =>
      Number(body["reserved_concurrent_executions"] ?? -1) > 0 ? undefined : "has no limit on concurrent executions",
  }),
  resourceRule({
    id: "LambdaDLQ",
    citation: HIPAA.audit,
    fix: "set target_arn in dead_letter_config",
    types,
    problem: ({ body }) =>
      block(body, "dead_letter_config")["target_arn"] === undefined ? "has no dead-letter queue" : undefined,
  }),
  resourceRule({
    id: "LambdaLogLevelsNamed",
    citation: "https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html",
    fix: "name application_log_level and system_log_level: Lambda gives back INFO for both, and where versions are published the provider takes that for a change (terraform-provider-aws #33383)",
    types,
    problem: ({ body }) => {
      const logging = block(body, "logging_config");
      const named = logging["application_log_level"] !== undefined && logging["system_log_level"] !== undefined;
      return logging["log_format"] === "JSON" && isTrue(body["publish"]) && !named
        ? "publishes a version in every plan, as its logs are JSON without levels"
        : undefined;
    },
  }),
  resourceRule({
    id: "LambdaInsideVPC",
    citation: HIPAA.noPublicAccess,
    fix: "name private subnets in vpc_config",
    types,
    problem: ({ body }) =>
      strings(block(body, "vpc_config")["subnet_ids"]).length === 0 ? "does not run inside the VPC" : undefined,
  }),
  resourceRule({
    id: "LambdaFunctionPublicAccessProhibited",
    citation: HIPAA.noPublicAccess,
    fix: "name the service or account that may invoke the function, and its source",
    types: ["aws_lambda_permission", "aws_lambda_function_url"],
    problem: ({ type, body }) => {
      const open =
        type === "aws_lambda_permission"
          ? body["principal"] === "*" && body["principal_org_id"] === undefined
          : body["authorization_type"] === "NONE";
      return open ? "lets anyone invoke the function" : undefined;
    },
  }),
];
