import { endedClusters } from "./clusters";
import { endedEmulator } from "./emulator";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/** What a run ended with, and what of the sandbox itself ended while it ran. */
export interface Watched<T> {
  readonly result: T;
  /** Each a line that names a program which has ended by itself, and its log. */
  readonly causes: readonly string[];
}

/**
 * Does work, and says at once when the emulator or a program of a control plane ends by itself meanwhile: Terraform would report
 * refused connections, one by one, much later.
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
    for (const cause of [...(await endedEmulator(paths)), ...(await endedClusters(paths))]) {
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
