import { rmSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { freeMiB } from "../../tools/disk";
import { mountDisk, SmallSandbox } from "./support";

/** A little more than the sandbox asks for. */
const DISK_MIB = 540;

const disk = mountDisk(DISK_MIB);
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
