import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { unzipSync } from "fflate";
import { AGE_METRICS } from "../../../constructs/shared/observability/age-metrics";
import { bundleFunction } from "../../../lambdas/bundle";
import type { Dates } from "../../../lambdas/age-watch/dates";
import { handle } from "../../../lambdas/age-watch/handler";

const NOW = Date.UTC(2026, 10, 28, 12);
const DAY = 24 * 3600 * 1000;
const before = (days: number): number => NOW - days * DAY;

const DB = "arn:aws:rds:us-east-1:123456789012:db:opsdx-test-db";
const DW = "arn:aws:rds:us-east-1:123456789012:db:opsdx-test-dw";
const ENVIRONMENT = {
  WATCHED: JSON.stringify(["old", "new", "empty"]),
  DATABASES: JSON.stringify([DB, DW]),
  RESTORE_TESTING_PLAN: "opsdx_test_restore_test",
  METRIC_NAMESPACE: "OpsDX/Age",
  AWS_REGION: "us-east-1",
};
const SINCE: Readonly<Record<string, number>> = { old: before(400.9), new: before(0.5) };
const DATES: Dates = {
  secretSince: (name) => Promise.resolve(SINCE[name]),
  restoreTests: () =>
    Promise.resolve({
      plannedSince: before(90),
      succeeded: [
        { of: DB, at: before(56) },
        { of: DB, at: before(25) },
        { of: "arn:aws:rds:us-east-1:123456789012:db:another", at: before(1) },
      ],
    }),
};

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly [
      { Namespace: string; Dimensions: readonly (readonly string[])[]; Metrics: readonly { Name: string }[] },
    ];
  };
  readonly [field: string]: unknown;
}

async function look(dates: Partial<Dates> = {}, environment: NodeJS.ProcessEnv = ENVIRONMENT) {
  const lines: Line[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Line);
  const answer = await handle({ environment, write, now: () => NOW, dates: { ...DATES, ...dates } }).catch(
    (error: unknown) => error,
  );
  const metrics = lines.flatMap((line) => {
    const [{ Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
    const of = (Dimensions[0] ?? []).map((dimension) => line[dimension]);
    return Metrics.map(({ Name }) => [Name, ...of, line[Name]].join(" "));
  });
  return { answer, lines, metrics };
}

describe("a look at ages", () => {
  it("writes the full days of each, the most of each kind, and how many secrets have no value", async () => {
    const { answer, lines, metrics } = await look();
    expect(metrics.sort()).toEqual([
      "AgesChecked 1",
      "OldestRestoreTestDays 90",
      "OldestSecretDays 400",
      "RestoreTestDays opsdx-test-db 25",
      "RestoreTestDays opsdx-test-dw 90",
      "SecretDays new 0",
      "SecretDays old 400",
      "SecretsMissing 1",
    ]);
    expect(answer).toEqual({
      secrets: { old: 400, new: 0 },
      missing: ["empty"],
      restoreTests: { "opsdx-test-db": 25, "opsdx-test-dw": 90 },
    });
    for (const { _aws } of lines) {
      expect([_aws.Timestamp, _aws.CloudWatchMetrics[0].Namespace]).toEqual([NOW, "OpsDX/Age"]);
    }
  });

  it("writes what the alarms read", async () => {
    const { metrics } = await look();
    const written = metrics.map((metric) => metric.split(" ")[0]);
    const { checked, namespace, oldestRestoreTest, oldestSecret } = AGE_METRICS;
    expect(written).toEqual(expect.arrayContaining([checked, oldestRestoreTest, oldestSecret]));
    expect(namespace).toBe(ENVIRONMENT.METRIC_NAMESPACE);
  });

  it("looks at restore tests further back than the alarm's 35 days", async () => {
    const asked: unknown[] = [];
    await look({
      restoreTests: (plan, since) => {
        asked.push(plan, since);
        return DATES.restoreTests(plan, since);
      },
    });
    expect(asked).toEqual(["opsdx_test_restore_test", before(100)]);
  });

  it("is not old without a secret that has a value", async () => {
    const { metrics } = await look({ secretSince: () => Promise.resolve(undefined) });
    expect(metrics).toEqual(expect.arrayContaining(["OldestSecretDays 0", "SecretsMissing 3"]));
  });

  it("that fails in one part writes the other, fails, and does not count as a look", async () => {
    const failed = await look({ restoreTests: () => Promise.reject(new Error("no plan")) });
    expect(failed.answer).toMatchObject({ message: "Could not look at everything: Error: no plan" });
    expect(failed.metrics).toContain("OldestSecretDays 400");
    expect(failed.metrics).not.toContain("AgesChecked 1");
    const denied = await look({ secretSince: () => Promise.reject(new Error("AccessDenied")) });
    expect(denied.metrics).toContain("OldestRestoreTestDays 90");
    expect(denied.metrics.filter((metric) => /Secret|Checked/.test(metric))).toEqual([]);
  });

  it("names every setting that is wrong", async () => {
    const { answer } = await look({}, { ...ENVIRONMENT, WATCHED: "[", RESTORE_TESTING_PLAN: "" });
    expect(String(answer)).toBe("Error: Misconfigured: WATCHED: must be JSON; RESTORE_TESTING_PLAN: must not be empty");
  });
});

describe("the bundle", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "age-watch-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is one file of at most 400 kB", () => {
    const archive = readFileSync(bundleFunction("age-watch", folder).file);
    expect(Object.keys(unzipSync(archive))).toEqual(["index.js"]);
    expect(archive.length).toBeLessThan(400_000);
  });
});
