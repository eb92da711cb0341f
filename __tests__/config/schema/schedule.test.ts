import * as fc from "fast-check";
import { DateTime } from "luxon";
import { cadence, cronExpression, slots } from "../../../config/schema/schedule";
import { slotOf } from "../../../lambdas/etl-launcher/slot";

const NEW_YORK = "America/New_York";
const from = Date.UTC(2026, 0, 1);
const until = Date.UTC(2028, 0, 1);

describe("a cron expression", () => {
  it.each([
    "cron(0/15 * * * ? *)",
    "cron(0 9 * * ? *)",
    "cron(0 9 ? * MON-FRI *)",
    "cron(0 0 L * ? *)",
    "cron(15 10 ? * 6L 2026-2027)",
    "cron(0 8 1 JAN,JUL ? *)",
  ])("%s is taken", (expression) => {
    expect(cronExpression.safeParse(expression).success).toBe(true);
  });

  it.each([
    ["no wrapper", "0 9 * * ? *"],
    ["five fields", "cron(0 9 * * ?)"],
    ["seven fields", "cron(0 0 9 * * ? *)"],
    ["both days open", "cron(0 9 ? * ? *)"],
    ["both days given", "cron(0 9 * * * *)"],
    ["a minute too high", "cron(60 9 * * ? *)"],
    ["an hour too high", "cron(0 24 * * ? *)"],
    ["a word", "cron(zero 9 * * ? *)"],
    ["a rate", "rate(15 minutes)"],
    ["a day that never comes", "cron(0 9 31 2 ? *)"],
    ["years gone by", "cron(0 9 * * ? 2020-2021)"],
    ["a second line", "cron(0 9 * * ? *)\n"],
  ])("%s is refused: %s", (_, expression) => {
    expect(cronExpression.safeParse(expression).success).toBe(false);
  });
});

describe("slots", () => {
  it("come once at 9:00 on each day of two years in New York, whatever the clocks do", () => {
    const days = [...slots({ expression: "cron(0 9 * * ? *)", timeZone: NEW_YORK }, from, until)].map((slot) =>
      DateTime.fromMillis(slot, { zone: NEW_YORK }),
    );
    expect(new Set(days.map((day) => day.toFormat("HH:mm")))).toEqual(new Set(["09:00"]));
    expect(new Set(days.map((day) => day.toISODate())).size).toBe(days.length);
    expect(days.length).toBe(730);
    expect(days.map((day) => day.toUTC().hour).filter((hour) => hour === 13).length).toBe(476);
  });

  it("come once a day at any hour that every day has, in any zone", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "UTC"),
        fc.integer({ min: 4, max: 22 }),
        fc.integer({ min: 0, max: 59 }),
        (timeZone, hour, minute) => {
          const found = [...slots({ expression: `cron(${minute} ${hour} * * ? *)`, timeZone }, from, until)];
          const dates = found.map((slot) => DateTime.fromMillis(slot, { zone: timeZone }));
          expect(dates.every((date) => date.hour === hour && date.minute === minute)).toBe(true);
          expect(new Set(dates.map((date) => date.toISODate())).size).toBe(found.length);
          expect(found.length).toBe(730);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("rise, and each names a Job of its own, also where an hour comes twice", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(NEW_YORK, "Europe/Berlin", "UTC"),
        fc.constantFrom(5, 15, 20, 30),
        fc.constantFrom(Date.UTC(2026, 2, 7), Date.UTC(2026, 2, 28), Date.UTC(2026, 9, 24), Date.UTC(2026, 9, 31)),
        (timeZone, step, start) => {
          const schedule = { expression: `cron(0/${step} * * * ? *)`, timeZone };
          const found = [...slots(schedule, start, start + 2 * 24 * 3600 * 1000)];
          expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
          expect(new Set(found.map((slot) => slotOf(new Date(slot)).id)).size).toBe(found.length);
        },
      ),
      { numRuns: 24 },
    );
  });

  it("leave out a time that the clock jumps over, and count one that comes twice once", () => {
    const on = (expression: string, day: number): string[] =>
      [...slots({ expression, timeZone: NEW_YORK }, day, day + 30 * 3600 * 1000)].map((slot) =>
        new Date(slot).toISOString(),
      );
    expect(on("cron(30 2 * * ? *)", Date.UTC(2026, 2, 8, 5))).toEqual(["2026-03-09T06:30:00.000Z"]);
    expect(on("cron(30 1 * * ? *)", Date.UTC(2026, 10, 1, 0))).toEqual(["2026-11-01T05:30:00.000Z"]);
  });

  it("refuse what is no cron expression", () => {
    expect(() => [...slots({ expression: "rate(1 day)", timeZone: "UTC" }, from, until)]).toThrow(
      'schedule must be a cron expression, got "rate(1 day)"',
    );
  });
});

