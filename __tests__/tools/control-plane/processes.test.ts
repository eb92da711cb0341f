import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isOurs, startDetached, stopAll, untilReady, type Started } from "../../../tools/control-plane/processes";
import { isAlive } from "../../../tools/processes";

jest.setTimeout(120_000);

const directory = mkdtempSync(path.join(os.tmpdir(), "processes-"));
const started: Started[] = [];
afterAll(async () => {
  await stopAll(
    started.map(({ record }) => record),
    directory,
  );
  rmSync(directory, { recursive: true, force: true });
});

const log = path.join(directory, "a.log");

/** Runs JavaScript with our folder in its command line. */
async function run(code: string): Promise<Started> {
  const child = await startDetached({
    name: "a",
    file: process.execPath,
    args: ["-e", code, `${directory}/x`],
    cwd: directory,
    log,
  });
  started.push(child);
  return child;
}

const ready = (child: Started, check: () => Promise<boolean>, seconds = 10) =>
  untilReady(child, { log, seconds, check });

it("says why a program did not start, with the end of its log", async () => {
  const child = await run("console.error('port is taken'); process.exit(3)");
  await expect(ready(child, () => Promise.resolve(false))).rejects.toThrow(
    `a did not start: it ended with 3. The end of ${log}:\nport is taken`,
  );
});

it("says that a program is not ready in time", async () => {
  const child = await run("setInterval(() => {}, 1000)");
  await expect(ready(child, () => Promise.resolve(false), 0.2)).rejects.toThrow(
    "a did not start: it was not ready within 0.2 s",
  );
});

it("says that a program is not there", async () => {
  const props = { name: "b", file: path.join(directory, "none"), args: [], cwd: directory, log };
  await expect(startDetached(props)).rejects.toThrow(/b could not be started: .*ENOENT/);
});

it("stops what it started, by force when it must", async () => {
  const child = await run("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')");
  await ready(child, () => isOurs(child.record, directory));
  await expect(stopAll([child.record], directory)).resolves.toBe(1);
  expect(isAlive(child.record.pid)).toBe(false);
  await expect(stopAll([child.record], directory)).resolves.toBe(0);
});

it("leaves a process alone that is not ours", async () => {
  const own = { name: "a", pid: process.pid };
  await expect(isOurs(own, `${directory}/`)).resolves.toBe(false);
  await expect(stopAll([own], `${directory}/`)).resolves.toBe(0);
});

it("gives a program none of the person's settings", async () => {
  process.env["OPSDX_TEST_PROXY"] = "http://proxy";
  const child = await run("process.exit(process.env.OPSDX_TEST_PROXY === undefined ? 4 : 5)");
  delete process.env["OPSDX_TEST_PROXY"];
  await expect(ready(child, () => Promise.resolve(false))).rejects.toThrow("it ended with 4");
});
