import { readFileSync } from "node:fs";
import path from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { DateTime } from "luxon";
import pc from "picocolors";
import { IMAGE_LOCK, parseLock, type ImageLock, type PublicImage } from "../../config/images";
import { GROUPS } from "../command-groups";
import { writeWhole } from "../files";
import { lockOf, lookUp, type DigestSource, type LockResult, type PublicImageState } from "./lock";

/** Images of others, and where their digests come from and stand. */
export interface PublicImages {
  /** The images. */
  readonly images: readonly PublicImage[];
  /** Folder that the lock file stands in. */
  readonly root: string;
  /** Who tells their digests. */
  readonly source: DigestSource;
  /** Tells the time. */
  readonly today: () => Date;
}

/** A lock that is older has missed updates of security, should its tags move. */
const OLD_DAYS = 90;

/**
 * The lock of a folder.
 * @throws ConfigError when it is not as the command wrote it
 */
export function readLock(root: string): ImageLock {
  return parseLock(readFileSync(path.join(root, IMAGE_LOCK), "utf8"));
}

/** `opsdx images lock`: writes the digests of the images of others. */
export function lockCommand({ images, root, source, today }: PublicImages): Command {
  return new Command("lock")
    .helpGroup(GROUPS.build)
    .description(
      `look up the digests of the images of others and write ${IMAGE_LOCK}; exit code 1 if one is not to be had`,
    )
    .option("--dry-run", "say what would be written, and write nothing")
    .addHelpText(
      "after",
      `
Examples:
  npx opsdx images lock
  npx opsdx images lock --dry-run

Asks the registry of each image of config/images.ts, as anybody may, and keeps the digest of what it gives: of all platforms, which must
have linux/amd64 among them. What is not to be had keeps its digest of before. Needs a network.`,
    )
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const lock = readLock(root);
      const results = await lookUp(images, lock, source, day(today()));
      for (const result of results) console.log(resultText(result));
      const text = lockOf(results);
      const file = path.join(root, IMAGE_LOCK);
      if (readFileSync(file, "utf8") === text) console.log(`${IMAGE_LOCK} is current`);
      else if (dryRun === true) console.log(`would write ${IMAGE_LOCK}`);
      else {
        writeWhole(file, text);
        console.log(`wrote ${IMAGE_LOCK}: commit it`);
      }
      if (results.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
    });
}

const day = (date: Date): string => DateTime.fromJSDate(date, { zone: "utc" }).toISODate() ?? "";

function resultText({ before, image, locked, problem }: LockResult): string {
  if (problem !== undefined) {
    return `${pc.red("✗")} ${problem}${locked === undefined ? "" : `; it keeps ${locked.digest} of ${locked.lockedOn}`}`;
  }
  const moved = before === undefined ? "" : pc.yellow(` (its tag has moved: it was ${before})`);
  return `${pc.green("✓")} ${image} ${locked?.digest ?? ""}${moved}`;
}

/** How the images of others stand, for a terminal. */
export function publicText(states: readonly PublicImageState[], now: Date): string {
  const table = new Table({ head: ["image", "state", "locked"], style: { head: [], border: [] } });
  for (const { digest, image, lockedOn = "", problem, state } of states) {
    const shown = state === "locked" ? pc.green(state) : pc.red(state);
    table.push([[image, ...(digest === undefined ? [] : [digest])].join("\n"), shown, lockedOn]);
    if (problem !== undefined) table.push([{ colSpan: 3, content: pc.yellow(problem) }]);
  }
  const days = states.map(({ lockedOn }) => lockedOn).filter((locked) => locked !== undefined);
  const oldest = [...days].sort()[0];
  const age =
    oldest === undefined ? 0 : Math.floor(DateTime.fromJSDate(now).diff(DateTime.fromISO(oldest), "days").days);
  return [
    table.toString(),
    ...(age > OLD_DAYS
      ? [pc.yellow(`The oldest digest is ${age} days old: npx opsdx images lock looks whether its tag has moved`)]
      : []),
    states.every(({ state }) => state === "locked")
      ? "All run by digest, and their tags are still these images."
      : "npx opsdx images lock writes what is missing, where the registries are reached.",
  ].join("\n");
}
