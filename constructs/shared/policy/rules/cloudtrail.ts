import { HIPAA } from "../citations";
import { isTrue } from "../model";
import { resourceRule, type Rule } from "../rule";

const types = ["aws_cloudtrail"];

/** Rules on trails. */
export const cloudtrailRules: readonly Rule[] = [
  resourceRule({
    id: "CloudTrailCloudWatchLogsEnabled",
    citation: HIPAA.accessLog,
    fix: "set cloud_watch_logs_group_arn and cloud_watch_logs_role_arn",
    types,
    problem: ({ body }) =>
      body["cloud_watch_logs_group_arn"] === undefined ? "does not write to CloudWatch Logs" : undefined,
  }),
  resourceRule({
    id: "CloudTrailEncryptionEnabled",
    citation: HIPAA.encryptionAtRest,
    fix: "set kms_key_id",
    types,
    problem: ({ body }) =>
      body["kms_key_id"] === undefined ? "is not encrypted with a customer-managed key" : undefined,
  }),
  resourceRule({
    id: "CloudTrailLogFileValidationEnabled",
    citation: "HIPAA 164.312(c)(1), 164.312(c)(2)",
    fix: "set enable_log_file_validation",
    types,
    problem: ({ body }) => (isTrue(body["enable_log_file_validation"]) ? undefined : "does not sign its files"),
  }),
  resourceRule({
    id: "CloudTrailLogRoleTrustHasNoSource",
    citation:
      "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html",
    fix: "trust cloudtrail.amazonaws.com without aws:SourceArn and aws:SourceAccount: CreateTrail is refused with them",
    types,
    problem: (trail, stack) => {
      const roles = stack
        .ofType("aws_iam_role")
        .filter((role) => stack.referring("aws_cloudtrail", "cloud_watch_logs_role_arn", role).includes(trail));
      const conditional = roles.some(({ body }) =>
        (stack.statements(String(body["assume_role_policy"])) ?? []).some(({ conditions }) =>
          Object.values(conditions).some((keys) => Object.keys(keys).some((key) => /^aws:source/i.test(key))),
        ),
      );
      return conditional ? "writes to CloudWatch Logs by a role whose trust names a source" : undefined;
    },
  }),
];
