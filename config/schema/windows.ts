import { z } from "zod";
import type { Fault } from "./rule";
import {
  formatWindow,
  localWindowInUtc,
  nearestFreeWindow,
  parseWindow,
  timeOfDay,
  timeZone,
  windowsOverlap,
  type Window,
} from "./time";

/** The daily Clarity load. */
export const loadWindowSchema = z.strictObject({
  /** Local time, `hh:mm`. */
  start: timeOfDay,
  /** Local time, `hh:mm`; before the start when the load runs past midnight. */
  end: timeOfDay,
  /** IANA time zone. */
  timeZone,
});

/** Spans of time that a window must keep clear of. */
export interface Obstacle {
  /** What it is, for people. */
  readonly name: string;
  /** When it is. */
  readonly windows: readonly Window[];
}

/** Faults of a window that overlaps one of the others. */
export function* clashes(path: readonly string[], received: string, obstacles: readonly Obstacle[]): Generator<Fault> {
  const window = parseWindow(received);
  const taken = obstacles.flatMap(({ windows }) => windows);
  for (const { name, windows } of obstacles) {
    if (!windows.some((other) => windowsOverlap(window, other))) continue;
    const free = nearestFreeWindow(window, taken);
    yield { path, rule: `must not overlap ${name}`, received, nearest: free && formatWindow(free) };
  }
}

/** The load as something that windows must keep clear of, in summer and in winter. */
export function loadObstacle({ start, end, timeZone }: z.output<typeof loadWindowSchema>): Obstacle {
  const windows = localWindowInUtc(start, end, timeZone);
  return {
    name: `the load window ${start}-${end} ${timeZone} (UTC ${windows.map(formatWindow).join(" or ")})`,
    windows,
  };
}
