import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { ask } from "../../tools/ask";
import { stopControlPlane } from "../../tools/control-plane/control-plane";
import { ControlPlanePaths } from "../../tools/control-plane/paths";
import { readJson } from "../../tools/files";
import { commandLine } from "../../tools/processes";
import { stopEarlierRuns } from "../../tools/sandbox/earlier-runs";
import { stopEmulator } from "../../tools/sandbox/emulator";

/** Stops what the tests have started below a folder, and deletes the folder. */
export async function reap(folder: string): Promise<void> {
  const disks: string[] = [];
  for (const directory of foldersBelow(folder)) {
    // A small disk of a test: a folder that is a mount cannot be deleted.
    if (path.basename(directory).startsWith("opsdx-disk-")) disks.push(directory);
    const sandbox = new SandboxPaths(directory);
    const names = readdirSync(directory);
    if (names.includes(path.basename(sandbox.lock()))) await stopHolder(sandbox.lock());
    if (names.includes(path.basename(sandbox.runs()))) await stopEarlierRuns(sandbox);
    if (names.includes(path.basename(sandbox.emulator()))) await stopEmulator(sandbox);
    if (names.includes(path.basename(new ControlPlanePaths(directory).record))) await stopControlPlane(directory);
  }
  for (const disk of disks) await ask("umount", [disk], { env: process.env });
  rmSync(folder, { recursive: true, force: true });
}

/** Stops a command that works on a sandbox of the tests: nobody waits for it any more. */
async function stopHolder(lock: string): Promise<void> {
  const { pid = 0 } = (readJson(lock) ?? {}) as { readonly pid?: number };
  if ((await commandLine(pid)).includes("sandbox")) process.kill(pid, "SIGKILL");
}

function foldersBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inside.flatMap(({ name }) => foldersBelow(path.join(folder, name)))];
}
