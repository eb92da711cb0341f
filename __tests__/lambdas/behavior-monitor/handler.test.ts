import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { bundleFunction } from "../../../lambdas/bundle";
import { handle, type Answer } from "../../../lambdas/behavior-monitor/handler";
import type { Monitor } from "../../../lambdas/behavior-monitor/monitor";
import { newAuthority } from "../etl-launcher/certificate";
import { ADMIN, MASTER, Postgres } from "../../jobs/service-database/postgres";

const missing = Postgres.missing();
if (missing !== undefined) console.warn(`Skipped: ${missing}`);
const READER = { user: "monitors_reader", password: "of-the-monitors-reader" } as const;
/** Planted in the data, in every place that an error may quote. */
const PHI = "Planted Patient, born 1950-01-01";

const SCHEMA = [
  "CREATE SCHEMA behavior",
  "CREATE TABLE behavior.patients (name text, ward text, score int)",
  `INSERT INTO behavior.patients VALUES ('${PHI}', 'icu', 1), ('${PHI}', 'icu', 2), ('another', 'er', 3)`,
  "CREATE VIEW behavior.scores AS SELECT ward, score, name FROM behavior.patients",
  `CREATE ROLE ${READER.user} LOGIN PASSWORD '${READER.password}'`,
  `GRANT USAGE ON SCHEMA behavior TO ${READER.user}`,
  `GRANT SELECT ON behavior.scores TO ${READER.user}`,
  "CREATE TABLE behavior.locked (id int)",
  `GRANT SELECT ON behavior.locked TO ${READER.user}`,
];

