import awsCronParser from "aws-cron-parser";
import { DateTime, IANAZone } from "luxon";
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
    return understood && onTheWall(parsed, WATCHED_FROM, LAST_YEAR_ENDS).next().done === false ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The times on the wall at which an expression comes up, in milliseconds as if the wall stood in UTC. */
function* onTheWall(cron: ParsedCron, from: number, until: number): Generator<DateTime> {
  for (let next = awsCronParser.next(cron, new Date(from)); next !== null; next = awsCronParser.next(cron, next)) {
    if (next.getTime() >= until) return;
    if (isMeant(cron, next)) yield DateTime.fromJSDate(next, { zone: "utc" });
  }
}

/** Whether a time that the parser gives is one of the expression's: it turns 31 February into 3 March. */
function isMeant({ daysOfMonth, months }: ParsedCron, time: Date): boolean {
  const plainDays = daysOfMonth.length > 0 && daysOfMonth.every((day) => typeof day === "number");
  return months.includes(time.getUTCMonth() + 1) && (!plainDays || daysOfMonth.includes(time.getUTCDate()));
}

/** The time from which schedules are examined: fixed, so that a check says the same tomorrow. */
const WATCHED_FROM = Date.UTC(2026, 0, 1);
/** The years that an expression can name. @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based */
const [FIRST_YEAR, LAST_YEAR] = [1970, 2199];
const LAST_YEAR_ENDS = Date.UTC(LAST_YEAR + 1, 0, 1);
/** How long one that comes up at least weekly is examined, and how long any other: two leap years are among eight. */
const [WATCHED_YEARS, WATCHED_YEARS_SPARSE] = [2, 8];

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
  yield* wallSlots(cron, timeZone, from, until);
}

function* wallSlots(cron: ParsedCron, timeZone: string, from: number, until: number): Generator<number> {
  // A zone is at most 14 hours away from UTC.
  const margin = 15 * 3600 * 1000;
  for (const onWall of onTheWall(cron, from - margin, until + margin)) {
    const slot = firstOf(onWall, timeZone);
    if (slot !== undefined && slot >= from && slot < until) yield slot;
  }
}

const DAY = 24 * 3600 * 1000;

/** How far a zone is from UTC at the start of a day, in milliseconds, by zone and day: asking the clock is what takes long. */
const offsets = new Map<string, number>();

function offsetAt(timeZone: string, day: number): number {
  const key = `${timeZone} ${day}`;
  const found = offsets.get(key) ?? IANAZone.create(timeZone).offset(day * DAY) * 60_000;
  offsets.set(key, found);
  return found;
}

/** The first instant at which a zone's clock shows a time; undefined when it never does. */
function firstOf(onWall: DateTime, timeZone: string): number | undefined {
  const wall = onWall.toMillis();
  const day = Math.floor(wall / DAY);
  const offset = offsetAt(timeZone, day - 1);
  // Clocks are not changed twice within three days.
  if (offset === offsetAt(timeZone, day + 2)) return wall - offset;
  const local = onWall.setZone(timeZone, { keepLocalTime: true });
  if (local.hour !== onWall.hour || local.minute !== onWall.minute) return undefined;
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
}

/** How far apart the slots of a schedule are, in seconds. */
export interface Cadence {
  /** The usual distance: that of most slots; infinite when there is one slot only. */
  readonly usual: number;
  /** The shortest distance; infinite when there is one slot only. */
  readonly shortest: number;
  /** The longest distance; zero when there is one slot only. */
  readonly longest: number;
  /** The slot after which the longest distance comes, ISO 8601. */
  readonly longestAfter: string;
  /** First slot, ISO 8601, of a schedule that names its years. @default - it comes up in every year */
  readonly first?: string;
  /** Last slot, ISO 8601, of a schedule that names its years and ends before those that can be named. @default - it does not end */
  readonly last?: string;
}

const cadences = new Map<string, Cadence>();

/**
 * The distances between the slots of a schedule, the days on which clocks change included: over two years, and over eight where
 * a slot comes less than once a week.
 */
export function cadence(schedule: Schedule): Cadence {
  const key = `${schedule.expression} ${schedule.timeZone}`;
  const found = cadences.get(key) ?? findCadence(schedule);
  cadences.set(key, found);
  return found;
}

function findCadence(schedule: Schedule): Cadence {
  const times = new Map<number, number>();
  let [shortest, longest, longestAfter] = [Infinity, 0, WATCHED_FROM];
  const note = (previous: number, slot: number): number => {
    const gap = (slot - previous) / 1000;
    shortest = Math.min(shortest, gap);
    if (gap > longest) [longest, longestAfter] = [gap, previous];
    return gap;
  };
  for (const [from, until] of watchedSpans(schedule)) {
    let previous: number | undefined;
    for (const slot of slots(schedule, from, until)) {
      if (previous !== undefined) {
        const gap = note(previous, slot);
        times.set(gap, (times.get(gap) ?? 0) + 1);
      }
      previous = slot;
    }
  }
  for (const [evening, morning] of nights(schedule)) note(evening, morning);
  const usual = [...times].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [Infinity, 0])[0];
  return { usual, shortest, longest, longestAfter: new Date(longestAfter).toISOString(), ...ends(schedule) };
}

