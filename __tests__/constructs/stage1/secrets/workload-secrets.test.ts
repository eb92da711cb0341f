import type { WorkloadSecret } from "../../../../config/workload-secrets";
import { WorkloadSecrets } from "../../../../constructs/stage1/secrets/workload-secrets";
import { AGE_METRICS } from "../../../../constructs/shared/observability/age-metrics";
import { LOOK_LIMIT_MS } from "../../../../lambdas/age-watch/dates";
import { synth, TEST_ACCOUNT } from "../../../support";
import { monitoringOf } from "../db/support";

const secret = (system: string, reference: string): WorkloadSecret => ({
  system,
  reference,
  name: `opsdx/test/${system}/${reference}`,
  variables: ["DB_PASSWORD"],
  roles: [`opsdx-test-${system}-job`],
});
const SECRETS = [secret("c2dw", "dw-password"), secret("epic2op", "db-password"), secret("epic2op", "epic-key")];
const DATABASES = [
  "arn:aws:rds:us-east-1:123456789012:db:opsdx-test-db",
  "arn:aws:rds:us-east-1:123456789012:db:opsdx-test-dw",
];

function made(deletionProtection?: boolean, secrets = SECRETS) {
  let exports: WorkloadSecrets["exports"] | undefined;
  const stack = synth((scope) => {
    exports = new WorkloadSecrets(scope, "Secrets", {
      environment: "test",
      monitoring: monitoringOf(scope),
      account: TEST_ACCOUNT,
      owner: "Yanif",
      secrets,
      ages: {
        code: { file: __filename, hash: "Ag3s", handler: "index.handler" },
        maxAgeDays: 200,
        restoreTests: { planName: "opsdx_test_restore_test", databaseArns: DATABASES },
      },
      deletionProtection,
    }).exports;
  });
  return { stack, exports };
}
const { exports, stack } = made();

