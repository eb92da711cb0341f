import { z } from "zod";
import { RefusedError } from "../../config/explained-error";
import { Children } from "../terraform/children";
import type { Watch } from "../wall-clock";
import type { ExerciseStore } from "./store";

/** An exercise that is about to begin. */
export interface Exercise {
  /** What it is. */
  readonly kind: "load" | "drill";
  /** Which one: the profile of a load test, a drill. */
  readonly name: string;
  /** Who does it: an ARN. */
  readonly who: string;
  /** When it is over at the latest, in milliseconds since 1970; then another one may take over. */
  readonly until: number;
  /** Name of its run. @default - none is written down, and nobody takes over before its time */
  readonly run?: string;
  /** Name of a run that was killed: its lock is taken over before its time. @default - no lock is */
  readonly instead?: string;
}

/** What an exercise is given that has the lock. */
export interface HeldLock {
  /** What starts processes: a signal ends the exercise in order, and them first. */
  readonly children: Children;
  /** Aborted when a signal asks to stop. */
  readonly signal: AbortSignal;
  /** Keeps the lock until the exercise is over by its own time, because something of it may go on. @param because - why, in words */
  readonly keep: (because: string) => void;
}

/** Key of the lock. */
export const LOCK_KEY = "lock/exercise.json";

const lockForm = z.object({
  kind: z.string(),
  name: z.string(),
  who: z.string(),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  run: z.string().optional(),
});

/** Name of a run of an exercise, below its kind in the bucket: `20261129-160304-smoke`. */
export function exerciseRunId(name: string, now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}-${name}`;
}

/**
 * Does an exercise while no other one is done in the environment. The lock goes with its end, however it ends, unless the exercise itself
 * keeps it; a signal lets it end in order: a second one ends what it has started at once, and not it.
 *
 * @param store - bucket of the environment
 * @param environment - name of the environment
 * @param watch - time, and whom to tell
 * @param work - the exercise; it ends soon after a signal
 * @throws RefusedError when another exercise holds the lock, naming which, whose, and since when
 * @throws InterruptedError when a signal ended it
 */
export async function withExerciseLock<T>(
  store: ExerciseStore,
  environment: string,
  exercise: Exercise,
  watch: Pick<Watch, "now" | "say">,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const children = new Children();
  const stopped = new AbortController();
  return await children.forwarding(
    () => watch.say("It is ended in order; once more ends at once what it has started."),
    async () => {
      const mark = await take(store, environment, exercise, watch);
      const lock = { kept: false };
      const keep = (because: string): void => {
        lock.kept = true;
        watch.say(`The lock is kept until ${new Date(exercise.until).toISOString()}, because ${because}.`);
      };
      try {
        children.throwIfInterrupted();
        const stop = { stop: () => stopped.abort() };
        const done = await children.during(stop, false, () => work({ children, keep, signal: stopped.signal }));
        children.throwIfInterrupted();
        return done;
      } finally {
        if (!lock.kept) await store.release(LOCK_KEY, mark);
      }
    },
  );
}

async function take(
  store: ExerciseStore,
  environment: string,
  exercise: Exercise,
  { now, say }: Pick<Watch, "now" | "say">,
): Promise<string> {
  const { instead, kind, name, run, until, who } = exercise;
  const at = (time: number): string => new Date(time).toISOString();
  const text = JSON.stringify({ kind, name, who, since: at(now()), until: at(until), run });
  const first = await store.claim(LOCK_KEY, text);
  if (first !== undefined) return first;
  const held = await store.read(LOCK_KEY);
  // It went between the two requests.
  if (held === undefined) return (await store.claim(LOCK_KEY, text)) ?? busy(environment, "another one");
  const { data: other } = lockForm.safeParse(jsonOf(held.text));
  if (other === undefined) {
    throw new RefusedError(
      `${store.location}/${LOCK_KEY} must be a lock as this program writes it, got something else. Look at it, and delete it: aws s3 rm ${store.location}/${LOCK_KEY}`,
    );
  }
  const whose = `${other.kind} ${other.name} of ${other.who}, since ${other.since}, until ${other.until}`;
  const killed = other.run !== undefined && other.run === instead;
  if (!killed && Date.parse(other.until) > now()) busy(environment, whose);
  say(
    `What ${killed ? "was killed" : `is over since ${other.until}`} has left its lock, and loses it: ${other.kind} ${other.name} of ${other.who}.`,
  );
  return (await store.claim(LOCK_KEY, text, held.mark)) ?? busy(environment, "another one, which came first");
}

function busy(environment: string, whose: string): never {
  throw new RefusedError(
    `Nothing was changed: there is one exercise at a time in ${environment}, and this is under way: ${whose}. Come back after it.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
