import { configWith, FakeEnvironment, NOW, run } from "./support";
import type { EtlStatus } from "../../../tools/etl/status";

const config = configWith({ epic2op: { enabled: true }, "c2dw-daily": { enabled: true }, op2dw: { enabled: false } });

function deployed(): FakeEnvironment {
  const environment = new FakeEnvironment();
  environment.deploy("epic2op", "ENABLED", config);
  environment.deploy("c2dw-daily", "ENABLED", config);
  environment.deploy("op2dw", "DISABLED", config);
  return environment;
}

function launchLine(environment: FakeEnvironment, ago: number, fields: object): void {
  environment.logs.push({
    id: String(environment.logs.length),
    timestamp: NOW - ago,
    message: JSON.stringify({ event: "launch.finished", etl: "epic2op", ...fields }),
    group: "/aws/lambda/opsdx-dev-etl-lambda",
    stream: "one",
  });
}

/** The table's rows of each ETL by their name; lines of a cell are joined. */
function tableOf(out: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const table: Record<string, Record<string, string>> = {};
  let [etl, what] = ["", ""];
  for (const line of out
    .split("\n")
    .filter((each) => each.startsWith("│"))
    .slice(1)) {
    const [, first = "", second = "", third = ""] = line.split("│").map((cell) => cell.trim());
    if (first !== "") etl = first;
    if (second !== "") what = second;
    if (third === "") continue;
    const rows = (table[etl] ??= {});
    rows[what] = rows[what] === undefined ? third : `${rows[what]} | ${third}`;
  }
  return table;
}

const notes = (out: string): readonly string[] => out.split("\n").filter((line) => line.startsWith("["));

