import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { unzipSync } from "fflate";
import { bundleFunction } from "../../../lambdas/bundle";
import { secondsSinceSuccess } from "../../../lambdas/etl-freshness/age";
import { handle } from "../../../lambdas/etl-freshness/handler";
import type { Metrics, Newest } from "../../../lambdas/etl-freshness/metrics";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2026, 10, 28, 12);

/** CloudWatch with a clock: what is written can be read again, within the days that are asked for. */
class World implements Metrics {
  public now = START;
  public readonly lines: Record<string, unknown>[] = [];
  private readonly values: { readonly metric: string; readonly etl: string; readonly newest: Newest }[] = [];

  public succeed(etl: string, at = this.now): void {
    this.values.push({ metric: "RunSucceeded", etl, newest: { at, value: 1 } });
  }

  public newest(metric: string, etls: readonly string[], days: number, now: number) {
    const found = this.values
      .filter((value) => value.metric === metric && etls.includes(value.etl) && value.newest.at >= now - days * DAY)
      .sort((a, b) => a.newest.at - b.newest.at)
      .map(({ etl, newest }) => [etl, newest] as const);
    return Promise.resolve(new Map(found));
  }

  /** One look, whose metrics can be read from then on. */
  public async look(
    ...etls: {
      readonly etl: string;
      readonly renamedFrom?: string;
      readonly firstSlot?: string;
      readonly lastSlot?: string;
    }[]
  ) {
    return await handle({
      environment: { ETLS: JSON.stringify(etls), METRIC_NAMESPACE: "OpsDX/ETL", AWS_REGION: "us-east-1" },
      write: (line) => {
        const fields = JSON.parse(line) as Record<string, unknown>;
        this.lines.push(fields);
        if (typeof fields["Etl"] !== "string") return;
        const newest = { at: this.now, value: Number(fields["WatchedSince"]) };
        this.values.push({ metric: "WatchedSince", etl: fields["Etl"], newest });
      },
      now: () => this.now,
      metrics: this,
    });
  }
}

describe("a look at the ETLs' freshness", () => {
  it("writes the seconds since the last success of each, and that it has looked", async () => {
    const world = new World();
    world.succeed("epic2op", START - 10 * MINUTE);
    world.succeed("weekly", START - 6 * DAY);
    world.succeed("yearly", START - 300 * DAY);
    const ages = await world.look({ etl: "epic2op" }, { etl: "weekly" }, { etl: "yearly" });
    expect(ages).toEqual({ epic2op: 600, weekly: 6 * 86_400, yearly: 300 * 86_400 });
    expect(world.lines[0]).toEqual({
      _aws: {
        Timestamp: START,
        CloudWatchMetrics: [
          {
            Namespace: "OpsDX/ETL",
            Dimensions: [["Etl"]],
            Metrics: [
              { Name: "SecondsSinceSuccess", Unit: "Seconds" },
              { Name: "WatchedSince", Unit: "None" },
            ],
          },
        ],
      },
      event: "freshness.checked",
      Etl: "epic2op",
      SecondsSinceSuccess: 600,
      WatchedSince: START / 1000,
    });
    expect(world.lines.at(-1)).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Dimensions: [[]], Metrics: [{ Name: "FreshnessChecked" }] }] },
      FreshnessChecked: 3,
    });
  });

  it("counts from its first look what never succeeded, and from the first success on from that", async () => {
    const world = new World();
    expect(await world.look({ etl: "monthly" })).toEqual({ monthly: 0 });
    for (let day = 1; day <= 30; day += 1) {
      world.now = START + day * DAY;
      expect(await world.look({ etl: "monthly" })).toEqual({ monthly: day * 86_400 });
    }
    world.succeed("monthly");
    world.now += 5 * MINUTE;
    expect(await world.look({ etl: "monthly" })).toEqual({ monthly: 300 });
  });

  it("looks anew at what it has not looked at for two weeks, and never succeeded", async () => {
    const world = new World();
    await world.look({ etl: "op2dw" });
    world.now += 15 * DAY;
    expect(await world.look({ etl: "op2dw" })).toEqual({ op2dw: 0 });
  });

  it("counts a renamed one from its last success under either name", async () => {
    const world = new World();
    const renamed = { etl: "op2dwh", renamedFrom: "op2dw" };
    world.succeed("op2dw", START - 300 * DAY);
    expect(await world.look(renamed)).toEqual({ op2dwh: 300 * 86_400 });
    world.succeed("op2dw", START - 2 * DAY);
    expect(await world.look(renamed)).toEqual({ op2dwh: 2 * 86_400 });
    world.succeed("op2dwh", START - DAY);
    expect(await world.look(renamed)).toEqual({ op2dwh: 86_400 });
    expect(await world.look({ etl: "op2dwh" })).toEqual({ op2dwh: 86_400 });
    // A run that began under the old name ends under it.
    world.succeed("op2dw", START - 10 * MINUTE);
    expect(await world.look(renamed)).toEqual({ op2dwh: 600 });
    expect(world.lines.map(({ Etl }) => Etl).filter((etl) => etl === "op2dw")).toEqual([]);
  });

  it("goes on counting what never succeeded when it is renamed, and when the old name is forgotten", async () => {
    const world = new World();
    await world.look({ etl: "op2dw" });
    world.now += DAY;
    expect(await world.look({ etl: "op2dwh", renamedFrom: "op2dw" })).toEqual({ op2dwh: 86_400 });
    world.now += DAY;
    expect(await world.look({ etl: "op2dwh" })).toEqual({ op2dwh: 2 * 86_400 });
  });

  it("says that it has looked when there is nothing to look at", async () => {
    const world = new World();
    expect(await world.look()).toEqual({});
    expect(world.lines).toMatchObject([{ FreshnessChecked: 0 }]);
  });

  it.each([
    [{ METRIC_NAMESPACE: "N", AWS_REGION: "r" }, "ETLS: "],
    [{ ETLS: "{", METRIC_NAMESPACE: "N", AWS_REGION: "r" }, "ETLS: must be JSON"],
    [{ ETLS: '[{"etl":"a","lastSlot":"soon"}]', METRIC_NAMESPACE: "N", AWS_REGION: "r" }, "must be a moment in UTC"],
    [{ ETLS: "[]", AWS_REGION: "r" }, "METRIC_NAMESPACE: "],
  ])("refuses the settings %j", async (environment, problem) => {
    const asked = handle({ environment, write: () => undefined, now: () => START, metrics: new World() });
    await expect(asked).rejects.toThrow(problem);
  });
});

