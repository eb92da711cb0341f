import { existsSync, mkdirSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { writeWhole } from "../files";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

/**
 * Makes the sandbox's folder and marks it, or finds it marked.
 * @throws RefusedError when the folder holds something and the sandbox did not make it
 */
export function claimFolder(paths: SandboxPaths): void {
  assertOurs(paths);
  if (existsSync(paths.marker())) return;
  mkdirSync(paths.directory, { recursive: true });
  writeWhole(paths.marker(), `${JSON.stringify({ madeBy: "opsdx sandbox" })}\n`);
}

/**
 * Checks that the folder is absent, empty, or the sandbox's own.
 * @throws RefusedError when it is somebody else's
 */
export function assertOurs(paths: SandboxPaths): void {
  const { directory } = paths;
  if (!existsSync(directory) || existsSync(paths.marker())) return;
  const held = readdirSync(directory);
  if (held.length === 0) return;
  throw new RefusedError(
    `OPSDX_SANDBOX: must name a folder that the sandbox made, or an empty or absent one, got ${directory}, which holds ` +
      `${held.slice(0, 3).join(", ")}${held.length > 3 ? ", …" : ""} and no ${path.basename(paths.marker())}. Nothing was changed.`,
  );
}

/** Deletes what the sandbox made in its folder, and the folder if nothing else is in it. Returns the names that stay. */
export function deleteMade(paths: SandboxPaths): readonly string[] {
  const marker = path.basename(paths.marker());
  const made = readdirSync(paths.directory).filter((name) => paths.made(name));
  // The marker last: what an interrupt leaves can still be told as the sandbox's.
  for (const name of [...made.filter((each) => each !== marker), marker]) {
    rmSync(paths.at(name), { recursive: true, force: true });
  }
  const stay = readdirSync(paths.directory);
  if (stay.length === 0) rmdirSync(paths.directory);
  return stay;
}