describe("cadence", () => {
  it.each([
    ["cron(0/15 * * * ? *)", "UTC", 900, 900, 900],
    ["cron(0/15 * * * ? *)", NEW_YORK, 900, 900, 4500],
    ["cron(0 9 * * ? *)", NEW_YORK, 86_400, 82_800, 90_000],
    ["cron(0 2 * * ? *)", NEW_YORK, 86_400, 86_400, 169_200],
    ["cron(0 3 * * ? *)", NEW_YORK, 86_400, 82_800, 90_000],
    ["cron(0 3 ? * SUN *)", NEW_YORK, 604_800, 601_200, 608_400],
    ["cron(0 3 1 * ? *)", "UTC", 31 * 86_400, 28 * 86_400, 31 * 86_400],
    ["cron(0 3 1 1 ? *)", "UTC", 365 * 86_400, 365 * 86_400, 366 * 86_400],
    ["cron(0 3 29 2 ? *)", "UTC", 1461 * 86_400, 1461 * 86_400, 1461 * 86_400],
    ["cron(0 3 1 1 ? 2027)", "UTC", Infinity, Infinity, 0],
    ["cron(0 3 * * ? 2027)", NEW_YORK, 86_400, 82_800, 90_000],
    ["cron(0 3 1 1 ? 2027,2099)", "UTC", 26_298 * 86_400, 26_298 * 86_400, 26_298 * 86_400],
    // From Friday evening to Monday morning, and an hour more in autumn.
    ["cron(0/15 9-17 ? * MON-FRI *)", NEW_YORK, 900, 900, 231_300],
    ["cron(0/15 * 1 * ? *)", "UTC", 900, 900, 2_592_900],
  ])("of %s in %s is %d s, from %d to %d", (expression, timeZone, usual, shortest, longest) => {
    expect(cadence({ expression, timeZone })).toMatchObject({ usual, shortest, longest });
  });

  it.each([
    ["cron(0 3 * * ? *)", undefined, undefined],
    ["cron(0/15 * * * ? 2030-2199)", "2030-01-01T00:00:00.000Z", undefined],
    ["cron(0 3 * * ? 2027-2028)", "2027-01-01T03:00:00.000Z", "2028-12-31T03:00:00.000Z"],
    ["cron(0 3 31 * ? 2027)", "2027-01-31T03:00:00.000Z", "2027-12-31T03:00:00.000Z"],
    ["cron(0 3 1 1 ? 2027)", "2027-01-01T03:00:00.000Z", "2027-01-01T03:00:00.000Z"],
  ])("of %s begins %s and ends %s", (expression, first, last) => {
    const { first: begins, last: over } = cadence({ expression, timeZone: "UTC" });
    expect([begins, over]).toEqual([first, last]);
  });

  it("is what its slots say, for schedules of every kind", () => {
    const day = fc.constantFrom("* * ?", "? * MON-FRI", "? * SUN", "1 * ?", "L * ?", "1 1,7 ?", "? * 2#1", "15 6 ?");
    fc.assert(
      fc.property(
        day,
        fc.constantFrom("*", "2027", "2027-2028", "2026,2028"),
        fc.integer({ min: 0, max: 23 }),
        fc.constantFrom(NEW_YORK, "Europe/Berlin", "UTC"),
        (days, years, hour, timeZone) => {
          const schedule = { expression: `cron(7 ${hour} ${days} ${years})`, timeZone };
          const found = cadence(schedule);
          // Eight years hold all that four named ones and two leap years can show; daily ones are examined for two.
          const end = days.startsWith("*") || days.includes("MON-FRI") || days.includes("SUN") ? 2028 : 2034;
          const all = [...slots(schedule, from, Date.UTC(years === "*" ? end : 2030, 0, 1))];
          const gaps = all.slice(1).map((slot, index) => (slot - (all[index] ?? 0)) / 1000);
          expect(found.longest).toBe(Math.max(0, ...gaps));
          expect(found.shortest).toBe(Math.min(Infinity, ...gaps));
        },
      ),
      { numRuns: 20 },
    );
  });
});