describe("WorkloadSecrets", () => {
  it("declares each secret, empty: no value passes through Terraform", () => {
    expect(stack.ofType("aws_secretsmanager_secret").map(({ body }) => body["name"])).toEqual(
      SECRETS.map(({ name }) => name),
    );
    expect(stack.ofType("aws_secretsmanager_secret_version")).toEqual([]);
  });

  it("gives each system a rotated key of its own, and exports it", () => {
    const aliases = stack.ofType("aws_kms_alias").map(({ body }) => String(body["name"]));
    expect(aliases.filter((alias) => alias.endsWith("-secrets"))).toEqual([
      "alias/opsdx-test-c2dw-secrets",
      "alias/opsdx-test-epic2op-secrets",
    ]);
    expect(new Set(stack.ofType("aws_kms_key").map(({ body }) => body["enable_key_rotation"]))).toEqual(
      new Set([true]),
    );
    expect(Object.keys(exports?.keyArns ?? {})).toEqual(["c2dw", "epic2op"]);
    const keyOf = ({ name }: WorkloadSecret) => stack.one("aws_secretsmanager_secret", { name }).body["kms_key_id"];
    const [c2dw, db, epic] = SECRETS.map(keyOf);
    expect(db).toBe(epic);
    expect(c2dw).not.toBe(db);
    expect(c2dw).toMatch(/^\$\{aws_kms_key\.Secrets_C2dw_Key_\w+\.arn\}$/);
  });

  it("lets nobody read one but its own workload, by a policy that gives nothing", () => {
    const policies = stack.ofType("aws_secretsmanager_secret_policy");
    expect(policies.map(({ body }) => body["block_public_policy"])).toEqual([true, true, true]);
    const read = policies.flatMap(({ body }) => stack.statements(String(body["policy"])) ?? []);
    expect(read.map(({ actions, conditions, effect }) => [effect, actions, conditions])).toEqual(
      SECRETS.map(({ roles: [role = ""] }) => [
        "Deny",
        ["secretsmanager:GetSecretValue"],
        { ArnNotEquals: { "aws:PrincipalArn": [`arn:aws:iam::123456789012:role/${role}`] } },
      ]),
    );
  });

  it("can be restored for 30 days after a deletion; a deployment that is thrown away leaves nothing behind", () => {
    const days = (of: typeof stack) =>
      new Set(of.ofType("aws_secretsmanager_secret").map(({ body }) => body["recovery_window_in_days"]));
    expect([...days(stack)]).toEqual([30]);
    expect([...days(made(false).stack)]).toEqual([0]);
  });

  it("breaks no policy rule but those that are acknowledged with a reason", () => {
    const findings = stack.findings().filter(({ path }) => path.includes("/Secrets/"));
    expect(findings.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(new Set(findings.map(({ rule }) => rule).filter((rule) => !rule.startsWith("RecommendedAlarm")))).toEqual(
      new Set(["SecretsManagerRotationEnabled", "LambdaInsideVPC"]),
    );
  });
});

describe("AgeWatch", () => {
  const name = "opsdx-test-age-watch";
  const fn = stack.one("aws_lambda_function", { function_name: name });
  const statementsOf = (of: typeof stack) =>
    of.statements(String(of.one("aws_iam_policy", { name }).body["policy"])) ?? [];

  it("looks every hour at every secret that is in use, and at the restore tests", () => {
    const schedule = stack.one("aws_scheduler_schedule", { name }).body;
    expect(schedule).toMatchObject({
      schedule_expression: "cron(20 * * * ? *)",
      state: "ENABLED",
      target: { arn: `\${${fn.address}.arn}`, input: "{}" },
    });
    const environment = fn.body["environment"] as { variables: Record<string, string> };
    const { variables } = environment;
    expect(JSON.parse(variables["WATCHED"] ?? "")).toEqual(SECRETS.map((each) => each.name));
    expect(JSON.parse(variables["DATABASES"] ?? "")).toEqual(DATABASES);
    expect(variables).toMatchObject({
      RESTORE_TESTING_PLAN: "opsdx_test_restore_test",
      METRIC_NAMESPACE: AGE_METRICS.namespace,
    });
    const former = made(undefined, [...SECRETS, { ...secret("old-name", "db-password"), former: true }]).stack;
    const told = former.one("aws_lambda_function", { function_name: name }).body["environment"] as typeof environment;
    expect(told).toEqual(environment);
  });

  it("may read dates of just these secrets and of restore tests, and no value", () => {
    const [dates, plan, jobs, ...own] = statementsOf(stack);
    expect(dates).toMatchObject({
      actions: ["secretsmanager:ListSecretVersionIds"],
      resources: SECRETS.map(({ name: secretName }) => {
        const { address } = stack.one("aws_secretsmanager_secret", { name: secretName });
        return `\${${address}.arn}`;
      }),
    });
    expect(plan).toMatchObject({
      actions: ["backup:GetRestoreTestingPlan"],
      resources: ["arn:aws:backup:us-east-1:123456789012:restore-testing-plan:opsdx_test_restore_test-*"],
    });
    expect(jobs?.actions).toEqual(["backup:ListRestoreJobs"]);
    expect(own.map(({ sid }) => sid)).toEqual(["Logs", "Traces", "FailedEvents", "Key"]);
    expect(statementsOf(made(undefined, []).stack).map(({ sid }) => sid)).not.toContain("DatesOfVersions");
  });

  it("tells that AWS does not answer before Lambda ends it", () => {
    expect(Number(fn.body["timeout"])).toBeGreaterThanOrEqual(LOOK_LIMIT_MS / 1000 + 5);
  });

  it.each([
    ["secrets-old", "OldestSecretDays", "GreaterThanThreshold", 200, 1, "ignore"],
    ["age-watch-silent", "AgesChecked", "LessThanThreshold", 1, 6, "breaching"],
    ["age-watch-errors", "Errors", "GreaterThanThreshold", 0, 3, "notBreaching"],
  ])("%s: %s %s %d, %d h, without data %s", (alarm, metric, operator, threshold, periods, missing) => {
    expect(stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${alarm}` }).body).toMatchObject({
      metric_name: metric,
      comparison_operator: operator,
      threshold,
      period: 3600,
      evaluation_periods: periods,
      treat_missing_data: missing,
      alarm_actions: [`\${${stack.one("aws_sns_topic", { name: "opsdx-test-ticket" }).address}.arn}`],
    });
  });
});
