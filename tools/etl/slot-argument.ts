import { DateTime } from "luxon";
import { slots, type Schedule } from "../../config/schema/schedule";
import { bothClocks, DAY, minuteOf, MOMENT, slotId, UTC } from "./moments";
import { UsageError } from "../command-error";

const SLOT_ID = /^\d{8}-\d{4}$/;

/**
 * The slot that a person named, in milliseconds.
 * @throws UsageError when it is no minute, or has not come yet
 */
export function parseSlot(text: string, now: number): number {
  const moment = SLOT_ID.test(text)
    ? DateTime.fromFormat(text, "yyyyMMdd-HHmm", UTC)
    : DateTime.fromISO(MOMENT.test(text) ? text : "", UTC);
  if (!moment.isValid || moment.second !== 0) {
    throw new UsageError(
      `<slot> must be a minute in UTC such as 2026-03-08T14:15:00Z or 20260308-1415, got "${text}"${nearestMinute(moment)}`,
    );
  }
  if (moment.toMillis() > now) {
    throw new UsageError(`<slot> must not be in the future, got "${text}"; now is ${minuteOf(now)}`);
  }
  return moment.toMillis();
}

function nearestMinute(moment: DateTime): string {
  return moment.isValid ? `; the nearest is ${minuteOf(moment.toMillis())}` : "";
}

/**
 * Checks that a schedule has a slot.
 * @throws UsageError naming the nearest slot that has come
 */
export function assertOnSchedule(schedule: Schedule, slot: number, now: number): void {
  if (!slots(schedule, slot, slot + 1).next().done) return;
  const nearest = nearestSlot(schedule, slot, now);
  throw new UsageError(
    `<slot> must be a moment that ${schedule.expression} ${schedule.timeZone} has, got ${minuteOf(slot)}; ` +
      (nearest === undefined
        ? "it has none near"
        : `the nearest is ${slotId(nearest)} (${bothClocks(nearest, schedule.timeZone)})`) +
      ". --off-schedule takes any minute",
  );
}

/** The slot that is nearest to a moment, among those that have come. */
function nearestSlot(schedule: Schedule, moment: number, now: number): number | undefined {
  for (const reach of [2 * DAY, 40 * DAY, 400 * DAY]) {
    const near = [...slots(schedule, moment - reach, Math.min(moment + reach, now + 1))];
    if (near.length > 0) {
      return near.reduce((best, slot) => (Math.abs(slot - moment) < Math.abs(best - moment) ? slot : best));
    }
  }
  return undefined;
}

/** The first slot after a moment; undefined when there is none within a year. */
export function nextSlot(schedule: Schedule, after: number): number | undefined {
  for (const slot of slots(schedule, after + 1, after + 400 * DAY)) return slot;
  return undefined;
}
