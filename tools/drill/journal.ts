import { z } from "zod";
import { CommandError } from "../command-error";
import { LOCK_KEY } from "../exercise/lock";
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

/** Removes an object, whichever version is there. */
export async function remove(store: ExerciseStore, key: string): Promise<void> {
  const found = await store.read(key);
  if (found !== undefined) await store.release(key, found.mark);
}

/** Takes away what a drill that was killed has left: its journal, a wish to end it, and its lock. */
export async function close(store: ExerciseStore, { drill }: Pick<Journal, "drill">): Promise<void> {
  await remove(store, ABORT_KEY);
  await remove(store, OPEN_KEY);
  const lock = await store.read(LOCK_KEY);
  if (lock === undefined) return;
  const { kind, name } = JSON.parse(lock.text) as { readonly kind?: unknown; readonly name?: unknown };
  if (kind === "drill" && name === drill) await store.release(LOCK_KEY, lock.mark);
}
