import { DateTime } from "luxon";
import { DAY, isoOf, minuteOf, MOMENT, UTC } from "./moments";
import { UsageError } from "../command-error";

/** A range of data, in milliseconds. */
export interface Range {
  /** Its first moment, since 1970. */
  readonly from: number;
  /** The moment after its last, since 1970. */
  readonly to: number;
}

/**
 * The bound of a range that a person named, in milliseconds. A day is its first moment in UTC.
 * @throws UsageError when it is neither a moment in UTC nor a day
 */
export function parseBound(option: string, text: string): number {
  const known = MOMENT.test(text) || /^\d{4}-\d\d-\d\d$/.test(text);
  const moment = DateTime.fromISO(known ? text : "", UTC);
  if (moment.isValid) return moment.toMillis();
  throw new UsageError(
    `${option} must be a moment in UTC such as 2026-03-01T00:00:00Z, or a day such as 2026-03-01, got "${text}"`,
  );
}

/**
 * Checks a range that one run loads again.
 * @param maxDays - longest range
 * @throws UsageError when it is empty, reversed, too long, or reaches into the future
 */
export function assertRange({ from, to }: Range, maxDays: number, now: number): void {
  const faults: string[] = [];
  if (from === to) faults.push(`--to must be after --from, got ${isoOf(from)} for both`);
  if (from > to) faults.push(`--to must be after --from, got ${isoOf(from)} to ${isoOf(to)}; did you swap them?`);
  if (to > now) faults.push(`--to must not be in the future, got ${isoOf(to)}; now is ${minuteOf(now)}`);
  if (to - from > maxDays * DAY) {
    faults.push(
      `--from and --to must be at most ${maxDays} days apart (backfillMaxDays), got ${Math.ceil((to - from) / DAY)}; ` +
        `the nearest --to is ${isoOf(from + maxDays * DAY)}. Load the rest with another run`,
    );
  }
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY };

/**
 * How far back a person wants to look: `90s`, `30m`, `3h`, `2d`, or a moment. In milliseconds since 1970.
 * @throws UsageError when it is neither
 */
export function parseSince(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && Number(count) > 0) return now - Number(count) * (UNITS[unit] ?? 0);
  const moment = DateTime.fromISO(MOMENT.test(text) ? text : "", UTC);
  if (moment.isValid && moment.toMillis() < now) return moment.toMillis();
  throw new UsageError(
    `--since must be a time back such as 30m, 3h or 2d, or a moment that has come such as 2026-03-08T14:15:00Z, got "${text}"`,
  );
}
