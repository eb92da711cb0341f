import { readFileSync } from "node:fs";
import path from "node:path";
import { DateTime } from "luxon";
import pc from "picocolors";
import type { DigestLock, LockedDigest } from "../config/digest-lock";
import { CommandError } from "./command-error";
import { writeWhole } from "./files";

/** What became of one thing that was looked up. */
export interface LookedUp {
  /** Its name in the lock. */
  readonly name: string;
  /** What the lock says now. @default - nothing: it was not to be had */
  readonly locked?: LockedDigest;
  /** Digest that the lock had before, where it was another. @default - it had none, or the same */
  readonly before?: string;
  /** Why it was not to be had. @default - it was */
  readonly problem?: string;
}

/**
 * Looks up each thing. What is not to be had keeps what the lock had; what is not named any more leaves it.
 * @param things - what is looked up, by name, each with who tells its digest
 * @param lock - the lock as it is
 * @param today - the day
 */
export async function lookUpDigests(
  things: Readonly<Record<string, () => Promise<string>>>,
  lock: DigestLock,
  today: string,
): Promise<readonly LookedUp[]> {
  return Promise.all(
    Object.entries(things).map(async ([name, ask]): Promise<LookedUp> => {
      const before = lock[name];
      try {
        const digest = await ask();
        const locked = before?.digest === digest ? before : { digest, lockedOn: today };
        return { name, locked, ...(before !== undefined && before.digest !== digest && { before: before.digest }) };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        return { name, locked: before, problem: error.message };
      }
    }),
  );
}

/** The lock that holds what was looked up. */
export function lockedNow(results: readonly LookedUp[]): DigestLock {
  return Object.fromEntries(results.flatMap(({ locked, name }) => (locked ? [[name, locked]] : [])));
}

/** A day in UTC, as locks have it. */
export function lockDay(date: Date): string {
  return DateTime.fromJSDate(date, { zone: "utc" }).toISODate() ?? "";
}

/** What {@link writeLock} needs. */
export interface WriteLockProps {
  /** Folder of the project. */
  readonly root: string;
  /** The file, below it. */
  readonly file: string;
  /** What the file shall hold. */
  readonly text: string;
  /** What was looked up. */
  readonly results: readonly LookedUp[];
  /** What it means that a digest is another one, for example `its tag has moved`. */
  readonly moved: string;
  /** Say what would be written, and write nothing. */
  readonly dryRun: boolean;
}

/** Tells what was looked up and writes the lock file; the exit code is 1 when something was not to be had. */
export function writeLock({ dryRun, file, moved, results, root, text }: WriteLockProps): void {
  for (const result of results) console.log(lineOf(result, moved));
  const place = path.join(root, file);
  if (readFileSync(place, "utf8") === text) console.log(`${file} is current`);
  else if (dryRun) console.log(`would write ${file}`);
  else {
    writeWhole(place, text);
    console.log(`wrote ${file}: commit it`);
  }
  if (results.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
}

function lineOf({ before, locked, name, problem }: LookedUp, moved: string): string {
  if (problem !== undefined) {
    return `${pc.red("✗")} ${problem}${locked === undefined ? "" : `; it keeps ${locked.digest} of ${locked.lockedOn}`}`;
  }
  const note = before === undefined ? "" : pc.yellow(` (${moved}: it was ${before})`);
  return `${pc.green("✓")} ${name} ${locked?.digest ?? ""}${note}`;
}
