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
];
