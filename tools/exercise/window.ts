import { RefusedError } from "../../config/explained-error";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { localWindowInUtc } from "../../config/schema/time";

const DAY = 24 * 60;

/**
 * Refuses what must not happen while Clarity is loaded: it slows the load, and nobody looks at anything else.
 * @param now - milliseconds since 1970
 * @param minutes - how long it takes: it may not reach into the window either. @default 0
 * @throws RefusedError in the load window, as it is in summer and in winter
 */
export function refuseInLoadWindow({ loadWindow }: EnvironmentConfig, now: number, minutes = 0): void {
  const minute = Math.floor(now / 60_000) % DAY;
  const { start, end, timeZone } = loadWindow;
  const words = `the load window, ${start}-${end} ${timeZone}, in summer or in winter`;
  for (const load of localWindowInUtc(start, end, timeZone)) {
    if ((minute - load.start + DAY) % DAY < load.minutes) {
      throw new RefusedError(`Nothing was changed: this is ${words}. Come back after it.`);
    }
    if ((load.start - minute + DAY) % DAY < minutes) {
      throw new RefusedError(`Nothing was changed: it takes ${minutes} minutes, and would reach into ${words}.`);
    }
  }
}
