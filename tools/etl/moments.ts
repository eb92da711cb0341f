import { DateTime } from "luxon";
import { slotOf } from "../../lambdas/etl-launcher/slot";

/** Milliseconds of a day. */
export const DAY = 24 * 3600 * 1000;
/** The clock that is written everywhere. */
export const UTC = { zone: "utc" } as const;

/** Moments that a person writes, in UTC. */
export const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/;

/** The minute that a moment lies in, as events and slots are written, for example `2026-03-08T14:15:00Z`. */
export function minuteOf(moment: number): string {
  return slotOf(new Date(moment)).start;
}

/** A moment's slot, for example `20260308-1415`. */
export function slotId(moment: number): string {
  return slotOf(new Date(moment)).id;
}

/** A moment to the second, as an event writes it. */
export function isoOf(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, "yyyy-MM-ddTHH:mm:ss".length)}Z`;
}

/** A moment on both clocks, for example `2026-03-08 13:00 UTC = 09:00 EDT`. */
export function bothClocks(moment: number, timeZone: string): string {
  const utc = DateTime.fromMillis(moment, UTC);
  const text = utc.toFormat("yyyy-MM-dd HH:mm 'UTC'");
  if (timeZone === "UTC") return text;
  const local = DateTime.fromMillis(moment, { zone: timeZone, locale: "en-US" });
  const sameDay = local.toISODate() === utc.toISODate();
  return `${text} = ${local.toFormat(sameDay ? "HH:mm ZZZZ" : "yyyy-MM-dd HH:mm ZZZZ")}`;
}

/** A duration in words, for example `5 min 12 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
