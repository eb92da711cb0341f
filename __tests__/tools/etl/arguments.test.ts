import fc from "fast-check";
import { slots, type Schedule } from "../../../config/schema/schedule";
import { bothClocks, duration, minuteOf, slotId } from "../../../tools/etl/moments";
import { RefusedError } from "../../../config/explained-error";
import { allOf } from "../../../tools/command-error";
import { assertRange, parseBound, parseSince } from "../../../tools/etl/range-argument";
import { assertOnSchedule, nextSlot, parseSlot } from "../../../tools/etl/slot-argument";
import { NOW } from "./support";

const NEW_YORK: Schedule = { expression: "cron(0 9 * * ? *)", timeZone: "America/New_York" };
const QUARTERS: Schedule = { expression: "cron(0/15 * * * ? *)", timeZone: "UTC" };
const at = (text: string): number => Date.parse(text);

function problemsOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof RefusedError) return error.message.split("\n");
    throw error;
  }
}

describe("checks", () => {
  it("return what they return, in order", () => {
    expect(
      allOf(
        () => 1,
        () => "two",
      ),
    ).toEqual([1, "two"]);
  });

  it("name every fault at once", () => {
    const fail = (message: string) => (): never => {
      throw new RefusedError(message);
    };
    expect(problemsOf(() => allOf(fail("first"), () => 2, fail("third")))).toEqual(["first", "third"]);
  });

  it("let other errors through", () => {
    const broken = (): never => {
      throw new TypeError("a defect");
    };
    expect(() => allOf(broken)).toThrow(TypeError);
  });
});

describe("a slot", () => {
  it.each(["2026-03-08T14:15:00Z", "2026-03-08T14:15Z", "20260308-1415"])("is read from %s", (text) => {
    expect(minuteOf(parseSlot(text, NOW))).toBe("2026-03-08T14:15:00Z");
  });

  it("is read as it is written, whichever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: at("2020-01-01T00:00:00Z"), max: NOW }), (moment) => {
        const minute = Math.floor(moment / 60_000) * 60_000;
        expect(parseSlot(slotId(moment), NOW)).toBe(minute);
        expect(parseSlot(minuteOf(moment), NOW)).toBe(minute);
      }),
    );
  });

  it.each([
    "now",
    "14:15",
    "2026-03-08",
    "2026-02-30T14:15:00Z",
    "20260230-1415",
    "20260308-2415",
    "2026-03-08T14:15:00",
    "2026-03-08T14:15:00+01:00",
    "20260308-14150",
  ])("is not read from %s", (text) => {
    expect(problemsOf(() => parseSlot(text, NOW))).toEqual([
      `<slot> must be a minute in UTC such as 2026-03-08T14:15:00Z or 20260308-1415, got "${text}"`,
    ]);
  });

  it("is a whole minute", () => {
    expect(problemsOf(() => parseSlot("2026-03-08T14:15:30Z", NOW))).toEqual([
      expect.stringMatching(/got "2026-03-08T14:15:30Z"; the nearest is 2026-03-08T14:15:00Z$/),
    ]);
  });

  it("has come", () => {
    expect(parseSlot("20260308-1420", NOW)).toBe(at("2026-03-08T14:20:00Z"));
    expect(problemsOf(() => parseSlot("20260308-1421", NOW))).toEqual([
      '<slot> must not be in the future, got "20260308-1421"; now is 2026-03-08T14:20:00Z',
    ]);
  });
});

describe("a schedule", () => {
  it("has each of its slots, and no minute beside them", () => {
    const from = at("2026-02-20T00:00:00Z");
    const all = [...slots(NEW_YORK, from, NOW)];
    expect(all.length).toBe(17);
    for (const slot of all) {
      expect(problemsOf(() => assertOnSchedule(NEW_YORK, slot, NOW))).toEqual([]);
      expect(problemsOf(() => assertOnSchedule(NEW_YORK, slot + 60_000, NOW))).toHaveLength(1);
    }
  });

  it.each([
    // The morning after the clocks went forward: 9:00 is 13:00 in UTC, not 14:00.
    ["2026-03-08T14:00:00Z", "20260308-1300 (2026-03-08 13:00 UTC = 09:00 EDT)"],
    ["2026-03-07T13:00:00Z", "20260307-1400 (2026-03-07 14:00 UTC = 09:00 EST)"],
    ["2026-03-08T01:59:00Z", "20260308-1300 (2026-03-08 13:00 UTC = 09:00 EDT)"],
    ["2026-03-08T01:00:00Z", "20260307-1400 (2026-03-07 14:00 UTC = 09:00 EST)"],
  ])("names the slot nearest to %s", (moment, nearest) => {
    expect(problemsOf(() => assertOnSchedule(NEW_YORK, at(moment), NOW))).toEqual([
      `<slot> must be a moment that cron(0 9 * * ? *) America/New_York has, got ${moment}; the nearest is ${nearest}. --off-schedule takes any minute`,
    ]);
  });

  it("names no slot that has not come", () => {
    const [problem] = problemsOf(() =>
      assertOnSchedule(QUARTERS, at("2026-03-08T14:19:00Z"), at("2026-03-08T14:20:00Z")),
    );
    expect(problem).toContain("the nearest is 20260308-1415 (2026-03-08 14:15 UTC)");
  });

  it("says so when there is none near", () => {
    const leap = { expression: "cron(0 0 31 12 ? 2027)", timeZone: "UTC" };
    expect(problemsOf(() => assertOnSchedule(leap, NOW, NOW))[0]).toContain("it has none near");
    expect(nextSlot(leap, NOW)).toBeUndefined();
  });

  it("has a next slot", () => {
    expect(nextSlot(QUARTERS, at("2026-03-08T14:15:00Z"))).toBe(at("2026-03-08T14:30:00Z"));
    expect(nextSlot(NEW_YORK, at("2026-10-31T13:00:00Z"))).toBe(at("2026-11-01T14:00:00Z"));
  });
});

