import { existsSync, writeFileSync } from "node:fs";
import execa from "execa";
import { claimFolder } from "../../../tools/sandbox/folder";
import { withLock } from "../../../tools/sandbox/lock";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { isAlive } from "../../../tools/processes";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();

function holdBy(paths: SandboxPaths, text: string): void {
  claimFolder(paths);
  writeFileSync(paths.lock(), text);
}

describe("withLock", () => {
  it("holds the lock while it works, and not after", async () => {
    const paths = freshPaths(folder);
    const result = await withLock(paths, "up", () => Promise.resolve(existsSync(paths.lock())));
    expect(result).toBe(true);
    expect(existsSync(paths.lock())).toBe(false);
  });

  it("lets go when the work fails", async () => {
    const paths = freshPaths(folder);
    await expect(withLock(paths, "up", () => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
    expect(existsSync(paths.lock())).toBe(false);
  });

  it("refuses a second command, naming the first", async () => {
    const paths = freshPaths(folder);
    await withLock(paths, "up", async () => {
      await expect(withLock(paths, "destroy", () => Promise.resolve())).rejects.toThrow(
        new RegExp(`"up", process ${process.pid}, since 20`),
      );
      expect(existsSync(paths.lock())).toBe(true);
    });
  });

  it("takes over from a process that is gone", async () => {
    const paths = freshPaths(folder);
    const { pid } = await execa(process.execPath, ["-e", "console.log(process.pid)"]).then(({ stdout }) => ({
      pid: Number(stdout),
    }));
    holdBy(paths, JSON.stringify({ pid, verb: "up" }));
    await expect(withLock(paths, "up", () => Promise.resolve("done"))).resolves.toBe("done");
  });

  it("takes over a lock that was not written to its end", async () => {
    const paths = freshPaths(folder);
    holdBy(paths, '{"pid":');
    await expect(withLock(paths, "up", () => Promise.resolve("done"))).resolves.toBe("done");
  });
});

it("knows which processes exist", () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(2 ** 22 + 1)).toBe(false);
});
