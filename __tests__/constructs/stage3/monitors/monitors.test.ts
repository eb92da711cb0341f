import { loadConfig } from "../../../../config/load";
import type { MonitorsConfig } from "../../../../config/schema/monitors";
import { checkSettings } from "../../../../lambdas/behavior-monitor/settings";
import { metricLines } from "../../../../lambdas/behavior-monitor/metrics";
import { SYSTEM_METADATA, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { Monitors } from "../../../../constructs/stage3/monitors/monitors";
import { alarmState, type Planted } from "../../../planted";
import { synth, type Synthesized } from "../../../support";
import { platformIn } from "../platform";

const [dev] = loadConfig().environments;
const configured = dev?.monitors;
if (configured === undefined) throw new Error("dev has no monitors");
const rows = configured.watched["epic2op-rows"];
if (rows === undefined) throw new Error("dev has no monitor epic2op-rows");

let facts: SystemFacts | undefined;
function made(config: MonitorsConfig): Synthesized {
  return synth((stack) => {
    const monitors = new Monitors(stack, "Monitors", {
      platform: platformIn(stack),
      config,
      code: { file: __filename, hash: "aGFzaA==", handler: "index.handler" },
    });
    facts = monitors.node.metadata.find(({ type }) => type === SYSTEM_METADATA)?.data as SystemFacts;
  });
}

const WARDS: MonitorsConfig = {
  owner: "Peter",
  watched: { wards: { ...rows, database: "dw", values: ["icu", "er"], floor: 1, ceiling: 100, band: undefined } },
};
const stack = made(configured);
const wards = made(WARDS);

/** Metrics of a run as the function writes them, in each of some periods. */
function written(
  monitor: string,
  runs: readonly (Parameters<typeof metricLines>[3] | undefined)[],
): readonly Planted[] {
  const planted = new Map<
    string,
    { -readonly [K in keyof Planted]: Planted[K] } & { values: (number | undefined)[] }
  >();
  for (const [at, run] of runs.entries()) {
    for (const text of run === undefined ? [] : metricLines("OpsDX/Behavior", 0, monitor, run)) {
      const line = JSON.parse(text) as Record<string, unknown> & {
        _aws: { CloudWatchMetrics: [{ Namespace: string; Dimensions: [[string]]; Metrics: { Name: string }[] }] };
      };
      const [{ Dimensions, Metrics, Namespace: namespace }] = line._aws.CloudWatchMetrics;
      const dimensions = Object.fromEntries(Dimensions[0].map((name) => [name, String(line[name])]));
      for (const { Name: metric } of Metrics) {
        const key = JSON.stringify([metric, dimensions]);
        const one = planted.get(key) ?? { namespace, metric, dimensions, values: runs.map(() => undefined) };
        one.values[at] = Number(line[metric]);
        planted.set(key, one);
      }
    }
  }
  return [...planted.values()];
}
const measured = (values: Record<string, number>, { seconds = 1, unlisted = 0 } = {}) => ({
  seconds,
  measured: { values, unlisted },
});
const alarm = (from: Synthesized, name: string) =>
  from.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-behavior-${name}` }).body;

describe("Monitors", () => {
  it("tell the function what the settings say, in the form that it reads", () => {
    const { body } = stack.one("aws_lambda_function");
    const [{ variables }] = [body["environment"]].flat() as [{ variables: Record<string, string> }];
    const settings = checkSettings({ ...variables, AWS_REGION: "us-east-1" });
    expect(Object.keys(settings.MONITORS)).toEqual(Object.keys(configured.watched));
    expect(settings.MONITORS["epic2op-rows"]).toMatchObject({ database: "db", sql: rows.sql, values: [] });
    expect(settings.DATABASES).toEqual({
      db: { host: "db.example", port: 5432, database: "opsdx", user: "monitors_reader" },
    });
    expect(Buffer.byteLength(JSON.stringify(variables))).toBeLessThan(4096);
    expect(body["vpc_config"]).toMatchObject({ security_group_ids: ["sg-monitor"] });
  });

  it("log in by IAM as one role of one database, and hold no secret", () => {
    const [statement] =
      stack.statements(String(stack.one("aws_iam_policy", { name: "opsdx-test-behavior-monitors" }).body["policy"])) ??
      [];
    expect(statement).toMatchObject({
      actions: ["rds-db:connect"],
      resources: ["arn:aws:rds-db:us-east-1:123456789012:dbuser:db-1/monitors_reader"],
    });
    expect(JSON.stringify(stack.one("aws_lambda_function").body)).not.toMatch(/password|secret/i);
    const job = JSON.stringify(stack.one("kubernetes_job_v1").body);
    expect(job).toContain('{"name":"READER_MISSING","value":"wait"}');
    expect(job).toContain(
      '{"name":"READER_VIEWS","value":"behavior.alerts,behavior.epic2op_rows,behavior.lab_values,behavior.scores"}',
    );
    expect(job).not.toContain("DATABASE_PASSWORD_SECRET_ID");
  });

  it("run at their own times", () => {
    const schedules = stack.ofType("aws_scheduler_schedule").map(({ body }) => {
      const { input } = body["target"] as { readonly input: string };
      return [JSON.parse(input) as unknown, body["schedule_expression"], body["schedule_expression_timezone"]];
    });
    expect(schedules).toContainEqual([{ monitor: "epic2op-rows" }, "cron(5 * * * ? *)", "UTC"]);
    expect(schedules).toContainEqual([{ monitor: "alerts-shown" }, "cron(0 8 * * ? *)", "America/New_York"]);
  });

  it("leave no finding of the policy open, and no blank on the page", () => {
    for (const each of [stack, wards]) {
      // Those of the scheduler count all schedules of the account, and stand with the ETLs.
      const open = each
        .findings()
        .filter(({ acknowledged, rule }) => acknowledged === undefined && !rule.includes("AWS/Scheduler"));
      expect(open).toEqual([]);
    }
    for (const key of ["launch", "stop", "status", "logs", "metrics", "procedures"] as const) {
      expect(facts?.[key]?.length).toBeGreaterThan(0);
    }
  });
});

describe("an alarm of a monitor", () => {
  const well = measured({ all: 10 });
  const failed = { seconds: 1, fault: "denied" };

  it.each<readonly [string, string, readonly (Parameters<typeof metricLines>[3] | undefined)[]]>([
    ["a number below the floor", "below-floor", [well, measured({ all: 0 })]],
    ["two runs without a number", "no-data", [well, failed, failed]],
    ["two runs that did not come", "no-data", [well, undefined, undefined]],
    ["two faults", "failing", [well, failed, failed]],
    [
      "a statement that nearly takes its time",
      "slow",
      [measured({ all: 10 }, { seconds: 17 }), measured({ all: 10 }, { seconds: 17 })],
    ],
  ])("fires on %s, and is quiet when all is well", (_, name, runs) => {
    const body = alarm(stack, `epic2op-rows-${name}`);
    expect(alarmState(body, written("epic2op-rows", runs))).toBe("ALARM");
    expect(alarmState(body, written("epic2op-rows", [well, well, well]))).toBe("OK");
    // Another monitor's faults are its own.
    expect(alarmState(body, [...written("epic2op-rows", [well, well, well]), ...written("newest-lab", runs)])).toBe(
      "OK",
    );
  });

  it("forgives one fault, which the next run mends", () => {
    const runs = written("epic2op-rows", [failed, well]);
    for (const name of ["failing", "no-data"])
      expect(alarmState(alarm(stack, `epic2op-rows-${name}`), runs)).toBe("OK");
  });

  it("fires on a number above the ceiling", () => {
    const body = alarm(stack, "newest-lab-above-ceiling");
    expect(alarmState(body, written("newest-lab", [measured({ all: 7201 })]))).toBe("ALARM");
    expect(alarmState(body, written("newest-lab", [measured({ all: 7200 })]))).toBe("OK");
  });

  it("learns a band of the number, where the settings want one", () => {
    expect(alarm(stack, "epic2op-rows-out-of-band")).toMatchObject({
      comparison_operator: "LessThanLowerOrGreaterThanUpperThreshold",
      threshold_metric_id: "band",
      metric_query: [
        { id: "value", metric: { metric_name: "epic2op-rows", dimensions: { Of: "all" }, period: 3600 } },
        { id: "band", expression: "ANOMALY_DETECTION_BAND(value, 3)" },
      ],
    });
    expect(
      stack
        .ofType("aws_cloudwatch_metric_alarm")
        .filter(({ body }) => String(body["alarm_name"]).includes("newest-lab-out")),
    ).toEqual([]);
  });

  it("is one for each value of a dimension, and one for what is not on the list", () => {
    const runs = written("wards", [measured({ icu: 5, er: 0 })]);
    expect(alarmState(alarm(wards, "wards-er-below-floor"), runs)).toBe("ALARM");
    expect(alarmState(alarm(wards, "wards-icu-below-floor"), runs)).toBe("OK");
    const other = written("wards", [measured({ icu: 5, er: 5, other: 1 }, { unlisted: 1 })]);
    expect(alarmState(alarm(wards, "wards-unlisted"), other)).toBe("ALARM");
    expect(alarmState(alarm(wards, "wards-unlisted"), runs)).toBe("OK");
  });

  it.each([
    ["errors", "Errors", 1],
    ["throttles", "Throttles", 1],
    ["slow", "Duration", 48_001],
  ])("fires on the function's own %s", (name, metric, value) => {
    const body = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-behavior-monitors-${name}` }).body;
    const plant = (each: number): readonly Planted[] => [
      {
        namespace: "AWS/Lambda",
        metric,
        dimensions: { FunctionName: "opsdx-test-behavior-monitors" },
        values: [each, each, each],
      },
    ];
    expect(alarmState(body, plant(value))).toBe("ALARM");
    expect(alarmState(body, plant(value - 1))).toBe("OK");
  });
});
