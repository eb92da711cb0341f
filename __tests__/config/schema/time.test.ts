import fc from "fast-check";
import {
  formatWindow,
  localWindowInUtc,
  nearestFreeWindow,
  parseWindow,
  windowsOverlap,
  type Window,
} from "../../../config/schema/time";

const DAY = 1440;
const WEEK = 7 * DAY;

const daily = fc.record({ start: fc.integer({ min: 0, max: DAY - 1 }), minutes: fc.integer({ min: 1, max: DAY - 1 }) });
const weekly = fc.record({
  start: fc.integer({ min: 0, max: WEEK - 1 }),
  minutes: fc.integer({ min: 1, max: DAY - 1 }),
});
const anyWindow: fc.Arbitrary<Window> = fc.oneof(
  daily.map((window) => ({ ...window, every: DAY })),
  weekly.map((window) => ({ ...window, every: WEEK })),
);

/** The minutes of a week that a window covers, one by one. */
function minutesOfWeek({ start, minutes, every }: Window): Set<number> {
  const covered = new Set<number>();
  for (let first = start; first < start + WEEK; first += every) {
    for (let minute = 0; minute < minutes; minute += 1) covered.add((first + minute) % WEEK);
  }
  return covered;
}

describe("windows", () => {
  it.each([
    ["06:00-07:30", { start: 360, minutes: 90, every: DAY }],
    ["23:30-00:15", { start: 1410, minutes: 45, every: DAY }],
    ["mon:00:00-mon:00:30", { start: 0, minutes: 30, every: WEEK }],
    ["sun:23:45-mon:00:45", { start: 6 * DAY + 1425, minutes: 60, every: WEEK }],
  ])("reads %s", (text, window) => {
    expect(parseWindow(text)).toEqual(window);
  });

  it("writes what it reads", () => {
    fc.assert(
      fc.property(anyWindow, (window) => {
        expect(parseWindow(formatWindow(window))).toEqual(window);
      }),
    );
  });

  it("overlap exactly when they share a minute of the week", () => {
    fc.assert(
      fc.property(anyWindow, anyWindow, (a, b) => {
        const minutes = minutesOfWeek(a);
        const shared = [...minutesOfWeek(b)].some((minute) => minutes.has(minute));
        expect(windowsOverlap(a, b)).toBe(shared);
        expect(windowsOverlap(b, a)).toBe(shared);
      }),
      { numRuns: 60 },
    );
  });

  it("move to a place that is free and keep their length, or nowhere", () => {
    fc.assert(
      fc.property(anyWindow, fc.array(anyWindow, { maxLength: 3 }), (window, taken) => {
        const free = nearestFreeWindow(window, taken);
        if (free === undefined) return;
        expect(free).toMatchObject({ minutes: window.minutes, every: window.every });
        for (const other of taken) expect(windowsOverlap(free, other)).toBe(false);
      }),
    );
  });

  it("find no place where there is none", () => {
    expect(nearestFreeWindow(parseWindow("06:00-07:00"), [parseWindow("00:00-23:30")])).toBeUndefined();
  });
});

describe("localWindowInUtc", () => {
  it.each([
    ["America/New_York", ["14:00-16:30", "13:00-15:30"]],
    ["Asia/Kolkata", ["03:30-06:00"]],
    ["Pacific/Auckland", ["20:00-22:30", "21:00-23:30"]],
    ["Europe/London", ["09:00-11:30", "08:00-10:30"]],
    ["UTC", ["09:00-11:30"]],
  ])("gives 09:00-11:30 in %s in UTC before and after the clocks change", (timeZone, expected) => {
    expect(localWindowInUtc("09:00", "11:30", timeZone).map(formatWindow)).toEqual(expected);
  });

  it("keeps a window that runs past midnight", () => {
    expect(localWindowInUtc("23:00", "01:00", "UTC").map(formatWindow)).toEqual(["23:00-01:00"]);
  });
});
