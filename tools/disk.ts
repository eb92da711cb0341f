import { existsSync, statfsSync } from "node:fs";
import path from "node:path";

/** The folder itself, or the nearest above it that exists. */
export function existingParent(folder: string): string {
  return existsSync(folder) ? folder : existingParent(path.dirname(folder));
}

/** Room on the disk that a folder lies on, or will lie on, in MiB. */
export function freeMiB(folder: string): number {
  const { bavail, bsize } = statfsSync(existingParent(folder));
  return Math.floor((bavail * bsize) / 2 ** 20);
}
