import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { emulatorStatus } from "../../tools/sandbox/emulator";
import { copyOfProject, kill, SMALL_CLI, SmallSandbox, started, until, type Ended, type Running } from "./support";

const APART = "do not belong together any more";
const UNSAVED = `${APART}: terraform apply of global was stopped before its state was saved`;

/** One sandbox that is broken again and again: each test goes on with what the former left. */
const sandbox = new SmallSandbox();
const copy = copyOfProject();

afterAll(async () => {
  await sandbox.remove();
  rmSync(copy, { recursive: true });
});

function signal({ child }: Running, name: NodeJS.Signals): void {
  process.kill(child.pid ?? 0, name);
}

/** What every fault must end in: applied, the second plan empty, and nothing of former runs left. */
async function expectApplied(run: Promise<Ended>): Promise<string> {
  sandbox.release();
  const { code, output } = await run;
  expect(output).toMatch(/│ global +│ +12 │ +\d+ │ applied │ empty +│/);
  expect(code).toBe(0);
  expect(existsSync(sandbox.paths.lock())).toBe(false);
  expect(readdirSync(sandbox.paths.runs())).toEqual([]);
  // The emulator alone stays.
  expect(sandbox.processes()).toEqual([expect.stringContaining("moto_server.py")]);
  return output;
}

test("a second Ctrl-C stops at once, and says what that costs", async () => {
  const run = await sandbox.upToTheMiddle();
  signal(run, "SIGINT");
  await until(run, () => run.output().includes("Again stops at once"));
  // Signals within a second are one key press that npm has passed on.
  await delay(1_100);
  signal(run, "SIGINT");
  const { code, output } = await run.ended;
  expect(output).toContain("Stopped at once: what was under way is in no state");
  expect(code).toBe(130);
});

test("the next run starts both afresh; a Terraform that is killed is named", async () => {
  const run = await sandbox.upToTheMiddle();
  expect(run.output()).toContain(UNSAVED);
  kill(sandbox.terraform());
  const { code, output } = await run.ended;
  expect(output).toContain("it was killed");
  expect(code).toBe(1);
});

test("the next run starts both afresh; an emulator that dies is named as the cause", async () => {
  const run = await sandbox.upToTheMiddle();
  expect(run.output()).toContain(UNSAVED);
  const { record } = await emulatorStatus(sandbox.paths);
  kill(record?.pid);
  sandbox.release();
  const { code, output } = await run.ended;
  expect(output).toContain(`The emulator (process ${record?.pid ?? 0}, `);
  expect(output).toContain("has ended by itself: what Terraform says has this cause.");
  expect(code).toBe(1);
});

test("the next run starts both afresh; when it is killed itself, Terraform goes on, and the next one waits for that", async () => {
  const run = await sandbox.upToTheMiddle();
  expect(run.output()).not.toContain(APART);
  signal(run, "SIGKILL");
  await run.ended;
  const next = sandbox.start("up", "global");
  await until(next, () => next.output().includes("which an earlier command has started, still runs: waiting"));
  expect(await expectApplied(next.ended)).not.toContain(APART);
});

test("a state that is cut is not taken for an empty one: nothing is destroyed", async () => {
  const file = sandbox.paths.stateOf("global");
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 200));
  const { code, output } = await sandbox.run("destroy", "global");
  expect(output).toContain(`${APART}: ${file} is cut or damaged: its 200 characters are not JSON`);
  expect(code).toBe(2);
});

test("the next run starts both afresh and keeps it; when its npm is ended alone, the stack under way ends, and the run after it", async () => {
  const line = `'${process.execPath}' --import tsx '${SMALL_CLI}' sandbox up dev-stage1`;
  const run = await sandbox.upToTheMiddle("dev-stage1", () =>
    started(["npm", "exec", "-c", line], sandbox.environment()),
  );
  expect(run.output()).toContain(APART);
  const kept = readdirSync(sandbox.paths.directory).filter((name) => name.startsWith("lost-"));
  expect(kept.map((name) => readFileSync(sandbox.paths.at(`${name}/global.tfstate`), "utf8").length)).toContain(200);
  signal(run, "SIGTERM");
  await until(run, () => run.output().includes("Interrupted: the stacks under way are brought to their end"));
  sandbox.release();
  const { output } = await run.ended;
  expect(output).toMatch(/│ global +│ +12 │ +\d+ │ interrupted: before second plan/);
  expect(output).toMatch(/│ dev-stage1 +│ +0 │ +\d+ │ skipped: /);
  expect(await expectApplied(sandbox.run("up", "global"))).not.toContain(APART);
});

test("whatever ends it at a random moment, the same command again ends it right", async () => {
  await sandbox.run("reset");
  const seed = Number(process.env["OPSDX_FAULT_SEED"] ?? Date.now() % 1_000_000);
  const events = seed % 30;
  const culprit =
    (["the command", "terraform", "the emulator", "Ctrl-C"] as const)[Math.floor(seed / 30) % 4] ?? "Ctrl-C";
  process.stderr.write(`OPSDX_FAULT_SEED=${seed}: ${culprit} after ${events} of terraform's events\n`);
  const run = sandbox.start("up", "global");
  await until(run, () => sandbox.eventCount() >= events);
  if (culprit === "terraform") kill(sandbox.terraform());
  else if (culprit === "the emulator") kill((await emulatorStatus(sandbox.paths)).record?.pid);
  else signal(run, culprit === "Ctrl-C" ? "SIGINT" : "SIGKILL");
  await run.ended;
  await expectApplied(sandbox.run("up", "global"));
});

test("a configuration with an error keeps nobody from looking, leaving, destroying and forgetting", async () => {
  const file = path.join(copy, "config/global.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace(/id: "\d{12}"/, 'id: "12"'));
  /** The same sandbox, by the commands of the copy. */
  const broken = new SmallSandbox(sandbox.paths.directory, copy);

  const up = await broken.run("up", "global");
  expect(up.output).toContain("account.id");
  expect(up.code).toBe(2);

  const status = await broken.run("status");
  expect(status.output).toMatch(/^emulator: running at /m);
  expect(status.output).toContain("global: 12 resources");
  expect(status.code).toBe(0);

  const env = await broken.run("env");
  expect(env.output).toContain(`export OPSDX_SANDBOX='${sandbox.paths.directory}'`);
  expect(env.code).toBe(0);
  expect((await broken.run("env", "--unset")).code).toBe(0);

  const destroyed = await broken.run("destroy");
  expect(destroyed.output).toContain("The stacks are taken as they were last synthesized.");
  expect(destroyed.output).toMatch(/│ global +│ +0 │ +\d+ │ destroyed │/);
  expect(destroyed.code).toBe(0);

  const reset = await broken.run("reset");
  expect(reset.output).toContain("The sandbox is gone.");
  expect(reset.code).toBe(0);
  expect(existsSync(sandbox.paths.directory)).toBe(false);
  expect(sandbox.processes()).toEqual([]);
});
