import { loadConfig } from "../../../config/load";
import { monitorPeriods } from "../../../config/schema/monitors";
import { problemsAfter, setAt, validInput, type Loose } from "../support";

const AT = "dev.monitors.watched.epic2op-rows";
const SELECT = "SELECT count(*) FROM behavior.epic2op_rows";
const problems = (changes: Loose) => problemsAfter(changes).map(({ path, rule }) => `${path}: ${rule}`);
const faults = (changes: Loose) =>
  problems(Object.fromEntries(Object.entries(changes).map(([key, value]) => [`${AT}.${key}`, value])));

describe("the settings of behavior monitors", () => {
  it("may be missing: an environment without them has none", () => {
    const input = validInput();
    setAt(input.environments.dev, ["monitors"], undefined);
    expect(loadConfig(input).environments.find(({ name }) => name === "dev")?.monitors).toBeUndefined();
  });

  it.each([
    ["nothing", `${SELECT} LIMIT 1`],
    ["a common table", `WITH rows AS (${SELECT}) SELECT count FROM rows LIMIT 1`],
    ["a text that looks like a command", `${SELECT} WHERE note = 'delete; update -- it''s' LIMIT 1`],
  ])("take SQL that reads, with %s", (_, sql) => expect(faults({ sql })).toEqual([]));

  it.each([
    ["has no limit", SELECT, "must end with LIMIT and a number from 1 to 21"],
    ["has a limit inside only", `SELECT count(*) FROM (${SELECT} LIMIT 1) x`, "must end with LIMIT"],
    ["has too large a limit", `${SELECT} LIMIT 22`, "must end with LIMIT"],
    ["has no number as its limit", `${SELECT} LIMIT ALL`, "must end with LIMIT"],
    ["deletes", "DELETE FROM behavior.epic2op_rows LIMIT 1", "must begin with SELECT or WITH"],
    [
      "writes inside",
      "WITH gone AS (DELETE FROM behavior.epic2op_rows RETURNING 1) SELECT count(*) FROM gone LIMIT 1",
      "must only read, and holds DELETE",
    ],
    ["makes a table", "SELECT 1 INTO copy FROM behavior.epic2op_rows LIMIT 1", "must only read, and holds INTO"],
    ["locks", `${SELECT} FOR UPDATE LIMIT 1`, "must only read, and holds UPDATE"],
    ["is two statements", `${SELECT}; SELECT 1 LIMIT 1`, "must be one statement"],
    ["hides its end", `${SELECT} -- LIMIT 1`, "must have no comment"],
  ])("refuse SQL that %s", (_, sql, rule) => {
    expect(faults({ sql }).join("\n")).toContain(`monitors.watched.epic2op-rows.sql: ${rule}`);
  });

  it.each<readonly [string, Loose, string]>([
    ["a dimension that names somebody", { values: ["Dr. Smith"] }, "values.0: must be at most 30 lower-case letters"],
    ["a value that stands for others", { values: ["other"] }, "values.0: must be at most 30 lower-case letters"],
    [
      "more values than a list may have",
      { values: Array.from({ length: 21 }, (_, at) => `ward-${at}`) },
      "values: must have at most 20 values",
    ],
    ["a value twice", { values: ["icu", "icu"] }, "values.1: must be named once"],
    [
      "a view that the SQL does not read",
      { views: ["behavior.epic2op_rows", "behavior.others"] },
      "views.1: must be read by sql",
    ],
    ["nothing that could be told", { floor: undefined, band: undefined }, "floor: must be given, or ceiling or band"],
    ["a floor above the ceiling", { floor: 2, ceiling: 1 }, "floor: must be below ceiling (1)"],
    [
      "a schedule that comes weekly",
      { schedule: { expression: "cron(0 8 ? * MON *)", timeZone: "UTC" } },
      "schedule.expression: must come up at least once a day",
    ],
    ["a step that says nothing", { steps: ["look"] }, "steps.0: must be whole sentences"],
  ])("refuse %s", (_, changes, rule) => {
    expect(faults(changes).join("\n")).toContain(`monitors.watched.epic2op-rows.${rule}`);
  });

  it("refuse more than a function's variables hold", () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [
        `monitor-${at}`,
        {
          ...((validInput().environments.dev["monitors"] as { watched: Loose }).watched["epic2op-rows"] as Loose),
          sql: `SELECT ${"1 + ".repeat(70)}count(*) FROM behavior.epic2op_rows LIMIT 1`,
        },
      ]),
    );
    expect(problems({ "dev.monitors.watched": many }).join()).toContain(
      "monitors.watched: must need at most 3000 bytes of the function's variables",
    );
  });

  it.each([
    ["every quarter of an hour", "cron(0/15 * * * ? *)", "UTC", 900, 2],
    ["every quarter of an hour by a clock that changes", "cron(0/15 * * * ? *)", "America/New_York", 900, 6],
    ["daily by a clock that changes", "cron(0 8 * * ? *)", "America/New_York", 86_400, 2],
    ["every minute by day", "cron(* 8-18 * * ? *)", "UTC", 60, 782],
  ])("give alarms the length of a period, and of silence: %s", (_, expression, timeZone, seconds, silent) => {
    expect(monitorPeriods({ schedule: { expression, timeZone } })).toEqual({ seconds, silent });
  });
});
