import { closest } from "fastest-levenshtein";
import { IANAZone } from "luxon";
import { z } from "zod";

const DAY = 24 * 60;
const WEEK = 7 * DAY;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const TIME = "([01]\\d|2[0-3]):[0-5]\\d";
const WEEKDAY = `(${DAYS.join("|")})`;

/** A span of time that comes back: every day or every week. */
export interface Window {
  /** First minute after Monday 00:00. */
  readonly start: number;
  /** Length in minutes. */
  readonly minutes: number;
  /** Minutes until it comes back. */
  readonly every: number;
}

/** Remainder that is never negative. */
const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** Minutes after Monday 00:00 of `hh:mm` or `ddd:hh:mm`. */
function minutesOf(text: string): number {
  const [minute = 0, hour = 0] = text.split(":").slice(-2).reverse().map(Number);
  return Math.max(0, DAYS.indexOf(text.slice(0, 3))) * DAY + hour * 60 + minute;
}

/** The window written as `hh:mm-hh:mm` or `ddd:hh:mm-ddd:hh:mm`; its end may lie past midnight, or past Sunday. */
export function parseWindow(text: string): Window {
  const [start = "", end = ""] = text.split("-");
  const every = DAYS.includes(text.slice(0, 3)) ? WEEK : DAY;
  return { start: minutesOf(start), minutes: modulo(minutesOf(end) - minutesOf(start), every), every };
}

/** A window as {@link parseWindow} reads it. */
export function formatWindow({ start, minutes, every }: Window): string {
  const format = (at: number): string => {
    const [day, hour, minute] = [Math.floor(at / DAY), Math.floor((at % DAY) / 60), at % 60];
    const time = [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
    return every === WEEK ? `${DAYS[day] ?? ""}:${time}` : time;
  };
  return `${format(start)}-${format(modulo(start + minutes, every))}`;
}

/** Whether two windows ever share a minute. */
export function windowsOverlap(a: Window, b: Window): boolean {
  const every = Math.min(a.every, b.every);
  return modulo(b.start - a.start, every) < a.minutes || modulo(a.start - b.start, every) < b.minutes;
}

/** The window of the same length that starts nearest and is clear of all others, in steps of five minutes. */
export function nearestFreeWindow(window: Window, taken: readonly Window[]): Window | undefined {
  for (let shift = 5; shift <= window.every / 2; shift += 5) {
    for (const start of [window.start + shift, window.start - shift]) {
      const moved = { ...window, start: modulo(start, window.every) };
      if (!taken.some((other) => windowsOverlap(moved, other))) return moved;
    }
  }
  return undefined;
}

/**
 * A daily window of a place, in UTC: one window per offset that the place has in a year, because it must be kept clear before
 * and after the clocks change.
 */
export function localWindowInUtc(start: string, end: string, timeZone: string): readonly Window[] {
  const window = parseWindow(`${start}-${end}`);
  return utcOffsets(timeZone).map((offset) => ({ ...window, start: modulo(window.start - offset, DAY) }));
}

const offsetsOf = new Map<string, readonly number[]>();

/** Every distance of a time zone from UTC in minutes over a year; any year has the same. */
function utcOffsets(timeZone: string): readonly number[] {
  const known = offsetsOf.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const offsets = Array.from({ length: 365 }, (_, day) => {
    const name = format.formatToParts(Date.UTC(2026, 0, 1 + day)).find(({ type }) => type === "timeZoneName")?.value;
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name ?? "") ?? ["", "+", "0", "0"];
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  });
  const distinct = [...new Set(offsets)];
  offsetsOf.set(timeZone, distinct);
  return distinct;
}

/** A time of day, `hh:mm`. */
export const timeOfDay = z.string().regex(new RegExp(`^${TIME}$`), "must be a time of day from 00:00 to 23:59, hh:mm");

/** A daily window in UTC as RDS takes it: `hh:mm-hh:mm`, at least 30 minutes. */
export const dailyWindow = z
  .string()
  .regex(new RegExp(`^${TIME}-${TIME}$`), { error: "must be a daily window in UTC, hh:mm-hh:mm", abort: true })
  .refine((text) => parseWindow(text).minutes >= 30, "must be at least 30 minutes long");

/** A weekly window in UTC as RDS takes it: `ddd:hh:mm-ddd:hh:mm`, at least 30 minutes and less than a day. */
export const weeklyWindow = z
  .string()
  .regex(new RegExp(`^${WEEKDAY}:${TIME}-${WEEKDAY}:${TIME}$`), {
    error: "must be a weekly window in UTC, ddd:hh:mm-ddd:hh:mm with a lower-case day such as sun",
    abort: true,
  })
  .refine((text) => {
    const { minutes } = parseWindow(text);
    return minutes >= 30 && minutes < DAY;
  }, "must be at least 30 minutes and less than 24 hours long");

/** An IANA time zone name. */
export const timeZone = z.string().superRefine((name, context) => {
  if (IANAZone.create(name).isValid) return;
  const nearest = closest(name, [...Intl.supportedValuesOf("timeZone"), "UTC"]);
  context.addIssue({ code: "custom", message: "must be an IANA time zone", params: { nearest } });
});
