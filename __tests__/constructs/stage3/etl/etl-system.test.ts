import { LOOK_SECONDS } from "../../../../constructs/stage3/etl/etl-freshness";
import { LOOK_LIMIT_MS } from "../../../../lambdas/etl-freshness/metrics";
import { LOOK_MS } from "../../../../lambdas/etl-launcher/runs";
import { synthEtls } from "./support";

const IMAGE = "trews-etl@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const NAMES = {
  epic2op: "opsdx-test-etl-lambda",
  "c2dw-daily": "opsdx-test-c2dw-etl-lambda",
  op2dw: "opsdx-test-op2dw-etl-lambda",
  c2dw: "opsdx-ml-test-c2dw-etl-lambda",
} as const;

const { alarms, stack, systems } = synthEtls({ epic2op: { enabled: true, image: IMAGE } });
const alarm = (name: string) => stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${name}` }).body;

describe("launchers", () => {
  it.each(Object.entries(NAMES))("of %s is %s", (etl, name) => {
    expect(stack.one("aws_lambda_function", { function_name: name }).body).toMatchObject({
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      memory_size: 256,
      timeout: 30,
      reserved_concurrent_executions: 1,
      publish: true,
      source_code_hash: "Dx4t",
      tracing_config: { mode: "Active" },
      vpc_config: { subnet_ids: ["subnet-a", "subnet-c"], security_group_ids: ["sg-launcher"] },
    });
    const log = stack.one("aws_cloudwatch_log_group", { name: `/aws/lambda/${name}` });
    expect(stack.one("aws_lambda_function", { function_name: name }).body["logging_config"]).toEqual({
      log_format: "JSON",
      // What Lambda gives back by itself: left out, every plan would publish a version.
      application_log_level: "INFO",
      system_log_level: "INFO",
      log_group: `\${${log.address}.name}`,
    });
    const queue = stack.one("aws_sqs_queue", { name: `opsdx-test-${etl}-launch-failed` });
    const target = `\${${queue.address}.arn}`;
    // Beside the destination it would get each event once more, in another format.
    expect(stack.one("aws_lambda_function", { function_name: name }).body["dead_letter_config"]).toBeUndefined();
    const fn = stack.one("aws_lambda_function", { function_name: name });
    const events = stack.referring("aws_lambda_function_event_invoke_config", "function_name", fn);
    expect(events.map(({ body }) => body)).toEqual([
      expect.objectContaining({
        maximum_event_age_in_seconds: 300,
        maximum_retry_attempts: 1,
        destination_config: { on_failure: { destination: target } },
      }),
    ]);
    const [alias] = stack.referring("aws_lambda_alias", "function_name", fn);
    expect(alias?.body).toMatchObject({ name: "live", function_version: `\${${fn.address}.version}` });
  });

  it("get names and addresses, and nothing else", () => {
    const variables = (etl: keyof typeof NAMES): unknown =>
      stack.one("aws_lambda_function", { function_name: NAMES[etl] }).body["environment"];
    expect(variables("epic2op")).toEqual({
      variables: {
        CLUSTER_ENDPOINT: "https://api.k8s.test.opsdx.io",
        CLUSTER_ID: "k8s.test.opsdx.io",
        CLUSTER_CA: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
        NAMESPACE: "etl",
        METRIC_NAMESPACE: "OpsDX/ETL",
        ENVIRONMENT: "test",
      },
    });
    expect(variables("c2dw")).toMatchObject({
      variables: { CLUSTER_ID: "k8s-ml.test.opsdx.io", NAMESPACE: "c2dw-etl" },
    });
  });

  it("share the role that the clusters know, which may do what a launcher does", () => {
    const role = stack.one("aws_iam_role", { name: "opsdx-test-etl-launcher" });
    const launchers = stack.ofType("aws_lambda_function").filter(({ address }) => address.includes("_Launcher_"));
    expect(launchers).toHaveLength(4);
    expect(new Set(launchers.map(({ body }) => body["role"]))).toEqual(new Set([`\${${role.address}.arn}`]));
    const policy = stack.one("aws_iam_policy", { name: "opsdx-test-etl-launcher" }).body["policy"];
    const statements = stack.statements(String(policy)) ?? [];
    const of = (sid: string) => statements.find((statement) => statement.sid === sid);
    expect(statements.map(({ sid }) => sid)).toEqual([
      "Logs",
      "Traces",
      "FailedEvents",
      "Key",
      "NetworkInterfaces",
      "NotFromTheCode",
    ]);
    expect(of("FailedEvents")?.resources).toEqual(
      Object.keys(NAMES).map((etl) => `arn:aws:sqs:us-east-1:123456789012:opsdx-test-${etl}-launch-failed`),
    );
    expect(of("Logs")?.resources).toEqual(
      Object.values(NAMES).map((name) => `arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/${name}:*`),
    );
    expect(of("NotFromTheCode")?.effect).toBe("Deny");
  });

  it("are made after their rights", () => {
    const attachments = stack.ofType("aws_iam_role_policy_attachment").map(({ address }) => address);
    for (const { body } of stack.ofType("aws_lambda_function")) {
      expect(attachments).toContain((body["depends_on"] as string[])[0]);
    }
  });
});

describe("schedules", () => {
  it("are three, that of the look at their freshness, and those of the looks at the runs, in a group of the environment", () => {
    expect(stack.one("aws_scheduler_schedule_group").body["name"]).toBe("opsdx-test-etl");
    expect(
      stack
        .ofType("aws_scheduler_schedule")
        .map(({ body }) => [
          body["name"],
          body["schedule_expression"],
          body["schedule_expression_timezone"],
          body["state"],
        ])
        .sort(),
    ).toEqual([
      ["opsdx-test-c2dw-daily", "cron(0 9 * * ? *)", "America/New_York", "ENABLED"],
      ["opsdx-test-c2dw-daily-look", "cron(2/5 * * * ? *)", "UTC", "ENABLED"],
      ["opsdx-test-c2dw-look", "cron(2/5 * * * ? *)", "UTC", "ENABLED"],
      ["opsdx-test-epic2op", "cron(0/15 * * * ? *)", "UTC", "ENABLED"],
      ["opsdx-test-epic2op-look", "cron(2/5 * * * ? *)", "UTC", "ENABLED"],
      ["opsdx-test-etl-freshness", "cron(0/5 * * * ? *)", "UTC", "ENABLED"],
      ["opsdx-test-op2dw", "cron(0 3 * * ? *)", "America/New_York", "DISABLED"],
      ["opsdx-test-op2dw-look", "cron(2/5 * * * ? *)", "UTC", "ENABLED"],
    ]);
  });

  it("have every launcher look at its runs as often as a look reaches back, also where nothing else launches it", () => {
    expect(LOOK_MS).toBe(LOOK_SECONDS * 1000);
    for (const [etl, functionName] of Object.entries(NAMES)) {
      const fn = stack.one("aws_lambda_function", { function_name: functionName });
      const [alias] = stack.referring("aws_lambda_alias", "function_name", fn);
      const queue = stack.one("aws_sqs_queue", { name: `opsdx-test-${etl}-launch-failed` });
      const target = stack.one("aws_scheduler_schedule", { name: `opsdx-test-${etl}-look` }).body["target"];
      expect(target).toMatchObject({
        arn: `\${${alias?.address ?? ""}.arn}`,
        dead_letter_config: { arn: `\${${queue.address}.arn}` },
        retry_policy: { maximum_event_age_in_seconds: 300 },
      });
      expect(JSON.parse((target as { input: string }).input)).toEqual({
        etl,
        look: "<aws.scheduler.scheduled-time>",
      });
    }
  });

  it("send the slot to the alias, on the minute, and keep what they cannot deliver", () => {
    const fn = stack.one("aws_lambda_function", { function_name: NAMES.epic2op });
    const [alias] = stack.referring("aws_lambda_alias", "function_name", fn);
    const queue = stack.one("aws_sqs_queue", { name: "opsdx-test-epic2op-undelivered" });
    const role = stack.one("aws_iam_role", { name: "opsdx-test-epic2op-schedule" });
    const { body } = stack.one("aws_scheduler_schedule", { name: "opsdx-test-epic2op" });
    expect(body["flexible_time_window"]).toEqual({ mode: "OFF" });
    expect(body["target"]).toMatchObject({
      arn: `\${${alias?.address ?? ""}.arn}`,
      role_arn: `\${${role.address}.arn}`,
      retry_policy: { maximum_event_age_in_seconds: 600, maximum_retry_attempts: 2 },
      dead_letter_config: { arn: `\${${queue.address}.arn}` },
    });
    expect(JSON.parse((body["target"] as { input: string }).input)).toEqual({
      etl: "epic2op",
      scheduledTime: "<aws.scheduler.scheduled-time>",
      executionId: "<aws.scheduler.execution-id>",
      attempt: "<aws.scheduler.attempt-number>",
    });
    expect(stack.statements(String(role.body["assume_role_policy"]))?.[0]?.conditions).toEqual({
      StringEquals: { "aws:SourceAccount": "123456789012" },
    });
    const policy = stack.one("aws_iam_policy", { name: "opsdx-test-epic2op-schedule" }).body["policy"];
    expect(stack.statements(String(policy))?.[0]).toMatchObject({
      actions: ["lambda:InvokeFunction"],
      resources: [`\${${alias?.address ?? ""}.arn}`],
    });
  });
});

describe("alarms", () => {
  it.each([
    ["epic2op-freshness", "SecondsSinceSuccess", "GreaterThanThreshold", 2700, 300, 1, 1, "ignore"],
    ["c2dw-daily-freshness", "SecondsSinceSuccess", "GreaterThanThreshold", 93_600, 300, 1, 1, "ignore"],
    ["op2dw-freshness", "SecondsSinceSuccess", "GreaterThanThreshold", 93_600, 300, 1, 1, "notBreaching"],
    ["etl-freshness-silent", "FreshnessChecked", "LessThanThreshold", 1, 300, 3, 3, "breaching"],
    ["etl-freshness-errors", "Errors", "GreaterThanThreshold", 0, 300, 3, 3, "notBreaching"],
    ["epic2op-run-failed", "RunFailed", "GreaterThanOrEqualToThreshold", 1, 900, 1, 1, "notBreaching"],
    ["c2dw-run-failed", "RunFailed", "GreaterThanOrEqualToThreshold", 1, 3600, 1, 1, "notBreaching"],
    ["c2dw-runs-unwatched", "RunsLooked", "LessThanThreshold", 1, 300, 3, 3, "breaching"],
    ["epic2op-skipped", "Skipped", "GreaterThanOrEqualToThreshold", 1, 900, 2, 2, "notBreaching"],
    ["epic2op-launcher-errors", "Errors", "GreaterThanThreshold", 0, 900, 1, 1, "notBreaching"],
    ["c2dw-daily-launcher-errors", "Errors", "GreaterThanThreshold", 0, 86_400, 1, 1, "notBreaching"],
    ["epic2op-launcher-throttles", "Throttles", "GreaterThanOrEqualToThreshold", 1, 900, 1, 1, "notBreaching"],
    ["epic2op-undelivered", "ApproximateNumberOfMessagesVisible", "GreaterThanThreshold", 0, 60, 1, 1, "notBreaching"],
    ["c2dw-launch-failed", "ApproximateNumberOfMessagesVisible", "GreaterThanThreshold", 0, 60, 1, 1, "notBreaching"],
    ["etl-scheduler-dropped", "InvocationDroppedCount", "GreaterThanThreshold", 0, 60, 1, 1, "notBreaching"],
    [
      "etl-scheduler-lost",
      "InvocationsFailedToBeSentToDeadLetterCount",
      "GreaterThanThreshold",
      0,
      60,
      15,
      15,
      "notBreaching",
    ],
  ])("%s: %s %s %d, %d s × %d", (name, metric, operator, threshold, period, periods, datapoints, missing) => {
    expect(alarm(name)).toMatchObject({
      metric_name: metric,
      comparison_operator: operator,
      threshold,
      period,
      evaluation_periods: periods,
      datapoints_to_alarm: datapoints,
      treat_missing_data: missing,
    });
  });

  it.each([
    ["epic2op", 672],
    ["c2dw-daily", 17_280],
    ["op2dw", 11_520],
    ["c2dw", 69_120],
  ])("%s-run-slow comes at 80 %% of the deadline, %d s", (etl, threshold) => {
    expect(alarm(`${etl}-run-slow`)).toMatchObject({
      metric_name: "RunDuration",
      extended_statistic: "p90",
      threshold,
      dimensions: { Etl: etl },
    });
  });

  it("watch rows by a band two standard deviations wide", () => {
    const body = alarm("epic2op-rows-unusual");
    expect(body).toMatchObject({
      comparison_operator: "LessThanLowerOrGreaterThanUpperThreshold",
      threshold_metric_id: "band",
    });
    expect(body["threshold"]).toBeUndefined();
    expect(JSON.stringify(body["metric_query"])).toContain("ANOMALY_DETECTION_BAND(rows, 2)");
  });

  it("of an ETL without a schedule promise neither freshness nor an even amount of rows", () => {
    expect(
      alarms
        .map(({ name }) => name)
        .filter((name) => /^c2dw-(?!daily)/.test(name))
        .sort(),
    ).toEqual([
      "c2dw-job-failed",
      "c2dw-job-overdue",
      "c2dw-launch-failed",
      "c2dw-launcher-errors",
      "c2dw-launcher-slow",
      "c2dw-launcher-throttles",
      "c2dw-run-failed",
      "c2dw-run-slow",
      "c2dw-runs-unwatched",
    ]);
  });

  it("reach whom the configuration says", () => {
    const { alarms: paging } = synthEtls({
      epic2op: { alarms: { severity: "page", failedSlots: 2, ofSlots: 3 } },
    });
    const severity = (name: string) => paging.find((candidate) => candidate.name === name)?.severity;
    expect(
      ["freshness", "run-failed", "runs-unwatched", "undelivered", "launch-failed"].map((name) =>
        severity(`epic2op-${name}`),
      ),
    ).toEqual(["page", "page", "page", "page", "page"]);
    expect(severity("epic2op-run-slow")).toBe("ticket");
    expect(paging.find(({ name }) => name === "epic2op-run-failed")?.condition).toContain("2 of 3 × 900 s");
  });

  it("are all that AWS recommends, but those that are acknowledged with a reason", () => {
    const missing = stack.findings().filter(({ rule }) => rule.startsWith("RecommendedAlarm"));
    expect(missing.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(new Set(missing.filter(({ path }) => path.includes("/Etl/")).map(({ rule }) => rule))).toEqual(
      new Set([
        "RecommendedAlarm[AWS/Lambda ClaimedAccountConcurrency]",
        "RecommendedAlarm[AWS/SQS ApproximateAgeOfOldestMessage]",
        "RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesNotVisible]",
        "RecommendedAlarm[AWS/SQS NumberOfMessagesSent]",
      ]),
    );
  });
});

describe("the look at freshness", () => {
  const name = "opsdx-test-etl-freshness";

  it("tells that CloudWatch does not answer before Lambda ends it", () => {
    const { timeout } = stack.one("aws_lambda_function", { function_name: name }).body;
    expect(timeout).toBeGreaterThanOrEqual(LOOK_LIMIT_MS / 1000 + 5);
  });

  const told = (of: typeof stack): unknown => {
    const { body } = of.one("aws_lambda_function", { function_name: name });
    return JSON.parse((body["environment"] as { variables: { ETLS: string } }).variables.ETLS);
  };

  it("is at what a schedule launches; it reads metrics, and does what every function does", () => {
    expect(told(stack)).toEqual([{ etl: "epic2op" }, { etl: "c2dw-daily" }]);
    const policy = String(stack.one("aws_iam_policy", { name }).body["policy"]);
    expect(stack.statements(policy)?.map(({ actions, sid }) => [sid, actions.length])).toEqual([
      ["Metrics", 1],
      ["Logs", 2],
      ["Traces", 2],
      ["FailedEvents", 1],
      ["Key", 2],
      ["NetworkInterfaces", 6],
      ["NotFromTheCode", 6],
    ]);
    expect(policy).toContain("cloudwatch:GetMetricData");
    const { body } = stack.one("aws_scheduler_schedule", { name });
    const fn = stack.one("aws_lambda_function", { function_name: name });
    expect(body["target"]).toMatchObject({ arn: `\${${fn.address}.arn}` });
  });

  it("knows when a schedule begins and ends", () => {
    const once = synthEtls({
      op2dw: { enabled: true, schedule: { expression: "cron(0 3 1 1 ? 2027)", timeZone: "UTC" } },
    });
    expect(told(once.stack)).toContainEqual({
      etl: "op2dw",
      firstSlot: "2027-01-01T03:00:00.000Z",
      lastSlot: "2027-01-01T03:00:00.000Z",
    });
  });

  it("sees weekly and monthly ETLs as any other, whose other alarms look at single days", () => {
    const { alarms: monthly } = synthEtls({
      op2dw: {
        enabled: true,
        schedule: { expression: "cron(0 3 1 * ? *)", timeZone: "UTC" },
        freshnessSeconds: 33 * 86_400,
      },
    });
    const condition = (alarmed: string) => monthly.find(({ name: one }) => one === `op2dw-${alarmed}`);
    expect(condition("freshness")?.condition).toContain("SecondsSinceSuccess Maximum > 2851200, 1 of 1 × 300 s");
    expect(condition("freshness")?.intent).toContain("in 33 days");
    expect(condition("run-failed")?.condition).toContain("1 of 1 × 86400 s");
    expect(condition("skipped")?.condition).toContain("1 of 1 × 86400 s");
    expect(condition("skipped")?.intent).toContain("A slot of op2dw was skipped");
    expect(condition("rows-unusual")).toBeUndefined();
  });
});

describe("logs", () => {
  const filter = (name: string, group: string) => {
    const logGroup = stack.one("aws_cloudwatch_log_group", { name: group });
    return stack
      .ofType("aws_cloudwatch_log_metric_filter")
      .find(({ body }) => body["name"] === name && body["log_group_name"] === `\${${logGroup.address}.name}`)?.body;
  };

  it.each(["opsdx-test-k8s-logs", "opsdx-ml-test-k8s-logs"])("of %s become metrics", (group) => {
    expect(filter("etl-RunSucceeded", group)).toMatchObject({
      pattern: '{ $.event = "run.finished" && $.status = "ok" }',
      metric_transformation: { namespace: "OpsDX/ETL", name: "RunSucceeded", value: "1", dimensions: { Etl: "$.etl" } },
    });
    expect(filter("etl-RunDuration", group)?.["metric_transformation"]).toMatchObject({ value: "$.duration_s" });
    expect(filter("etl-RowsLoaded", group)?.["metric_transformation"]).toMatchObject({ value: "$.rows" });
    expect(filter("etl-TextErrors", group)).toMatchObject({
      pattern: '?Traceback ?ERROR ?"Task failed"',
      metric_transformation: { default_value: "0" },
    });
  });

  it("are not searched for what stands in a pod's status only", () => {
    const patterns = stack.ofType("aws_cloudwatch_log_metric_filter").map(({ body }) => body["pattern"]);
    expect(patterns.filter((pattern) => /OOMKilled|OutOfMemory/.test(String(pattern)))).toEqual([]);
  });

  it("with dimensions write no default, which CloudWatch refuses", () => {
    for (const { body } of stack.ofType("aws_cloudwatch_log_metric_filter")) {
      const transformation = body["metric_transformation"] as Record<string, unknown>;
      expect("dimensions" in transformation).not.toBe("default_value" in transformation);
    }
  });

  it("have the saved queries that people ask for", () => {
    expect(
      stack
        .ofType("aws_cloudwatch_query_definition")
        .map(({ body }) => body["name"])
        .sort(),
    ).toEqual(
      [
        "errors by stage",
        "slowest tasks",
        "rows by table",
        "run timeline",
        "last successful slot",
        "deadlocks, connections, timeouts",
        "Epic API 4xx and 5xx",
      ]
        .map((title) => `opsdx-test/etl/${title}`)
        .sort(),
    );
  });
});

describe("the runbook", () => {
  it("has a chapter for each, with real names", () => {
    expect(systems.map(({ name }) => name).sort()).toEqual(["c2dw", "c2dw-daily", "epic2op", "etl", "op2dw"]);
    const c2dw = systems.find(({ name }) => name === "c2dw");
    const text = JSON.stringify(c2dw);
    expect(text).toContain("awslogs get opsdx-ml-test-k8s-logs 'kubernetes/c2dw/etl/c2dw/etl/*'");
    expect(text).toContain("s3://opsdx-clarity-etl-stagec2dw/test/task-graphs/c2dw/");
    expect(text).toContain("--context k8s-ml.test.opsdx.io -n c2dw-etl");
    expect(text).not.toContain("etl pause");
    const epic2op = JSON.stringify(systems.find(({ name }) => name === "epic2op"));
    expect(epic2op).toContain("npx opsdx etl pause test epic2op");
    expect(epic2op).toContain("The deadline of 14 minutes holds for it too");
  });

  it.each(["epic2op", "c2dw-daily", "op2dw", "c2dw"])("of %s says how to repeat a slot and how to backfill", (etl) => {
    const titles = systems.find(({ name }) => name === etl)?.procedures?.map(({ title }) => title) ?? [];
    expect(titles).toEqual(expect.arrayContaining(["Run a slot again", "Backfill a range", "Roll out another image"]));
  });
});

test("the dashboard shows every alarm and each ETL's runs", () => {
  const { body } = stack.one("aws_cloudwatch_dashboard", { dashboard_name: "opsdx-test-etl" });
  const { widgets } = JSON.parse(String(body["dashboard_body"])) as {
    widgets: { type: string; properties: { title?: string; alarms?: string[] } }[];
  };
  expect(widgets.find(({ type }) => type === "alarm")?.properties.alarms?.length).toBe(
    // Those of CloudWatch: Prometheus evaluates the others.
    alarms.filter(({ condition }) => !condition.startsWith("Prometheus: ")).length,
  );
  expect(widgets.map(({ properties }) => properties.title)).toEqual(
    expect.arrayContaining(["epic2op: runs", "c2dw-daily: rows", "op2dw: launches", "c2dw: duration in seconds"]),
  );
});

test("no policy rule is broken", () => {
  expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
});
