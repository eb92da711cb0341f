import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { readJson } from "../files";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

const ENDING = ".tfstate";
/** Locks that processes hold, by inode: https://man7.org/linux/man-pages/man5/proc_locks.5.html */
const LOCKS = "/proc/locks";

/** What a Terraform state file tells of itself. */
export interface StateFacts {
  /** Identity of the state, made with it. */
  readonly lineage: string;
  /** Terraform's own count of the state's changes. */
  readonly serial: number;
  /** Managed resources. */
  readonly resources: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
}

/** What there is of a state file; an empty one is none. */
export type StateFile =
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly why: string }
  | ({ readonly kind: "whole" } & StateFacts);

interface RawState {
  readonly version?: number;
  readonly lineage?: string;
  readonly serial?: number;
  readonly resources?: readonly { readonly mode: string; readonly instances: readonly unknown[] }[];
}

/** Reads a Terraform state file. Terraform itself writes it in place, so a full disk or a kill can cut it. */
export function readState(file: string): StateFile {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  // Terraform makes an empty file when it takes the lock.
  if (text === "") return { kind: "absent" };
  const raw = parsed(text);
  if (raw === undefined)
    return { kind: "damaged", why: `is cut or damaged: its ${text.length} characters are not JSON` };
  const { lineage, resources, serial, version } = raw;
  if (version !== 4 || lineage === undefined || serial === undefined || resources === undefined) {
    return { kind: "damaged", why: "is no Terraform state of version 4" };
  }
  return { kind: "whole", lineage, serial, resources: managed(resources), digest: digestOf(text) };
}

/** Number of managed resources in a Terraform state file; none when there is no whole one. */
export function resourcesIn(file: string): number {
  const state = readState(file);
  return state.kind === "whole" ? state.resources : 0;
}

/** Names of the stacks that have a state file, whatever is in it. */
export function stacksWithState(paths: SandboxPaths): readonly string[] {
  if (!existsSync(paths.state())) return [];
  return readdirSync(paths.state())
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length));
}

/**
 * Whether a Terraform was killed while it changed what a state describes, whoever started it: what it leaves of its lock then stays.
 * Only where the system tells of locks that are held (`/proc/locks`).
 */
export function isCutShort(file: string): boolean {
  const { base, dir } = path.parse(file);
  const lock = readJson(path.join(dir, `.${base}.lock.info`)) as { readonly Operation?: string } | undefined;
  if (lock === undefined || lock.Operation === "OperationTypePlan" || !existsSync(LOCKS) || !existsSync(file))
    return false;
  return !readFileSync(LOCKS, "utf8").includes(`:${statSync(file).ino} `);
}

function managed(resources: NonNullable<RawState["resources"]>): number {
  return resources.filter(({ mode }) => mode === "managed").reduce((sum, { instances }) => sum + instances.length, 0);
}

function parsed(text: string): RawState | undefined {
  try {
    return JSON.parse(text) as RawState;
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