(missing === undefined ? describe : describe.skip)("a monitor on a real PostgreSQL", () => {
  let server: Postgres;
  const lines: string[] = [];
  beforeAll(async () => {
    server = await Postgres.start();
    await server.query(ADMIN, "postgres", "CREATE DATABASE opsdx OWNER opsdx_root");
    await server.query(MASTER, "opsdx", ...SCHEMA);
  }, 180_000);
  afterAll(() => server.stop(), 60_000);
  afterEach(() => {
    expect(lines.filter((line) => /Planted|1950|patients_pkey/.test(line))).toEqual([]);
    lines.length = 0;
  });

  const monitor = (sql: string, changes: Partial<Monitor> = {}): Monitor => ({
    database: "db",
    sql,
    values: [],
    absent: "fault",
    timeoutSeconds: 20,
    ...changes,
  });
  const run = (
    asked: Monitor,
    changes: {
      readonly port?: number;
      readonly password?: string;
      readonly authority?: string;
      readonly event?: unknown;
    } = {},
  ): Promise<Answer> =>
    handle("event" in changes ? changes.event : { monitor: "scores" }, {
      environment: {
        AWS_REGION: "us-east-1",
        METRIC_NAMESPACE: "OpsDX/Behavior",
        MONITORS: JSON.stringify({ scores: asked }),
        DATABASES: JSON.stringify({
          db: { host: "localhost", port: changes.port ?? server.port, database: "opsdx", user: READER.user },
        }),
      },
      write: (line) => lines.push(line),
      now: Date.now,
      password: () => Promise.resolve(changes.password ?? READER.password),
      authorities: [changes.authority ?? server.authority.certificate],
    });
  const told = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  it("writes one number, as a metric that is called like the monitor", async () => {
    const answer = await run(monitor("SELECT count(*) FROM behavior.scores LIMIT 1"));
    expect(answer).toEqual({ monitor: "scores", values: { all: 3 }, unlisted: 0 });
    expect(told()).toEqual([
      expect.objectContaining({
        _aws: expect.objectContaining({
          CloudWatchMetrics: [
            { Namespace: "OpsDX/Behavior", Dimensions: [["Of"]], Metrics: [{ Name: "scores", Unit: "None" }] },
          ],
        }) as unknown,
        Of: "all",
        scores: 3,
      }),
      expect.objectContaining({ Monitor: "scores", Measured: 1, Failed: 0, Unlisted: 0 }),
    ]);
  });

  it("writes a number for each value of the list, and counts the others together", async () => {
    const wards = monitor("SELECT ward, count(*) FROM behavior.scores GROUP BY ward LIMIT 10", {
      values: ["icu", "er"],
    });
    expect(await run(wards)).toEqual({ monitor: "scores", values: { icu: 2, er: 1 }, unlisted: 0 });
    expect(await run({ ...wards, values: ["icu", "or"], absent: "zero" })).toEqual({
      monitor: "scores",
      values: { icu: 2, other: 1, or: 0 },
      unlisted: 1,
    });
    expect(await run({ ...wards, values: ["icu", "or"] })).toMatchObject({ fault: "no-row" });
  });

  it("never names a patient that stands where a value of the dimension should", async () => {
    const names = monitor("SELECT name, count(*) FROM behavior.scores GROUP BY name LIMIT 10", {
      values: ["icu"],
      absent: "zero",
    });
    expect(await run(names)).toEqual({ monitor: "scores", values: { icu: 0, other: 3 }, unlisted: 2 });
    expect(told().at(-1)).toMatchObject({ Unlisted: 2 });
  });

  it.each<readonly [string, string, string]>([
    ["text in place of a number", "SELECT name FROM behavior.scores LIMIT 1", "type"],
    ["nothing in place of a number", "SELECT max(score) FROM behavior.scores WHERE false LIMIT 1", "type"],
    ["not a number", "SELECT 'NaN'::float8 LIMIT 1", "type"],
    ["a text that is read as a number", "SELECT name::int FROM behavior.scores LIMIT 1", "statement"],
    ["no row", "SELECT score FROM behavior.scores WHERE false LIMIT 1", "no-row"],
    ["two rows", "SELECT score FROM behavior.scores LIMIT 2", "rows"],
    ["two columns", "SELECT score, name FROM behavior.scores LIMIT 1", "columns"],
    ["a table", "SELECT count(*) FROM behavior.patients LIMIT 1", "denied"],
    ["a view that is not there", "SELECT count(*) FROM behavior.others LIMIT 1", "missing"],
    ["a mistake that quotes data", `SELECT count(*) FROM behavior.scores WHERE score = '${PHI}' LIMIT 1`, "statement"],
    ["what writes", "CREATE TEMP TABLE mine AS SELECT name FROM behavior.scores LIMIT 1", "writes"],
    ["two statements", "SELECT 1 LIMIT 1; SELECT 2 LIMIT 1", "statement"],
  ])("has no number of %s, and says why in its own words", async (_, sql, fault) => {
    expect(await run(monitor(sql))).toMatchObject({ monitor: "scores", fault });
    expect(told()).toEqual([expect.objectContaining({ Monitor: "scores", Failed: 1, fault })]);
    expect(lines.join("")).not.toContain("Measured");
  });

  it("refuses a value of the dimension twice", async () => {
    const twice = monitor("SELECT ward, score FROM behavior.scores LIMIT 10", { values: ["icu", "er"] });
    expect(await run(twice)).toMatchObject({ fault: "twice" });
  });

  it("gives up a slow statement, and the server does, too", async () => {
    const began = Date.now();
    expect(await run(monitor("SELECT 1 FROM pg_sleep(300) LIMIT 1", { timeoutSeconds: 1 }))).toMatchObject({
      fault: "slow",
    });
    expect(Date.now() - began).toBeLessThan(60_000);
    const running = "SELECT FROM pg_stat_activity WHERE application_name = 'behavior-monitor'";
    for (let left = 100; (await server.query(ADMIN, "postgres", running)).length > 0; left -= 1) {
      expect(left).toBeGreaterThan(0);
      await delay(100);
    }
  });

  it("does not wait for who holds a lock", async () => {
    const holder: Client = await server.connect(MASTER, "opsdx");
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE behavior.locked IN ACCESS EXCLUSIVE MODE");
    const locked = monitor("SELECT count(*) FROM behavior.locked LIMIT 1", { timeoutSeconds: 2 });
    expect(await run(locked)).toMatchObject({ fault: "locked" });
    await holder.query("ROLLBACK");
    await holder.end();
    expect(await run(locked)).toMatchObject({ values: { all: 0 } });
  });

  it("says that nobody is there, or is nobody it trusts, or lets it in", async () => {
    const one = monitor("SELECT 1 LIMIT 1");
    expect(await run(one, { port: 1 })).toMatchObject({ fault: "unreachable" });
    expect(await run(one, { authority: newAuthority("another").certificate })).toMatchObject({ fault: "untrusted" });
    expect(await run(one, { password: "wrong" })).toMatchObject({ fault: "login" });
    expect(told().map(({ Failed }) => Failed)).toEqual([1, 1, 1]);
  });

  it("gives up a server that takes the connection and says nothing", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as AddressInfo;
    expect(await run(monitor("SELECT 1 LIMIT 1"), { port })).toMatchObject({ fault: "unreachable" });
    silent.close();
  });

  it("says that the server ended the connection while the statement ran", async () => {
    const running = run(monitor("SELECT 1 FROM pg_sleep(300) LIMIT 1"));
    const end =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'behavior-monitor' AND state = 'active'";
    for (let left = 200; (await server.query(ADMIN, "postgres", end)).length === 0; left -= 1) {
      expect(left).toBeGreaterThan(0);
      await delay(50);
    }
    expect(await running).toMatchObject({ fault: "interrupted" });
  });

  it("refuses a monitor that it does not know, without a word of what it was asked", async () => {
    const one = monitor("SELECT 1 LIMIT 1");
    for (const event of [{ monitor: PHI }, { monitor: "constructor" }, {}, undefined, "scores"]) {
      await expect(run(one, { event })).rejects.toThrow("monitor must be one of scores, on a database of DATABASES");
    }
  });

  it("loses its connection when the server stops, and measures again when one is there", async () => {
    const own = await Postgres.start();
    const changes = { port: own.port, authority: own.authority.certificate, password: ADMIN.password };
    await own.query(
      ADMIN,
      "postgres",
      `CREATE ROLE ${READER.user} LOGIN PASSWORD '${ADMIN.password}'`,
      "CREATE DATABASE opsdx",
    );
    const running = run(monitor("SELECT 1 FROM pg_sleep(300) LIMIT 1"), changes);
    const active = "SELECT pid FROM pg_stat_activity WHERE application_name = 'behavior-monitor' AND state = 'active'";
    for (let left = 200; (await own.query(ADMIN, "postgres", active)).length === 0; left -= 1) {
      expect(left).toBeGreaterThan(0);
      await delay(50);
    }
    await own.stop();
    expect(await running).toMatchObject({ fault: "interrupted" });
    expect(await run(monitor("SELECT 1 LIMIT 1"), changes)).toMatchObject({ fault: "unreachable" });
    expect(await run(monitor("SELECT 1 LIMIT 1"))).toMatchObject({ values: { all: 1 } });
  }, 180_000);
});

it("names every setting that is wrong", async () => {
  await expect(
    handle({ monitor: "scores" }, { environment: { MONITORS: "{" }, write: () => undefined, now: Date.now }),
  ).rejects.toThrow("Misconfigured: MONITORS: must be JSON; DATABASES");
});

it("is one archive, the same each time", () => {
  const folder = mkdtempSync(join(tmpdir(), "behavior-"));
  const made = bundleFunction("behavior-monitor", folder);
  expect(made.handler).toBe("index.handler");
  expect(bundleFunction("behavior-monitor", join(folder, "again")).hash).toBe(made.hash);
  rmSync(folder, { recursive: true });
});
