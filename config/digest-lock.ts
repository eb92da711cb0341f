import { createHash } from "node:crypto";
import { z } from "zod";
import { ConfigError, problemOf, schemaFaults } from "./problem";

/** What a lock knows of a thing that somebody else publishes. */
export interface LockedDigest {
  /** Its digest: `sha256:…`. */
  readonly digest: string;
  /** Day on which its publisher gave it, `2026-11-29`. */
  readonly lockedOn: string;
}

/** Digests by the names of things. */
export type DigestLock = Readonly<Record<string, LockedDigest>>;

/** A kind of lock file. */
export interface LockKind {
  /** The file, below the project's folder. */
  readonly file: string;
  /** What its entries stand under, for example `images`. */
  readonly entries: string;
  /** What the names must be. */
  readonly names: z.ZodString;
  /** Who gives the digests, for example `a registry`. */
  readonly publisher: string;
  /** The command that writes it. */
  readonly command: string;
}

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits");
const lockedSchema = z.strictObject({
  digest: digestSchema,
  lockedOn: z.iso.date("must be a day, such as 2026-11-29"),
});

/** What a lock file holds for these digests. Its seal tells an entry that somebody typed from one that a publisher gave. */
export function digestLockText({ entries }: LockKind, lock: DigestLock): string {
  const held = sorted(lock);
  return `${JSON.stringify({ [entries]: held, seal: sealOf(held) }, undefined, 2)}\n`;
}

/**
 * Reads a lock file's text.
 * @throws ConfigError naming everything that is wrong with it
 */
export function parseDigestLock({ command, entries, file, names, publisher }: LockKind, text: string): DigestLock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError([problemOf(file, { path: [], rule: "must be JSON", received: (error as Error).message })]);
  }
  const schema = z.strictObject({ [entries]: z.record(names, lockedSchema), seal: digestSchema });
  const faults = schemaFaults(schema, value);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => problemOf(file, fault)));
  const { [entries]: found, seal } = schema.parse(value) as unknown as Readonly<Record<string, DigestLock>> & {
    readonly seal: string;
  };
  const lock = found ?? {};
  if (seal === sealOf(lock)) return lock;
  const rule = `must be that of the entries: ${publisher} gives digests, nobody types them. Run ${command}`;
  throw new ConfigError([problemOf(file, { path: ["seal"], rule, received: seal })]);
}

function sorted(lock: DigestLock): DigestLock {
  return Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sealOf(lock: DigestLock): string {
  const entries = Object.entries(sorted(lock)).map(([name, { digest, lockedOn }]) => [name, digest, lockedOn]);
  return `sha256:${createHash("sha256").update(JSON.stringify(entries)).digest("hex")}`;
}
