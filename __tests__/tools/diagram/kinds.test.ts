import { KEPT_TYPES, REMADE_TYPES } from "../../../stacks/resource-types";
import { categoryOf, kindOf } from "../../../tools/diagram/kinds";

it.each([
  ["aws_cloudwatch_metric_alarm", "aws_sns_topic", "watch"],
  ["aws_cloudwatch_event_target", "aws_sns_topic", "watch"],
  ["aws_cloudwatch_event_target", "aws_lambda_function", "runs"],
  ["aws_cloudwatch_log_group", "aws_kms_key", "key"],
  ["aws_cloudtrail", "aws_s3_bucket", "watch"],
  ["aws_macie2_classification_job", "aws_s3_bucket", "data"],
  ["aws_iam_policy", "aws_s3_bucket", "data"],
  ["aws_iam_role", "aws_iam_openid_connect_provider", "rights"],
  ["aws_iam_role", undefined, "rights"],
  ["aws_db_subnet_group", "aws_subnet", "network"],
  ["aws_route53_record", "aws_route53_zone", "network"],
  ["kubernetes_network_policy_v1", undefined, "network"],
  ["kubernetes_deployment_v1", "aws_db_instance", "data"],
  ["kubernetes_deployment_v1", undefined, "data"],
  ["aws_scheduler_schedule", "aws_scheduler_schedule_group", "runs"],
] as const)("a reference from %s to %s is %s", (from, to, kind) => expect(kindOf(from, to)).toBe(kind));

it("colours a system after what it is", () => {
  expect(categoryOf(["aws_db_instance", "aws_backup_plan", "aws_backup_plan"])).toBe("database");
  expect(categoryOf(["aws_iam_role", "aws_iam_role", "aws_sns_topic"])).toBe("integration");
  expect(categoryOf(["aws_iam_role", "aws_iam_policy"])).toBe("security");
  expect(categoryOf([])).toBe("management");
});

it("has a category of its own for most types of the program", () => {
  const types = [...Object.keys(KEPT_TYPES), ...REMADE_TYPES];
  const managed = types.filter((type) => categoryOf([type]) === "management");
  expect(managed.filter((type) => !/^aws_(cloudwatch_|cloudtrail|config_|budgets_|ce_|fis_|ssm_)/.test(type))).toEqual(
    [],
  );
});