describe("a range", () => {
  it.each([
    ["2026-03-01", "2026-03-01T00:00:00Z"],
    ["2026-03-01T06:30:00Z", "2026-03-01T06:30:00Z"],
    ["2026-03-01T06:30Z", "2026-03-01T06:30:00Z"],
  ])("has a bound %s", (text, moment) => {
    expect(parseBound("--from", text)).toBe(at(moment));
  });

  it.each(["yesterday", "2026-02-30", "2026-03-01T00:00:00", "1 March", ""])("has no bound %p", (text) => {
    expect(problemsOf(() => parseBound("--to", text))).toEqual([
      `--to must be a moment in UTC such as 2026-03-01T00:00:00Z, or a day such as 2026-03-01, got "${text}"`,
    ]);
  });

  it("may be as long as the limit, to the second", () => {
    const from = at("2026-03-01T00:00:00Z");
    expect(problemsOf(() => assertRange({ from, to: at("2026-03-08T00:00:00Z") }, 7, NOW))).toEqual([]);
    expect(problemsOf(() => assertRange({ from, to: at("2026-03-08T00:00:01Z") }, 7, NOW))).toEqual([
      "--from and --to must be at most 7 days apart (backfillMaxDays), got 8; the nearest --to is 2026-03-08T00:00:00Z. Load the rest with another run",
    ]);
  });

  it("is neither empty nor reversed", () => {
    const [from, to] = [at("2026-03-02T00:00:00Z"), at("2026-03-01T00:00:00Z")];
    expect(problemsOf(() => assertRange({ from, to: from }, 7, NOW))).toEqual([
      "--to must be after --from, got 2026-03-02T00:00:00Z for both",
    ]);
    expect(problemsOf(() => assertRange({ from, to }, 7, NOW))).toEqual([
      "--to must be after --from, got 2026-03-02T00:00:00Z to 2026-03-01T00:00:00Z; did you swap them?",
    ]);
  });

  it("lies in the past, and every fault of it is named", () => {
    expect(
      problemsOf(() => assertRange({ from: at("2026-03-01T00:00:00Z"), to: at("2026-03-09T00:00:00Z") }, 7, NOW)),
    ).toEqual([
      "--to must not be in the future, got 2026-03-09T00:00:00Z; now is 2026-03-08T14:20:00Z",
      expect.stringMatching(/^--from and --to must be at most 7 days apart/),
    ]);
  });
});

describe("a time back", () => {
  it.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["3h", 10_800_000],
    ["2d", 172_800_000],
    ["2026-03-08T14:20:00Z", 30_000],
  ])("%s", (text, back) => {
    expect(NOW - parseSince(text, NOW)).toBe(back);
  });

  it.each(["3", "3 h", "0h", "-1h", "3w", "2026-03-09T00:00:00Z", ""])("%p is none", (text) => {
    expect(problemsOf(() => parseSince(text, NOW))).toEqual([expect.stringContaining(`got "${text}"`)]);
  });
});

describe("words", () => {
  it.each([
    [0, "0 s"],
    [59_400, "59 s"],
    [312_000, "5 min 12 s"],
    [93_600_000, "26 h 0 min"],
    [259_200_000, "3 d 0 h"],
  ])("%s ms is %s", (milliseconds, words) => {
    expect(duration(milliseconds)).toBe(words);
  });

  it("tell both clocks, and both days where they differ", () => {
    expect(bothClocks(at("2026-03-08T02:00:00Z"), "America/New_York")).toBe(
      "2026-03-08 02:00 UTC = 2026-03-07 21:00 EST",
    );
    expect(bothClocks(at("2026-03-08T13:00:00Z"), "America/New_York")).toBe("2026-03-08 13:00 UTC = 09:00 EDT");
    expect(bothClocks(at("2026-03-08T13:00:00Z"), "UTC")).toBe("2026-03-08 13:00 UTC");
  });
});
