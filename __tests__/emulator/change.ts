import type { Block } from "../../constructs/shared/policy/model";

type Resources = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** A new value of an argument that can change in place. */
const CHANGED: Readonly<Record<string, Block>> = {
  aws_autoscaling_group: { default_cooldown: 77 },
  aws_budgets_budget: { limit_amount: "77" },
  aws_cloudtrail: { include_global_service_events: false, is_multi_region_trail: false },
  aws_cloudwatch_event_rule: { description: "changed" },
  aws_cloudwatch_log_group: { retention_in_days: 3653 },
  aws_cloudwatch_metric_alarm: { alarm_description: "changed" },
  aws_cloudwatch_query_definition: { query_string: "fields @message" },
  aws_config_config_rule: { description: "changed" },
  aws_guardduty_detector: { finding_publishing_frequency: "SIX_HOURS" },
  aws_iam_account_password_policy: { max_password_age: 77 },
  aws_iam_policy: { policy: denyAll({}) },
  aws_iam_role: {
    description: "changed",
    assume_role_policy: denyAll({ Principal: "*", Action: "sts:AssumeRole", Resource: undefined }),
  },
  aws_kms_key: { description: "changed" },
  aws_lambda_alias: { description: "changed" },
  aws_lambda_function: { timeout: 899 },
  aws_lb: { idle_timeout: 77 },
  aws_lb_listener_rule: { priority: 77 },
  aws_lb_target_group: { deregistration_delay: 77 },
  aws_route53_health_check: { failure_threshold: 7 },
  aws_route53_zone: { comment: "changed" },
  aws_scheduler_schedule: { description: "changed" },
  aws_sns_topic: { display_name: "changed" },
  aws_sqs_queue: { visibility_timeout_seconds: 77 },
  aws_ssm_parameter: { description: "changed" },
  aws_vpc: { enable_dns_hostnames: false },
  aws_wafv2_web_acl: { description: "changed" },
};

/** Whose tags the emulator cannot change, or the provider only by a replacement (FIS). */
const UNTAGGABLE: readonly string[] = [
  "aws_autoscaling_group",
  "aws_backup_plan",
  "aws_backup_vault",
  "aws_fis_experiment_template",
  "aws_guardduty_detector",
  "aws_launch_template",
];

function denyAll(part: Block): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Action: "*", Resource: "*", ...part }],
  });
}

/** Terraform's override file that changes the first resource of each type, tags included: every way of changing one is taken once. */
export function override({ resource }: { readonly resource: Resources }): string {
  const changes = Object.entries(resource).flatMap(([type, instances]) => {
    const [[name, body] = ["", {}]] = Object.entries(instances);
    const tags = body["tags"] as Readonly<Record<string, string>> | undefined;
    const tagged = tags === undefined || UNTAGGABLE.includes(type) ? {} : { tags: { ...tags, changed: "yes" } };
    const change = { ...CHANGED[type], ...tagged };
    return Object.keys(change).length === 0 ? [] : [[type, { [name]: change }] as const];
  });
  return JSON.stringify({ resource: Object.fromEntries(changes) });
}
