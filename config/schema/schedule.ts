import awsCronParser from "aws-cron-parser";
import { DateTime } from "luxon";
import { z } from "zod";
import { timeZone } from "./time";

/** Value, list, range, step, and for days the wildcards L, W and #. */
const FIELD = String.raw`[\dA-Za-z*,/#?-]+`;
const CRON = new RegExp(String.raw`^cron\((${FIELD}(?: ${FIELD}){5})\)$`);

/** A parsed expression. The parser knows UTC only: its instants are read as times on the wall. */
type ParsedCron = ReturnType<typeof awsCronParser.parse>;

const crons = new Map<string, ParsedCron | undefined>();

/** The expression as the parser reads it, or undefined when EventBridge Scheduler would refuse it. Several rules ask. */
function parseCron(expression: string): ParsedCron | undefined {
  if (!crons.has(expression)) crons.set(expression, readCron(expression));
  return crons.get(expression);
}

function readCron(expression: string): ParsedCron | undefined {
  const fields = CRON.exec(expression)?.[1];
  if (fields === undefined) return undefined;
  const [, , dayOfMonth, , dayOfWeek] = fields.split(" ");
  // One of the two days must be left open: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;
  try {
    const parsed = awsCronParser.parse(fields);
    // The parser lets words through as "not a number".
    const understood = Object.values(parsed).every((values: (string | number)[]) =>
      values.every((value) => !Number.isNaN(value)),
    );
    return understood && onTheWall(parsed, WATCHED_FROM, WATCHED_UNTIL).next().done === false ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The times on the wall at which an expression comes up, in milliseconds as if the wall stood in UTC. */
function* onTheWall(cron: ParsedCron, from: number, until: number): Generator<DateTime> {
  for (let next = awsCronParser.next(cron, new Date(from)); next !== null; next = awsCronParser.next(cron, next)) {
    if (next.getTime() >= until) return;
    const { daysOfMonth, months } = cron;
    // The parser turns 31 February into 3 March.
    const plainDays = daysOfMonth.length > 0 && daysOfMonth.every((day) => typeof day === "number");
    if (!months.includes(next.getUTCMonth() + 1) || (plainDays && !daysOfMonth.includes(next.getUTCDate()))) continue;
    yield DateTime.fromJSDate(next, { zone: "utc" });
  }
}

/** The years over which schedules are examined: fixed, so that a check says the same tomorrow. */
const WATCHED_FROM = Date.UTC(2026, 0, 1);
const WATCHED_UNTIL = Date.UTC(2028, 0, 1);

/** A cron expression of EventBridge Scheduler. */
export const cronExpression = z
  .string()
  .refine(
    (expression) => parseCron(expression) !== undefined,
    "must be a cron expression of EventBridge Scheduler that comes up, such as cron(0/15 * * * ? *): minutes, hours, day of month, month, day of week, year, with ? for one of the days",
  );

/** When something runs: an expression, and the clock on the wall that it is read from. */
export const scheduleSchema = z.strictObject({
  /** Cron expression of EventBridge Scheduler, `cron(…)`. */
  expression: cronExpression,
  /** IANA time zone. */
  timeZone,
});

/** A schedule that holds. */
export type Schedule = z.output<typeof scheduleSchema>;

/**
 * The instants at which EventBridge Scheduler invokes, from `from` until before `until`, in milliseconds. A time that the clock
 * jumps over is skipped; of a time that comes twice only the first counts.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function* slots({ expression, timeZone }: Schedule, from: number, until: number): Generator<number> {
  const cron = parseCron(expression);
  if (cron === undefined) throw new Error(`schedule must be a cron expression, got "${expression}"`);
  // A zone is at most 14 hours away from UTC.
  const margin = 15 * 3600 * 1000;
  for (const onWall of onTheWall(cron, from - margin, until + margin)) {
    const slot = firstOf(onWall, timeZone);
    if (slot !== undefined && slot >= from && slot < until) yield slot;
  }
}

/** The first instant at which a zone's clock shows a time; undefined when it never does. */
function firstOf(onWall: DateTime, timeZone: string): number | undefined {
  const local = onWall.setZone(timeZone, { keepLocalTime: true });
  if (local.hour !== onWall.hour || local.minute !== onWall.minute) return undefined;
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
}

/** How far apart the slots of a schedule are, in seconds. */
export interface Cadence {
  /** The usual distance: that of most slots. */
  readonly usual: number;
  /** The shortest distance. */
  readonly shortest: number;
  /** The longest distance, and the slot after which it comes, ISO 8601. */
  readonly longest: number;
  readonly longestAfter: string;
}

const cadences = new Map<string, Cadence>();

/** The distances between the slots of a schedule over two years, the days on which clocks change included. */
export function cadence(schedule: Schedule): Cadence {
  const key = `${schedule.expression} ${schedule.timeZone}`;
  const known = cadences.get(key);
  if (known !== undefined) return known;
  const times = new Map<number, number>();
  let [shortest, longest, longestAfter] = [Infinity, 0, WATCHED_FROM];
  let previous: number | undefined;
  for (const [from, until] of watchedSpans(schedule)) {
    previous = undefined;
    for (const slot of slots(schedule, from, until)) {
      if (previous !== undefined) {
        const gap = (slot - previous) / 1000;
        times.set(gap, (times.get(gap) ?? 0) + 1);
        shortest = Math.min(shortest, gap);
        if (gap > longest) [longest, longestAfter] = [gap, previous];
      }
      previous = slot;
    }
  }
  const usual = [...times].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [Infinity, 0])[0];
  const found = { usual, shortest, longest, longestAfter: new Date(longestAfter).toISOString() };
  cadences.set(key, found);
  return found;
}

const DAY = 24 * 3600 * 1000;

/**
 * The spans of time that say all about a schedule: of one that runs several times a day the days around each change of the
 * clock and an ordinary day, since two years of quarter hours would take seconds; of any other the two years.
 */
function watchedSpans(schedule: Schedule): (readonly [from: number, until: number])[] {
  const [first, second] = slots(schedule, WATCHED_FROM, WATCHED_UNTIL);
  if (first === undefined || second === undefined) return [];
  if (second - first >= DAY / 2) return [[WATCHED_FROM, WATCHED_UNTIL]];
  const offset = (at: number): number => DateTime.fromMillis(at, { zone: schedule.timeZone }).offset;
  const days = Array.from({ length: (WATCHED_UNTIL - WATCHED_FROM) / DAY }, (_, day) => WATCHED_FROM + day * DAY);
  const changes = days.filter((day) => offset(day) !== offset(day + DAY));
  return [WATCHED_FROM, ...changes].map((day) => [day, day + 2 * DAY]);
}
