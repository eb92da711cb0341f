import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SandboxPaths } from "../../../stacks/sandbox/paths";

/** A folder that is gone after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sandbox-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let count = 0;

/** A sandbox folder of its own that does not exist yet. */
export function freshPaths(folder: string): SandboxPaths {
  count += 1;
  return new SandboxPaths(path.join(folder, `sandbox-${count}`));
}

/** A folder of executable scripts, for a PATH of which the test knows all. */
export function fakeBin(folder: string, scripts: Readonly<Record<string, string>>): string {
  count += 1;
  const bin = path.join(folder, `bin-${count}`);
  mkdirSync(bin, { recursive: true });
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(path.join(bin, name), text);
    chmodSync(path.join(bin, name), 0o755);
  }
  return bin;
}
