import { setTimeout as delay } from "node:timers/promises";
import pc from "picocolors";

/** Time, and somebody to tell meanwhile, for what waits. */
export interface Watch {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Tells what happens. */
  readonly say: (line: string) => void;
}

/** The real time, and the terminal. */
export const WALL_CLOCK: Watch = {
  now: () => Date.now(),
  sleep: (milliseconds) => delay(milliseconds),
  say: (line) => console.error(pc.dim(line)),
};
