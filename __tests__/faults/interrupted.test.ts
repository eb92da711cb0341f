import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { emulatorStatus } from "../../tools/sandbox/emulator";
import { kill, SMALL_CLI, SmallSandbox, started, until, type Ended } from "./support";

const APART = "do not belong together any more";

let sandbox: SmallSandbox;

beforeEach(() => (sandbox = new SmallSandbox()));
afterEach(() => sandbox.remove());

/** What every fault must end in: the same command again, and nothing of the former run is left. */
async function expectAppliedAgain(): Promise<Ended> {
  sandbox.release();
  return expectApplied(sandbox.run("up", "global"));
}

async function expectApplied(run: Promise<Ended>): Promise<Ended> {
  const again = await run;
  expect(again.output).toMatch(/│ global +│ +12 │ +\d+ │ applied │ empty +│/);
  expect(again.code).toBe(0);
  expect(existsSync(sandbox.paths.lock())).toBe(false);
  expect(readdirSync(sandbox.paths.runs())).toEqual([]);
  // The emulator alone stays.
  expect(sandbox.processes()).toEqual([expect.stringContaining("moto_server.py")]);
  return again;
}

test("Ctrl-C lets the stack under way end, and the run stops after it", async () => {
  const run = await sandbox.upToTheMiddle("dev-stage1");
  process.kill(run.child.pid ?? 0, "SIGINT");
  await until(run, () => run.output().includes("Interrupted"));
  sandbox.release();
  const { code, output } = await run.ended;
  expect(output).toContain("Interrupted: the stacks under way are brought to their end");
  expect(output).toMatch(/│ global +│ +12 │ +\d+ │ interrupted: before second plan/);
  expect(output).toMatch(/│ dev-stage1 +│ +0 │ +\d+ │ skipped: /);
  expect(code).toBe(130);
  expect((await expectAppliedAgain()).output).not.toContain(APART);
});

test("a second Ctrl-C stops at once, and the next run starts emulator and state afresh", async () => {
  const run = await sandbox.upToTheMiddle();
  process.kill(run.child.pid ?? 0, "SIGINT");
  await until(run, () => run.output().includes("Again stops at once"));
  // Signals within a second are one key press that npm has passed on.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  process.kill(run.child.pid ?? 0, "SIGINT");
  const { code, output } = await run.ended;
  expect(output).toContain("Stopped at once: what was under way is in no state");
  expect(code).toBe(130);
  const again = await expectAppliedAgain();
  expect(again.output).toContain(`${APART}: terraform apply of global was stopped before its state was saved`);
});

test("a command that is killed leaves Terraform at work; the next one waits for it", async () => {
  const run = await sandbox.upToTheMiddle();
  process.kill(run.child.pid ?? 0, "SIGKILL");
  await run.ended;
  const next = sandbox.start("up", "global");
  await until(next, () => next.output().includes("waiting for its end"));
  sandbox.release();
  const again = await expectApplied(next.ended);
  expect(again.output).toContain("which an earlier command has started, still runs: waiting for its end");
  expect(again.output).not.toContain(APART);
});

test("a Terraform that is killed is named, and the next run starts afresh", async () => {
  const run = await sandbox.upToTheMiddle();
  kill(sandbox.terraform());
  const { code, output } = await run.ended;
  expect(output).toContain("it was killed");
  expect(code).toBe(1);
  const again = await expectAppliedAgain();
  expect(again.output).toContain(`${APART}: terraform apply of global was stopped before its state was saved`);
});

test("an emulator that dies is named as the cause, and the next run starts afresh", async () => {
  const run = await sandbox.upToTheMiddle();
  const { record } = await emulatorStatus(sandbox.paths);
  process.kill(record?.pid ?? 0, "SIGKILL");
  sandbox.release();
  const { code, output } = await run.ended;
  expect(output).toContain(`The emulator (process ${record?.pid ?? 0}, `);
  expect(output).toContain("has ended by itself: what Terraform says has this cause.");
  expect(code).toBe(1);
  await expectAppliedAgain();
});

test("a state that is cut is not taken for an empty one: nothing is destroyed, and the next run starts afresh", async () => {
  await sandbox.run("up", "global");
  const file = sandbox.paths.stateOf("global");
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 200));
  const refused = await sandbox.run("destroy", "global");
  expect(refused.output).toContain(`${APART}: ${file} is cut or damaged: its 200 characters are not JSON`);
  expect(refused.code).toBe(1);
  const again = await expectAppliedAgain();
  expect(again.output).toContain(APART);
  expect(readFileSync(sandbox.paths.at("lost-1/global.tfstate"), "utf8")).toHaveLength(200);
});

test("a command whose npm is ended alone ends like one that is interrupted", async () => {
  const line = `'${process.execPath}' --import tsx '${SMALL_CLI}' sandbox up global`;
  const run = await sandbox.upToTheMiddle("global", () => started(["npm", "exec", "-c", line], sandbox.environment()));
  process.kill(run.child.pid ?? 0, "SIGTERM");
  await until(run, () => run.output().includes("Interrupted"));
  sandbox.release();
  expect((await run.ended).output).toContain("interrupted: before second plan");
  expect((await expectAppliedAgain()).output).not.toContain(APART);
});

test("whatever ends it at a random moment, the same command again ends it right", async () => {
  const seed = Number(process.env["OPSDX_FAULT_SEED"] ?? Date.now() % 1_000_000);
  const events = seed % 30;
  const culprit =
    (["the command", "terraform", "the emulator", "Ctrl-C"] as const)[Math.floor(seed / 30) % 4] ?? "Ctrl-C";
  process.stderr.write(`OPSDX_FAULT_SEED=${seed}: ${culprit} after ${events} of terraform's events\n`);
  const run = sandbox.start("up", "global");
  await until(run, () => sandbox.eventCount() >= events);
  if (culprit === "terraform") kill(sandbox.terraform());
  else if (culprit === "the emulator") kill((await emulatorStatus(sandbox.paths)).record?.pid);
  else process.kill(run.child.pid ?? 0, culprit === "Ctrl-C" ? "SIGINT" : "SIGKILL");
  await run.ended;
  await expectAppliedAgain();
});