/** Start of the time over which a schedule is examined, and its end. */
function watchedTime(schedule: Schedule): readonly [from: number, until: number] | undefined {
  const [first, second] = slots(schedule, WATCHED_FROM, LAST_YEAR_ENDS);
  if (first === undefined || second === undefined) return undefined;
  const from = Math.floor(first / DAY) * DAY;
  const years = namedYears(schedule);
  // All of a few named years, however far apart.
  if (years !== undefined && years.length <= WATCHED_YEARS_SPARSE) {
    return [from, Date.UTC(Math.max(...years) + 1, 0, 1) + DAY];
  }
  const length = second - first < 7 * DAY ? WATCHED_YEARS : WATCHED_YEARS_SPARSE;
  // Those that start within the first days of 2026 are examined from its first.
  const start = new Date(from).getUTCFullYear();
  return [length === WATCHED_YEARS && start === 2026 ? WATCHED_FROM : from, Date.UTC(start + length, 0, 1)];
}

/** Whether a schedule comes up several times a day. */
function isDense(schedule: Schedule): boolean {
  const [first = 0, second = Infinity] = slots(schedule, WATCHED_FROM, LAST_YEAR_ENDS);
  return second - first < DAY / 2;
}

/**
 * The spans of time that say all about a schedule: of one that runs several times a day its first day and the days around each
 * change of the clock, since two years of quarter hours would take seconds; of any other all of the time.
 */
function watchedSpans(schedule: Schedule): (readonly [from: number, until: number])[] {
  const time = watchedTime(schedule);
  if (time === undefined) return [];
  const [from, until] = time;
  if (!isDense(schedule)) return [time];
  const offset = (at: number): number => DateTime.fromMillis(at, { zone: schedule.timeZone }).offset;
  const days = Array.from({ length: Math.ceil((until - from) / DAY) }, (_, day) => from + day * DAY);
  const changes = days.filter((day) => offset(day) !== offset(day + DAY));
  return [from, ...changes].map((day) => [day, Math.min(day + 2 * DAY, Math.max(until, from + 2 * DAY))]);
}

/** The last slot of a day and the first of the next that has any, of one that runs several times a day. */
function* nights(schedule: Schedule): Generator<readonly [evening: number, morning: number]> {
  const time = watchedTime(schedule);
  const cron = parseCron(schedule.expression);
  if (time === undefined || cron === undefined || !isDense(schedule)) return;
  const at = (pick: (...values: number[]) => number): number[] => {
    const [minutes, hours] = [cron.minutes, cron.hours].map((values) => [pick(...values.map(Number))]);
    return [...wallSlots({ ...cron, minutes: minutes ?? [], hours: hours ?? [] }, schedule.timeZone, ...time)];
  };
  const mornings = at(Math.min);
  let next = 0;
  for (const evening of at(Math.max)) {
    while ((mornings[next] ?? Infinity) <= evening) next += 1;
    const morning = mornings[next];
    if (morning !== undefined) yield [evening, morning];
  }
}

/** The years that an expression names. @default - every year */
function namedYears({ expression }: Schedule): readonly number[] | undefined {
  const years = (parseCron(expression)?.years ?? []).map(Number);
  if (years.length === LAST_YEAR - FIRST_YEAR + 1) return undefined;
  const since = new Date(WATCHED_FROM).getUTCFullYear();
  return years.filter((year) => year >= since);
}

function ends(schedule: Schedule): Pick<Cadence, "first" | "last"> {
  const years = namedYears(schedule);
  const cron = parseCron(schedule.expression);
  const [first] = slots(schedule, WATCHED_FROM, LAST_YEAR_ENDS);
  if (years === undefined || cron === undefined || first === undefined) return {};
  const last = Math.max(...years) === LAST_YEAR ? undefined : lastSlot(cron, schedule.timeZone);
  return {
    first: new Date(first).toISOString(),
    ...(last !== undefined && { last: new Date(last).toISOString() }),
  };
}

function lastSlot(cron: ParsedCron, timeZone: string): number | undefined {
  let before = awsCronParser.prev(cron, new Date(LAST_YEAR_ENDS));
  while (before !== null && before.getTime() >= WATCHED_FROM - DAY) {
    const slot = isMeant(cron, before) ? firstOf(DateTime.fromJSDate(before, { zone: "utc" }), timeZone) : undefined;
    if (slot !== undefined) return slot;
    before = awsCronParser.prev(cron, before);
  }
  return undefined;
}
