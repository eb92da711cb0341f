import { readFileSync } from "node:fs";
import path from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { DateTime } from "luxon";
import pc from "picocolors";
import { IMAGE_LOCK, lockText, parseLock, type ImageLock, type PublicImage } from "../../config/images";
import { GROUPS } from "../command-groups";
import { lockDay, lockedNow, writeLock } from "../digest-lock";
import { lookUp, type DigestSource, type PublicImageState } from "./lock";

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
      const results = await lookUp(images, readLock(root), source, lockDay(today()));
      const text = lockText(lockedNow(results));
      writeLock({ root, file: IMAGE_LOCK, text, results, moved: "its tag has moved", dryRun: dryRun === true });
    });
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
