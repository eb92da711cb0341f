import { dev } from "../../config/environments/dev";
import { globalConfig } from "../../config/global";
import { loadConfig, type ConfigInput } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { render } from "./support";

/**
 * Characters that a name may have.
 * @see https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
const LIMITS: readonly (readonly [type: string, argument: string, limit: number])[] = [
  ["aws_autoscaling_group", "name", 255],
  ["aws_backup_plan", "name", 50],
  ["aws_backup_vault", "name", 50],
  ["aws_cloudwatch_composite_alarm", "alarm_name", 255],
  ["aws_cloudwatch_dashboard", "dashboard_name", 255],
  ["aws_cloudwatch_event_rule", "name", 64],
  ["aws_cloudwatch_log_group", "name", 512],
  ["aws_cloudwatch_metric_alarm", "alarm_name", 255],
  ["aws_config_config_rule", "name", 128],
  ["aws_db_instance", "identifier", 63],
  ["aws_iam_instance_profile", "name", 128],
  ["aws_iam_policy", "name", 128],
  ["aws_iam_role", "name", 64],
  ["aws_kms_alias", "name", 256],
  ["aws_lambda_function", "function_name", 64],
  ["aws_launch_template", "name", 128],
  ["aws_lb", "name", 32],
  ["aws_lb_target_group", "name", 32],
  ["aws_s3_bucket", "bucket", 63],
  ["aws_scheduler_schedule", "name", 64],
  ["aws_scheduler_schedule_group", "name", 64],
  ["aws_sns_topic", "name", 256],
  ["aws_sqs_queue", "name", 80],
  ["aws_wafv2_web_acl", "name", 128],
  ["kubernetes_cron_job_v1", "metadata", 52],
  ["kubernetes_namespace_v1", "metadata", 63],
  ["kubernetes_service_account_v1", "metadata", 63],
  ["kubernetes_service_v1", "metadata", 63],
];

/** The longest names that the rules of the configuration take: of an environment, a domain, an ETL and a node group. */
function longestNames(): ConfigInput {
  const environment = "longestx";
  const domain = `${"d".repeat(34)}.io`;
  const rewritten = JSON.stringify({ globalConfig, settings: { ...dev, etls: {} } })
    .replaceAll("opsdx.io", domain)
    .replace(/(?<=[".-])dev(?=[".])/g, environment);
  const { globalConfig: global, settings } = JSON.parse(rewritten) as {
    globalConfig: typeof globalConfig;
    settings: typeof dev;
  };
  const nodes = settings.clusters.k8s.nodeGroups["load"];
  if (nodes === undefined) throw new Error("a node group expected");
  settings.clusters.k8s.nodeGroups["g".repeat(63)] = nodes;
  const etls = Object.entries(dev.etls).map(([name, etl]) => [name.padEnd(32, "x"), etl]);
  return {
    global,
    environments: { [environment]: { ...settings, etls: Object.fromEntries(etls) as typeof dev.etls } },
  };
}

test("the longest names that the configuration takes make no name that a service refuses", () => {
  const config = loadConfig(longestNames());
  const models = render(buildProgram(config, deploymentFor(config.global, {})).stacks);
  const seen = LIMITS.map(([type, argument, limit]) => {
    const names = models
      .flatMap((model) => model.ofType(type))
      .map(({ body }) => (argument === "metadata" ? (body["metadata"] as { name: unknown }).name : body[argument]))
      .filter((name): name is string => typeof name === "string" && !name.includes("${"));
    return { type, tooLong: names.filter((name) => name.length > limit), some: names.length > 0 };
  });
  expect(seen.filter(({ tooLong, some }) => tooLong.length > 0 || !some)).toEqual([]);
});