describe("secondsSinceSuccess", () => {
  const firstSlot = START + 30 * DAY;
  const lastSlot = firstSlot + 10 * DAY;
  const ends = { watchedSince: START, firstSlot, lastSlot };

  it("counts nothing before a schedule's first slot, nor after its last has succeeded", () => {
    expect(secondsSinceSuccess(ends, firstSlot - DAY)).toBe(0);
    expect(secondsSinceSuccess(ends, firstSlot + DAY)).toBe(86_400);
    expect(secondsSinceSuccess({ ...ends, lastSuccess: lastSlot - MINUTE }, lastSlot + DAY)).toBe(86_460);
    expect(secondsSinceSuccess({ ...ends, lastSuccess: lastSlot + MINUTE }, lastSlot + 100 * DAY)).toBe(0);
  });

  it("is never more than the time since anything was due, and never less than none", () => {
    const moment = fc.integer({ min: 0, max: 400 }).map((days) => START + days * DAY);
    fc.assert(
      fc.property(fc.option(moment, { nil: undefined }), moment, moment, (lastSuccess, watchedSince, now) => {
        const age = secondsSinceSuccess({ lastSuccess, watchedSince }, now);
        expect(age).toBe(Math.max(0, now - (lastSuccess ?? watchedSince)) / 1000);
      }),
    );
  });
});

describe("the bundle", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "etl-freshness-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is one file, at most 300 kB packed, and needs nothing but Node", () => {
    const { file } = bundleFunction("etl-freshness", folder);
    const archive = readFileSync(file);
    const files = unzipSync(archive);
    expect(Object.keys(files)).toEqual(["index.js"]);
    expect(archive.length).toBeLessThan(300_000);
    const code = Buffer.from(files["index.js"] ?? "").toString();
    const needed = new Set([...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name));
    const unknown = [...needed].filter((name) => !name.startsWith("node:") && !NODE_MODULES.has(name));
    expect(unknown).toEqual([]);
  });
});

const NODE_MODULES = new Set([
  ...["async_hooks", "buffer", "child_process", "crypto", "fs", "fs/promises", "http", "http2", "https"],
  ...["os", "path", "process", "stream", "stream/promises", "url", "util", "tls", "net", "zlib"],
]);
