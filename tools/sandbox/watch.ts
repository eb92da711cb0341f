import { endedClusters } from "./clusters";
import { endedEmulator } from "./emulator";
import { freeMiB } from "../disk";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/** With less room than this Terraform's state may be cut. */
const FULL_MIB = 10;

/** What a run ended with, and what of the sandbox itself ended while it ran. */
export interface Watched<T> {
  /** What the work returned. */
  readonly result: T;
  /** Each a line that names what is full, or a program which has ended by itself and its log. */
  readonly causes: readonly string[];
}

/**
 * Does work, and says at once when the emulator or a program of a control plane ends by itself meanwhile, or the disk is full:
 * Terraform would report what follows from it, one by one, much later.
 *
 * @param say - tells the person
 * @param everyMs - time between two looks
 */
export async function watching<T>(
  paths: SandboxPaths,
  say: (line: string) => void,
  work: () => Promise<T>,
  everyMs = 5_000,
): Promise<Watched<T>> {
  const causes = new Set<string>();
  const look = async (): Promise<void> => {
    for (const cause of [...fullDisk(paths), ...(await endedEmulator(paths)), ...(await endedClusters(paths))]) {
      if (causes.has(cause)) continue;
      causes.add(cause);
      say(cause);
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  try {
    const result = await work();
    await look();
    return { result, causes: [...causes] };
  } finally {
    clearInterval(timer);
  }
}

function fullDisk({ directory }: SandboxPaths): readonly string[] {
  return freeMiB(directory) >= FULL_MIB
    ? []
    : [
        `The disk of ${directory} is full: what Terraform says has this cause. Make room; the same command again goes on.`,
      ];
}
