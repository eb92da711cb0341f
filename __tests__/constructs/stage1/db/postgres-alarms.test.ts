import * as fc from "fast-check";
import { INSTANCE_CLASSES, instanceClass, memoryBytes } from "../../../../config/instance-classes";
import { PostgresAlarms, type PostgresAlarmsProps } from "../../../../constructs/stage1/db/postgres-alarms";
import { describeSystem } from "../../../../constructs/shared/observability/system";
import { databaseFacts } from "../../../../constructs/stage1/db/runbook";
import { TEST_ACCOUNT, synth, type Synthesized } from "../../../support";
import { monitoringOf } from "./support";

function alarmsOf(instance: string, props: Partial<PostgresAlarmsProps> = {}): Synthesized {
  return synth((stack) => {
    describeSystem(stack, databaseFacts({ environment: "dev", account: TEST_ACCOUNT, owner: "Andong" }));
    new PostgresAlarms(stack, "Alarms", {
      monitoring: monitoringOf(stack),
      name: "db",
      identifier: "opsdx-test-db",
      shape: instanceClass(instance),
      allocatedStorageGib: 100,
      saturation: "page",
      ...props,
    });
  });
}

const rdsAlarms = (stack: Synthesized) =>
  stack.ofType("aws_cloudwatch_metric_alarm").filter(({ body }) => body["namespace"] === "AWS/RDS");
const namesOf = (stack: Synthesized): string[] =>
  rdsAlarms(stack)
    .map(({ body }) => String(body["alarm_name"]).replace("opsdx-test-db-", ""))
    .sort();

const ALWAYS = [
  "connections-high",
  "cpu-high",
  "cpu-warning",
  "disk-queue-long",
  "load-high",
  "memory-low",
  "read-slow",
  "storage-low",
  "storage-warning",
  "swap-high",
  "transaction-ids-high",
  "write-slow",
];

describe("PostgresAlarms", () => {
  it.each([
    ["db.m7g.large", ["byte-credits-low", "io-credits-low"]],
    ["db.m7g.8xlarge", []],
    ["db.m6g.4xlarge", []],
    ["db.r7g.2xlarge", ["byte-credits-low", "io-credits-low"]],
    ["db.t4g.medium", ["byte-credits-low", "cpu-credits-low", "io-credits-low"]],
  ])("watches of %s what it measures, and nothing else", (instance, more) => {
    expect(namesOf(alarmsOf(instance))).toEqual([...ALWAYS, ...more].sort());
  });

  it("watches the lag of a replica and the burst of a gp2 volume only where there is one", () => {
    expect(namesOf(alarmsOf("db.m7g.8xlarge", { replica: true }))).toEqual([...ALWAYS, "replica-lag-high"].sort());
    expect(namesOf(alarmsOf("db.m7g.8xlarge", { storageType: "gp2" }))).toEqual([...ALWAYS, "burst-low"].sort());
  });

  it.each([
    ["cpu-high", "CPUUtilization", "Average", "GreaterThanThreshold", 90, 60, 5, "breaching"],
    ["cpu-warning", "CPUUtilization", "Average", "GreaterThanThreshold", 80, 60, 15, "notBreaching"],
    ["storage-low", "FreeStorageSpace", "Minimum", "LessThanThreshold", 10737418240, 60, 5, "breaching"],
    ["storage-warning", "FreeStorageSpace", "Minimum", "LessThanThreshold", 21474836480, 60, 5, "notBreaching"],
    ["memory-low", "FreeableMemory", "Average", "LessThanThreshold", 644245094, 60, 15, "breaching"],
    ["connections-high", "DatabaseConnections", "Average", "GreaterThanThreshold", 360, 60, 5, "breaching"],
    ["load-high", "DBLoad", "Average", "GreaterThanThreshold", 2, 60, 15, "missing"],
    ["transaction-ids-high", "MaximumUsedTransactionIDs", "Average", "GreaterThanThreshold", 1e9, 60, 1, "missing"],
    ["replica-lag-high", "ReplicaLag", "Maximum", "GreaterThanThreshold", 60, 60, 10, "breaching"],
    ["io-credits-low", "EBSIOBalance%", "Average", "LessThanThreshold", 10, 60, 3, "missing"],
    ["byte-credits-low", "EBSByteBalance%", "Average", "LessThanThreshold", 10, 60, 3, "missing"],
    ["disk-queue-long", "DiskQueueDepth", "Average", "GreaterThanThreshold", 64, 60, 15, "notBreaching"],
    ["swap-high", "SwapUsage", "Average", "GreaterThanThreshold", 256000000, 60, 15, "notBreaching"],
    ["cpu-credits-low", "CPUCreditBalance", "Average", "LessThanThreshold", 100, 300, 3, "missing"],
  ])("%s: %s %s %s %d", (name, metric, statistic, operator, threshold, period, periods, missing) => {
    const stack = alarmsOf("db.t4g.medium", { replica: true });
    expect(stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-db-${name}` }).body).toMatchObject({
      metric_name: metric,
      statistic,
      comparison_operator: operator,
      threshold,
      period,
      evaluation_periods: periods,
      datapoints_to_alarm: periods,
      treat_missing_data: missing,
      dimensions: { DBInstanceIdentifier: "opsdx-test-db" },
    });
  });

  it.each(["ReadLatency", "WriteLatency"])("watches the slowest tenth of %s, in seconds", (metric) => {
    expect(alarmsOf("db.m7g.large").one("aws_cloudwatch_metric_alarm", { metric_name: metric }).body).toMatchObject({
      extended_statistic: "p90",
      threshold: 0.02,
      evaluation_periods: 5,
    });
  });

  it("sends what runs hot where it is told to, and a full disk or a wraparound always to the page", () => {
    const severities = (saturation: "page" | "ticket") =>
      Object.fromEntries(
        rdsAlarms(alarmsOf("db.m7g.large", { saturation })).map(({ body }) => [
          String(body["alarm_name"]).replace("opsdx-test-db-", ""),
          JSON.stringify(body["alarm_actions"]).includes("Page") ? "page" : "ticket",
        ]),
      );
    const pages = (of: Record<string, string>) =>
      Object.keys(of)
        .filter((name) => of[name] === "page")
        .sort();
    expect(pages(severities("ticket"))).toEqual(["storage-low", "transaction-ids-high"]);
    expect(pages(severities("page"))).toEqual([
      "connections-high",
      "cpu-high",
      "memory-low",
      "storage-low",
      "transaction-ids-high",
    ]);
  });

  it("has thresholds that every class can reach", () => {
    fc.assert(
      fc.property(fc.constantFrom(...INSTANCE_CLASSES.values()), fc.integer({ min: 20, max: 65536 }), (shape, gib) => {
        const thresholds = new Map(
          rdsAlarms(alarmsOf(shape.name, { allocatedStorageGib: gib })).map(({ body }) => [
            String(body["alarm_name"]).replace("opsdx-test-db-", ""),
            Number(body["threshold"]),
          ]),
        );
        const at = (name: string): number => thresholds.get(name) ?? NaN;
        expect(at("memory-low")).toBeGreaterThan(0);
        expect(at("memory-low")).toBeLessThan(memoryBytes(shape));
        expect(at("storage-low")).toBeLessThan(at("storage-warning"));
        expect(at("storage-warning")).toBeLessThan(gib * 1024 ** 3);
        expect(at("connections-high")).toBeGreaterThan(0);
        expect(at("load-high")).toBe(shape.vcpus);
      }),
      { numRuns: 25 },
    );
  });
});
