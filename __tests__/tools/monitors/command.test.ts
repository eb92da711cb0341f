import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../../config/load";
import type { MonitorsCommandProps } from "../../../tools/monitors/command";
import { serverOf } from "../../../tools/monitors/trial";
import { ADMIN, MASTER, Postgres } from "../../jobs/service-database/postgres";
import { FakeMonitors } from "./fake-monitors";

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  jest.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  process.exitCode = undefined;
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});
const run = async (words: string, fake = new FakeMonitors(), props: MonitorsCommandProps = {}) => {
  await fake.command(props).parseAsync(words.split(" "), { from: "user" });
  return printed.join("\n");
};

describe("opsdx monitors run", () => {
  it("prints the number, and which alarm it raises", async () => {
    const fake = new FakeMonitors();
    expect(await run("run dev epic2op-rows", fake)).toBe(
      "epic2op-rows: 0, below the floor of 1: opsdx-dev-behavior-epic2op-rows-below-floor",
    );
    expect(fake.ran).toEqual(["epic2op-rows"]);
  });

  it("says what is above the ceiling, in its unit", async () => {
    const fake = new FakeMonitors();
    fake.answer = { monitor: "newest-lab", values: { all: 9000 }, unlisted: 0 };
    expect(await run("run dev newest-lab", fake)).toBe(
      "newest-lab: 9000 seconds, above the ceiling of 7200: opsdx-dev-behavior-newest-lab-above-ceiling",
    );
  });

  it("ends with 1 where there is no number, for programs, too", async () => {
    const fake = new FakeMonitors();
    fake.answer = { monitor: "epic2op-rows", fault: "denied", why: "it may not" };
    expect(await run("run dev epic2op-rows", fake)).toBe("epic2op-rows: no number (denied): it may not");
    expect(process.exitCode).toBe(1);
    printed.length = 0;
    expect(JSON.parse(await run("run dev epic2op-rows --json", fake))).toEqual(fake.answer);
  });

  it.each([
    [
      "an unknown monitor",
      "run dev epic2op-row",
      '<monitor> must be one of epic2op-rows, patients-scored, alerts-shown, newest-lab, got "epic2op-row"',
    ],
    ["an unknown monitor of a test", "test dev nothing", "<monitor> must be one of epic2op-rows"],
    ["an unknown environment", "run dve epic2op-rows", "<env> must be one of dev, prod"],
    ["another property of the list", "run dev constructor", "<monitor> must be one of"],
  ])("refuses %s before anything is asked", async (_, words, message) => {
    const fake = new FakeMonitors();
    await expect(run(words, fake)).rejects.toThrow(message);
    expect(fake.ran).toEqual([]);
  });

  it("refuses an environment without monitors, and another account", async () => {
    const config = loadConfig();
    const without = {
      ...config,
      environments: config.environments.map((environment) => ({ ...environment, monitors: undefined })),
    };
    await expect(run("run dev epic2op-rows", new FakeMonitors(), { load: () => without })).rejects.toThrow(
      "<env> must have behavior monitors, in config/environments/dev.ts",
    );
    const fake = new FakeMonitors();
    fake.accountId = "999999999999";
    await expect(run("run dev epic2op-rows", fake)).rejects.toThrow("999999999999");
    expect(fake.ran).toEqual([]);
  });
});

describe("the PostgreSQL of a test", () => {
  it.each([
    ["nothing", {}, "PGHOST, PGUSER, PGDATABASE must say which PostgreSQL plays the database"],
    ["no port", { PGPORT: "none" }, 'PGPORT must be a port from 1 to 65535, got "none"'],
    [
      "another machine without authorities",
      { PGHOST: "db.example" },
      "PGSSLROOTCERT must name a file of the authorities",
    ],
    [
      "a file that is not there",
      { PGHOST: "db.example", PGSSLROOTCERT: "/nowhere" },
      "PGSSLROOTCERT must name a file that can be read",
    ],
  ])("is refused: %s", (_, env, message) => {
    expect(() => serverOf(env)).toThrow(message);
  });

  it("needs no certificate on this machine", () => {
    expect(serverOf({ PGHOST: "localhost", PGUSER: "me", PGDATABASE: "opsdx" })).toMatchObject({
      port: 5432,
      ssl: false,
    });
  });
});

const missing = Postgres.missing();
(missing === undefined ? describe : describe.skip)("opsdx monitors test", () => {
  let server: Postgres;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    server = await Postgres.start();
    await server.query(ADMIN, "postgres", "CREATE DATABASE opsdx OWNER opsdx_root");
    await server.query(
      MASTER,
      "opsdx",
      "CREATE SCHEMA behavior",
      "CREATE VIEW behavior.epic2op_rows AS SELECT now() - make_interval(mins => minute) AS loaded_at FROM generate_series(10, 200, 10) minute",
      "CREATE VIEW behavior.scores AS SELECT now() AS scored_at WHERE false",
      "CREATE VIEW behavior.alerts AS SELECT now() AS shown_at",
      "CREATE VIEW behavior.lab_values AS SELECT now() - interval '3 hours' AS resulted_at",
    );
    const file = join(server.folder, "ca.pem");
    writeFileSync(file, server.authority.certificate);
    env = {
      PGHOST: "localhost",
      PGPORT: `${server.port}`,
      PGUSER: MASTER.user,
      PGPASSWORD: MASTER.password,
      PGDATABASE: "opsdx",
      PGSSLROOTCERT: file,
    };
  }, 180_000);
  afterAll(() => server.stop(), 60_000);

  it.each([
    ["epic2op-rows", /^epic2op-rows: [56]$/],
    ["patients-scored", /^patients-scored: 0, below the floor of 1: opsdx-dev-behavior-patients-scored-below-floor$/],
    ["alerts-shown", /^alerts-shown: 1$/],
    ["newest-lab", /^newest-lab: 10800(\.\d+)? seconds, above the ceiling of 7200: /],
  ])("asks what the configuration says of %s", async (monitor, expected) => {
    const fake = new FakeMonitors();
    expect(await run(`test dev ${monitor}`, fake, { env })).toMatch(expected);
    expect(fake.ran).toEqual([]);
    expect(process.exitCode).toBeUndefined();
  });

  it("says what a monitor whose view is not there would say", async () => {
    await server.query(MASTER, "opsdx", "DROP VIEW behavior.alerts");
    expect(await run("test dev alerts-shown", new FakeMonitors(), { env })).toBe(
      "alerts-shown: no number (missing): the statement reads something that is not there",
    );
    expect(process.exitCode).toBe(1);
  });
});
