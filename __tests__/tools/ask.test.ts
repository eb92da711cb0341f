import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { ask } from "../../tools/ask";
import { isAlive } from "../../tools/processes";
import { script } from "./kops/support";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "ask-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const env = { PATH: "/usr/bin:/bin" };

/** A program that starts another, writes both ids down, and waits for ever. */
const hanging = (): string =>
  script(
    path.join(folder, "hanging"),
    "sleep 300 &",
    `echo $$ $! > ${folder}/pids.new`,
    `mv ${folder}/pids.new ${folder}/pids`,
    "wait",
  );

/** The ids of {@link hanging} and of what it started. */
async function pids(): Promise<readonly number[]> {
  while (!existsSync(path.join(folder, "pids"))) await delay(20);
  return readFileSync(path.join(folder, "pids"), "utf8").trim().split(" ").map(Number);
}

async function untilGone(ids: readonly number[]): Promise<void> {
  while (ids.some(isAlive)) await delay(20);
}

it("gives what a program prints, and with what it ends", async () => {
  const file = script(path.join(folder, "good"), 'echo "$1 $SAID"; echo beside >&2; exit 3');
  expect(await ask(file, ["one"], { env: { ...env, SAID: "two" } })).toEqual({
    exitCode: 3,
    stdout: "one two",
    stderr: "beside",
  });
});

it.each([
  ["is not there", "absent", "", "ENOENT"],
  ["cannot be run", "plain", "text", "EACCES"],
])("tells of a program that %s", async (_, name, text, notStarted) => {
  const file = path.join(folder, name);
  if (text !== "") script(file, text);
  if (text !== "") await execa("chmod", ["a-x", file]);
  expect(await ask(file, [], { env })).toEqual({ exitCode: undefined, stdout: "", stderr: "", notStarted });
});

it("ends a program that does not answer, with all that it started, and names it and the time", async () => {
  const file = hanging();
  const question = ask(file, ["version", "-json"], { env, limit: 500 });
  const ids = await pids();
  await expect(question).rejects.toThrow(
    `\`${file} version -json\` did not answer within 0.5 s, and was ended. Run it by hand: what does it wait for?`,
  );
  await untilGone(ids);
});

it.each(["SIGINT", "SIGTERM"] as const)("ends the program with this process, at %s", async (signal) => {
  const code = `require("./tools/ask").ask(${JSON.stringify(hanging())}, [], { env: process.env })`;
  const asking = execa(process.execPath, ["--import", "tsx", "--eval", code], { reject: false });
  const ids = await pids();
  asking.kill(signal);
  expect((await asking).signal).toBe(signal);
  await untilGone(ids);
});

it("leaves no listener behind, however many ask at once", async () => {
  const before = process.listenerCount("SIGTERM");
  const file = script(path.join(folder, "good"), "echo yes");
  await Promise.all([ask(file, [], { env }), ask(file, [], { env }), ask(path.join(folder, "absent"), [], { env })]);
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
