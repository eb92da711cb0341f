import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import execa from "execa";
import { freeMiB } from "../../tools/sandbox/preflight";
import { SmallSandbox } from "./support";

/** A little more than the sandbox asks for. */
const DISK_MIB = 540;

/** A small disk of its own; undefined where this user may mount none. */
function mountDisk(): string | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-disk-"));
  const { exitCode } = execa.sync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", folder], {
    reject: false,
  });
  return exitCode === 0 ? folder : undefined;
}

const disk = mountDisk();
afterAll(() => {
  if (disk !== undefined) execa.sync("umount", [disk]);
});

// Only an administrator can have a disk that is full when the test wants it.
(disk === undefined ? test.skip : test)(
  "a disk that is full in mid-apply is named as the cause; with room again the same command starts afresh",
  async () => {
    const sandbox = new SmallSandbox(path.join(disk ?? "", "sandbox"));
    const ballast = path.join(disk ?? "", "ballast");
    const run = await sandbox.upToTheMiddle();
    await execa("sh", ["-c", 'cat /dev/zero > "$0"', ballast], { reject: false });
    expect(freeMiB(disk ?? "")).toBe(0);
    sandbox.release();
    const { code, output } = await run.ended;
    expect(output).toContain(`The disk of ${sandbox.paths.directory} is full: what Terraform says has this cause.`);
    expect(output).not.toContain("Unhandled");
    expect(code).toBe(1);

    const refused = await sandbox.run("up", "global");
    expect(refused.output).toContain(`disk (${sandbox.paths.directory}): needs 500 MiB; found 0 MiB.`);
    expect(refused.code).toBe(2);

    rmSync(ballast);
    const again = await sandbox.run("up", "global");
    expect(again.output).toContain("do not belong together any more");
    expect(again.output).toMatch(/│ global +│ +12 │ +\d+ │ applied │ empty +│/);
    expect(again.code).toBe(0);
    expect(sandbox.processes()).toEqual([expect.stringContaining("moto_server.py")]);
    expect((await sandbox.run("reset")).code).toBe(0);
    expect(sandbox.processes()).toEqual([]);
  },
);
