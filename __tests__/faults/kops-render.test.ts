import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { readPayload } from "../../constructs/stage2/kops/payload";
import { findCluster, namedIds, specOf } from "../../tools/kops/target";
import { isAlive } from "../../tools/processes";
import { FakeKops } from "../tools/kops/support";

const target = findCluster(loadConfig(), "dev", "k8s");
const spec = specOf(target, namedIds(target.environment));

let root: string;
let kops: FakeKops;
let folder: string;

/** A finished render, to go on from. */
let finished: string;
beforeAll(async () => {
  start();
  kops.knows(spec);
  const { exitCode, all } = await render();
  expect([exitCode, all]).toEqual([0, expect.stringContaining("0 unexplained")]);
  finished = root;
});
afterAll(() => rmSync(finished, { recursive: true }));

function start(): void {
  root = mkdtempSync(path.join(tmpdir(), "kops-interrupted-"));
  kops = new FakeKops(root);
  folder = path.join(root, "kops/dev/k8s");
}

beforeEach(() => {
  start();
  for (const part of ["store", "kops", "terraform"])
    cpSync(path.join(finished, part), path.join(root, part), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/** `opsdx kops render dev k8s`, as a process. */
function render(): execa.ExecaChildProcess {
  const program = path.join(__dirname, "../tools/kops/program.ts");
  const run = execa(process.execPath, ["--import", "tsx", program, root, "kops", "render", "dev", "k8s"], {
    reject: false,
    all: true,
    env: { NO_COLOR: "1" },
  });
  // It begins to keep what is printed when somebody waits for the end.
  void run.then(() => undefined);
  return run;
}

/** Everything that a render may change. */
const everything = async () => ({
  store: await kops.store.read(),
  files: readdirSync(path.join(root, "kops"), { recursive: true, encoding: "utf8" }).sort(),
  index: readFileSync(path.join(folder, "payload.json"), "utf8"),
});

async function untilWaiting(): Promise<number> {
  while (!existsSync(kops.waiting)) await delay(20);
  return Number(readFileSync(kops.waiting, "utf8"));
}

/** Waits until a process has printed words. */
function untilSaid(run: execa.ExecaChildProcess, words: string): Promise<void> {
  let said = "";
  return new Promise((resolve) => {
    run.all?.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes(words)) resolve();
    });
  });
}

it.each([
  ["replace", "SIGTERM", 143],
  ["update", "SIGINT", 130],
] as const)("a signal during %s lets it end, then puts everything back (%s: %d)", async (waitAt, signal, code) => {
  const before = await everything();
  kops.answering({ waitAt });
  const run = render();
  await untilWaiting();
  const heard = untilSaid(run, "Interrupted");
  run.kill(signal);
  await heard;
  writeFileSync(kops.mayEnd, "");
  const { exitCode, all = "" } = await run;
  expect(kops.calls()).toContain(`${waitAt} ended`);
  expect(all.split("\n").slice(-3)).toEqual([
    "Interrupted: waiting for kops to end its step, then putting everything back.",
    expect.stringContaining(`putting ${kops.store.location} back`),
    "interrupted",
  ]);
  expect(exitCode).toBe(code);
  expect(await everything()).toEqual(before);
});

it("a render that is killed is put right by the next, which waits for kops", async () => {
  const before = await everything();
  kops.answering({ waitAt: "replace" });
  const killed = render();
  const pid = await untilWaiting();
  killed.kill("SIGKILL");
  await killed;
  expect(await kops.store.read()).not.toEqual(before.store);
  const early = await render();
  expect([early.exitCode, early.all]).toEqual([2, expect.stringContaining(`still runs: process ${pid}. Wait for it`)]);
  writeFileSync(kops.mayEnd, "");
  while (!kops.calls().includes("replace ended") || isAlive(pid)) await delay(20);
  // Half of what kops writes, to be sure.
  rmSync(path.join(kops.store.location, "instancegroup/web"));
  kops.answering();
  const { exitCode, all } = await render();
  expect(all).toContain(`the last render was cut off: putting ${kops.store.location} back as it was before it:`);
  expect(all).toMatch(/instancegroup\/web spec\.maxSize: \d+ at the last render, nothing now/);
  expect(exitCode).toBe(0);
  expect(readPayload(folder, spec).state).toBe("current");
  expect((await everything()).files).toEqual(before.files);
});
