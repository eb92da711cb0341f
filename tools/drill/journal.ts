import { z } from "zod";
import { CommandError } from "../command-error";
import type { ExerciseStore } from "../exercise/store";

/** Key of what a drill under way has done, so that another can take it back. */
export const OPEN_KEY = "drills/open.json";
/** Key by which one asks a drill under way to end. */
export const ABORT_KEY = "drills/abort.json";
/** Key of who armed the environment. */
export const ARMED_KEY = "drills/armed.json";

/** Milliseconds after which a drill that has not said that it lives was killed. */
export const SILENT_MS = 180_000;
/** How often it says so. */
export const BEAT_MS = 30_000;

const journalForm = z.object({
  run: z.string(),
  drill: z.string(),
  who: z.string(),
  /** When it began, a time in UTC. */
  began: z.iso.datetime(),
  /** When it last said that it lives. */
  beat: z.iso.datetime(),
  /** What it was done to, as the drill's own question answered. */
  target: z.string(),
  /** Whether anything may be broken. */
  step: z.enum(["armed", "injecting", "injected", "undoing"]),
});

/** What a drill under way has done. */
export type Journal = z.output<typeof journalForm>;

const armedForm = z.object({ who: z.string(), reason: z.string(), until: z.iso.datetime() });

/** Who armed an environment, why, and until when. */
export type Armed = z.output<typeof armedForm>;

async function read<T>(store: ExerciseStore, key: string, form: z.ZodType<T>): Promise<T | undefined> {
  const found = await store.read(key);
  if (found === undefined) return undefined;
  try {
    return form.parse(JSON.parse(found.text));
  } catch {
    throw new CommandError(
      `${store.location}/${key} must be as this program writes it, got something else. Look at it, take back what it tells of, and delete it: aws s3 rm ${store.location}/${key}`,
    );
  }
}

/** What a drill has left that is under way, or was killed; undefined where there is none. */
export function openDrill(store: ExerciseStore): Promise<Journal | undefined> {
  return read(store, OPEN_KEY, journalForm);
}

/** Who armed the environment; undefined where nobody did, or it is over. */
export async function armed(store: ExerciseStore, now: number): Promise<Armed | undefined> {
  const found = await read(store, ARMED_KEY, armedForm);
  return found === undefined || Date.parse(found.until) <= now ? undefined : found;
}

/** Writes what a drill has done. */
export function writeJournal(store: ExerciseStore, journal: Journal): Promise<void> {
  return store.write(OPEN_KEY, JSON.stringify(journal), "application/json");
}

/**
 * Says that the drill of a journal lives, at once and every half minute, while something is done for it: nobody else takes it back meanwhile.
 * @param now - tells the time, in milliseconds since 1970
 */
export async function beating<T>(
  store: ExerciseStore,
  journal: Journal,
  now: () => number,
  work: () => Promise<T>,
): Promise<T> {
  const beat = (): Promise<void> => writeJournal(store, { ...journal, beat: new Date(now()).toISOString() });
  let last = beat();
  await last;
  const heart = setInterval(() => void (last = last.then(beat, beat)), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    await last.catch(() => undefined);
  }
}

/** Takes away the journal of a run, and a wish to end it: what another one has written stays. */
export async function close(store: ExerciseStore, run: string): Promise<void> {
  const wish = await store.read(ABORT_KEY);
  if (wish?.text === run) await store.release(ABORT_KEY, wish.mark);
  const found = await store.read(OPEN_KEY);
  if (found !== undefined && (await openDrill(store))?.run === run) await store.release(OPEN_KEY, found.mark);
}