describe("opsdx etl status", () => {
  it("shows everything of one ETL", async () => {
    const environment = deployed();
    environment.addJob("epic2op", "20260308-1415", "running", { seconds: 312 });
    environment.addJob("epic2op", "20260308-1400", "succeeded", { seconds: 301 });
    environment.addJob("epic2op", "20260308-1345", "failed", { seconds: 840, reason: "DeadlineExceeded" });
    environment.addJob("op2dw", "20260308-0700", "running");
    environment.queues.set("opsdx-dev-epic2op-undelivered", 0);
    environment.queues.set("opsdx-dev-epic2op-launch-failed", 2);
    launchLine(environment, 120_000, { outcome: "Launched", job: "epic2op-dev-20260308-1415" });
    launchLine(environment, 900_000, { outcome: "LaunchFailed", Reason: "Timeout" });
    const { out, exitCode } = await run("status dev epic2op", environment, config);
    expect(tableOf(out)).toEqual({
      epic2op: {
        schedule: "on, as config says | cron(0/15 * * * ? *) UTC",
        "next slot": "2026-03-08 14:30 UTC, in 9 min 30 s",
        running: "epic2op-dev-20260308-1415: running for 5 min 12 s",
        "last Jobs":
          "epic2op-dev-20260308-1400  succeeded, in 5 min 1 s | epic2op-dev-20260308-1345  failed, in 14 min 0 s, DeadlineExceeded",
        "dead letters": "not delivered by the scheduler: 0 | given up by the launcher: 2; its alarm has the steps",
        "last launch": "Launched epic2op-dev-20260308-1415, 2026-03-08 14:18 UTC",
      },
    });
    expect(notes(out)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(environment.changes).toEqual([]);
  });

  it("shows all four, each with its own clock", async () => {
    const { out } = await run("status dev", deployed(), config);
    const table = tableOf(out);
    expect(Object.keys(table)).toEqual(["epic2op", "c2dw-daily", "op2dw", "c2dw"]);
    expect(table["c2dw-daily"]?.["next slot"]).toBe("2026-03-09 13:00 UTC = 09:00 EDT, in 22 h 39 min");
    expect(table["op2dw"]).toMatchObject({
      schedule: "off, as config says | cron(0 3 * * ? *) America/New_York",
      "next slot": "none while it is off; otherwise 2026-03-09 07:00 UTC = 03:00 EDT, in 16 h 39 min",
      "last launch": "none in the last two days",
    });
    expect(table["c2dw"]).toEqual({
      schedule: "none: it runs when somebody launches it",
      running: "nothing",
      "last Jobs": "none that ended is kept",
      "dead letters": "given up by the launcher: 0",
      "last launch": "none in the last two days",
    });
  });

  it("tells what was changed by hand", async () => {
    const environment = deployed();
    environment.deploy("epic2op", "DISABLED", config);
    environment.schedules.set("opsdx-dev-op2dw", { state: "ENABLED", expression: "rate(1 hour)", timeZone: "UTC" });
    const table = tableOf((await run("status dev", environment, config)).out);
    expect(table["epic2op"]?.["schedule"]).toMatch(/^off, paused by hand: config says enabled: true \|/);
    expect(table["op2dw"]?.["schedule"]).toBe(
      "on, resumed by hand: config says enabled: false | rate(1 hour) UTC | " +
        "config says cron(0 3 * * ? *) America/New_York: changed by hand, or not deployed yet; | npx cdktf diff dev-stage3",
    );
    expect(table["op2dw"]).not.toHaveProperty("next slot");
  });

  it.each([
    ["identity", ["schedule", "dead letters", "last launch"]],
    ["schedules", ["schedule"]],
    ["queues", ["dead letters"]],
    ["logs", ["last launch"]],
    ["jobs", ["running", "last Jobs"]],
  ] as const)("says that the %s cannot be reached, once, and shows the rest", async (part, unknown) => {
    const environment = deployed();
    environment.broken = [part];
    const { out, exitCode } = await run("status dev", environment, config);
    const rows = Object.entries(tableOf(out)["epic2op"] ?? {});
    expect(rows.filter(([, state]) => state.includes("unknown [1]")).map(([what]) => what)).toEqual(unknown);
    expect(notes(out)).toEqual([`[1] the ${part} cannot be reached`]);
    expect(exitCode).toBe(0);
  });

  it("still knows the next slot when the schedule cannot be read", async () => {
    const environment = deployed();
    environment.broken = ["schedules"];
    const { out } = await run("status dev epic2op", environment, config);
    expect(tableOf(out)["epic2op"]?.["next slot"]).toBe(
      "2026-03-08 14:30 UTC, in 9 min 30 s, if the schedule is on and as config says",
    );
  });

  it("shows the cluster's part in another account, and nothing of that account", async () => {
    const environment = deployed();
    environment.accountId = "111122223333";
    const { out, exitCode } = await run("status dev epic2op", environment, config);
    expect(tableOf(out)["epic2op"]).toMatchObject({ schedule: "unknown [1]", running: "nothing" });
    expect(notes(out)).toEqual([expect.stringContaining("The credentials belong to account 111122223333")]);
    expect(exitCode).toBe(0);
  });

  it("exits with 1 when nothing can be read", async () => {
    const environment = deployed();
    environment.broken = ["identity", "jobs"];
    const { out, exitCode } = await run("status dev", environment, config);
    expect(notes(out)).toHaveLength(2);
    expect(exitCode).toBe(1);
  });

  it("prints JSON", async () => {
    const environment = deployed();
    environment.broken = ["queues"];
    const job = environment.addJob("epic2op", "20260308-1415", "running");
    launchLine(environment, 120_000, { outcome: "Launched", job: job.name });
    const { out } = await run("status dev epic2op --json", environment, config);
    expect(JSON.parse(out) as EtlStatus[]).toEqual([
      {
        environment: "dev",
        etl: "epic2op",
        config: { enabled: true, schedule: { expression: "cron(0/15 * * * ? *)", timeZone: "UTC" } },
        schedule: { value: { state: "ENABLED", expression: "cron(0/15 * * * ? *)", timeZone: "UTC" } },
        next: { at: "2026-03-08T14:30:00Z", timeZone: "UTC" },
        jobs: { value: [job] },
        deadLetters: {
          undelivered: { error: "the queues cannot be reached" },
          launchFailed: { error: "the queues cannot be reached" },
        },
        lastLaunch: { value: { at: "2026-03-08T14:18:30Z", outcome: "Launched", job: job.name } },
      },
    ]);
  });
});
