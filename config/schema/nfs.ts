import { z } from "zod";
import { copyRegion, owner, region } from "./primitives";
import { rule, type Rule } from "./rule";
import { formatWindow, nearestFreeWindow, parseWindow, timeOfDay, windowsOverlap } from "./time";
import { loadObstacle, loadWindowSchema } from "./windows";

/** The shared file system, on EFS: models, task graphs, and what people and pods share. */
export const nfsSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Daily backups by AWS Backup, in the vault of `db`. */
  backup: z.strictObject({
    /** Start, UTC, `hh:mm`; AWS Backup begins within the hour. */
    startUtc: timeOfDay,
    /** Days that a backup is kept; the vault refuses less than a week. */
    keepDays: z.int().min(7).max(3653),
  }),
  /** Keep a copy in this region, minutes old, that takes over when the first is lost. @default no copy */
  replicaRegion: copyRegion.optional(),
  /** When a change of its size opens a ticket. */
  growth: z.strictObject({
    /** Percent of what it held, within a day. */
    percentPerDay: z.int().min(1).max(1000),
    /** GiB up to which no growth is told: a few files are a large part of little. */
    fromGib: z.int().min(1).max(65_536),
  }),
});

/** An environment has one region for copies: the audit's. */
const replicaElsewhere = rule(
  z.object({
    nfs: z.object({ replicaRegion: region }),
    audit: z.object({ replicaRegion: region.optional() }),
  }),
  function* ({ audit, nfs: { replicaRegion } }) {
    if (replicaRegion === audit.replicaRegion) return;
    yield {
      path: ["nfs", "replicaRegion"],
      rule: "must be audit.replicaRegion, the one region that receives copies",
      received: replicaRegion,
      nearest: audit.replicaRegion,
    };
  },
);

/** No backup begins in the load: it reads what tasks write. */
const backupApart = rule(
  z.object({ nfs: z.object({ backup: z.object({ startUtc: timeOfDay }) }), loadWindow: loadWindowSchema.strip() }),
  function* ({ loadWindow, nfs }) {
    const { startUtc } = nfs.backup;
    const load = loadObstacle(loadWindow);
    const hour = { ...parseWindow(`${startUtc}-${startUtc}`), minutes: 60 };
    if (!load.windows.some((window) => windowsOverlap(hour, window))) return;
    const free = nearestFreeWindow(hour, load.windows);
    yield {
      path: ["nfs", "backup", "startUtc"],
      rule: `must be such that the hour after it keeps clear of ${load.name}`,
      received: startUtc,
      nearest: free && formatWindow(free).slice(0, 5),
    };
  },
);

/** Rules between the settings of the shared file system and the others. */
export const nfsRules: readonly Rule[] = [replicaElsewhere, backupApart];

/** Validated settings of the shared file system. */
export type NfsConfig = z.output<typeof nfsSchema>;
