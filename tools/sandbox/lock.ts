import { claimFolder } from "./folder";
import { whileLocked } from "../lock-file";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/** Runs work while no other command works on the same sandbox. */
export async function withLock<T>(paths: SandboxPaths, verb: string, work: () => Promise<T>): Promise<T> {
  claimFolder(paths);
  return whileLocked(paths.lock(), verb, "this sandbox", work);
}
