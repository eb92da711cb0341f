import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { whileLocked } from "../../tools/lock-file";

const folder = mkdtempSync(path.join(os.tmpdir(), "lock-"));
const file = path.join(folder, "made/on/the/way/x.lock");
afterAll(() => rmSync(folder, { recursive: true }));
const lock = <T>(work: () => Promise<T>): Promise<T> => whileLocked(file, "bootstrap", "the bootstrap", work);

test("a second command is refused while the first works, and names it; afterwards it is let in", async () => {
  await lock(async () => {
    const second = lock(() => Promise.resolve());
    await expect(second).rejects.toThrow(RefusedError);
    await expect(second).rejects.toThrow(
      new RegExp(`another command works on the bootstrap: "bootstrap", process ${process.pid}, since 20`),
    );
    expect(existsSync(file)).toBe(true);
  });
  await expect(lock(() => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
  await expect(lock(() => Promise.resolve(1))).resolves.toBe(1);
  expect(existsSync(file)).toBe(false);
});

test.each([
  ["of a process that is gone", JSON.stringify({ pid: 2 ** 22 + 1 })],
  ["that was not written to its end", '{"pid":'],
])("a lock %s is taken over", async (_, text) => {
  writeFileSync(file, text);
  await expect(lock(() => Promise.resolve("in"))).resolves.toBe("in");
});
