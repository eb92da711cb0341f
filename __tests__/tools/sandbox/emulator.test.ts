import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../../../tools/processes";
import { emulatorStatus, ensureEmulator, stopEmulator } from "../../../tools/sandbox/emulator";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { resourcesIn } from "../../../tools/sandbox/state";
import { fakeBin, freshPaths, temporaryFolder } from "./support";

// Before the folder goes, and with it the records of what runs.
const started: SandboxPaths[] = [];
afterAll(() => Promise.all(started.map((paths) => stopEmulator(paths))));
const folder = temporaryFolder();

/** Stands in for Python: it gets the same arguments, and answers as the emulator does. */
const SERVER = `#!${process.execPath}
const port = Number(process.argv[process.argv.indexOf("-p") + 1]);
require("node:http").createServer((_, response) => response.end("moto")).listen(port, "127.0.0.1");
`;
const interpreter = path.join(fakeBin(folder, { python: SERVER }), "python");
const broken = path.join(fakeBin(folder, { python: "#!/bin/sh\necho no such module >&2\nexit 3\n" }), "python");

async function ensure(paths: SandboxPaths, command = interpreter) {
  started.push(paths);
  const said: string[] = [];
  const record = await ensureEmulator({
    paths,
    env: process.env,
    interpreter: () => Promise.resolve(command),
    say: (message) => said.push(message),
  });
  return { record, said };
}

async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await delay(200);
}

function writeState(paths: SandboxPaths, stack: string, instances: number): void {
  mkdirSync(paths.state(), { recursive: true });
  const resources = [
    { mode: "managed", instances: Array.from({ length: instances }, () => ({})) },
    { mode: "data", instances: [{}] },
  ];
  writeFileSync(paths.stateOf(stack), JSON.stringify({ version: 4, lineage: stack, serial: 1, resources }));
}

describe("ensureEmulator", () => {
  it("starts one on loopback, says so and records it", async () => {
    const paths = freshPaths(folder);
    const { record, said } = await ensure(paths);
    expect(said.join()).toContain(`http://127.0.0.1:${record.port} (process ${record.pid})`);
    expect(JSON.parse(readFileSync(paths.emulator(), "utf8"))).toEqual(record);
    await expect(emulatorStatus(paths)).resolves.toEqual({ kind: "running", record });
  });

  it("uses the one that runs, without a word", async () => {
    const paths = freshPaths(folder);
    const first = await ensure(paths);
    expect(await ensure(paths)).toEqual({ record: first.record, said: [] });
  });

  it("says what is lost when the former one is gone, and keeps its state files aside", async () => {
    const paths = freshPaths(folder);
    const first = await ensure(paths);
    writeState(paths, "global", 3);
    writeState(paths, "dev-stage1", 4);
    await kill(first.record.pid);
    const { said } = await ensure(paths);
    expect(said[0]).toMatch(/7 resources of dev-stage1, global are gone.*lost-1; starting afresh/);
    expect(existsSync(paths.state())).toBe(false);
    expect(readdirSync(paths.at("lost-1")).sort()).toEqual(["dev-stage1.tfstate", "global.tfstate"]);
  });

  it("never overwrites state that was set aside before", async () => {
    const paths = freshPaths(folder);
    mkdirSync(paths.at("lost-1"), { recursive: true });
    writeState(paths, "global", 1);
    await ensure(paths);
    expect(existsSync(paths.at("lost-2/global.tfstate"))).toBe(true);
  });

  it("says nothing of state that held nothing", async () => {
    const paths = freshPaths(folder);
    writeState(paths, "global", 0);
    expect((await ensure(paths)).said).toHaveLength(1);
  });

  it("takes another port when its former one is taken", async () => {
    const paths = freshPaths(folder);
    const { record } = await ensure(paths);
    await kill(record.pid);
    const squatter = net.createServer().listen(record.port, "127.0.0.1");
    await delay(100);
    expect((await ensure(paths)).record.port).not.toBe(record.port);
    squatter.close();
  });

  it("does not take a stranger with a recycled process id for the emulator", async () => {
    const paths = freshPaths(folder);
    mkdirSync(paths.directory, { recursive: true });
    writeFileSync(paths.emulator(), JSON.stringify({ pid: process.pid, port: 1, startedAt: "2026-01-01T00:00:00Z" }));
    await expect(emulatorStatus(paths)).resolves.toMatchObject({ kind: "stopped" });
    await expect(stopEmulator(paths)).resolves.toBe(false);
  });

  it("fails with the end of the log when it does not start, and leaves no record", async () => {
    const paths = freshPaths(folder);
    await expect(ensure(paths, broken)).rejects.toThrow(/it ended with 3.*emulator\.log:\nno such module/s);
    expect(existsSync(paths.emulator())).toBe(false);
  });

  it("fails clearly when the interpreter is absent", async () => {
    await expect(ensure(freshPaths(folder), "/no/such/python")).rejects.toThrow("ENOENT");
  });
});

it("stops the emulator, once", async () => {
  const paths = freshPaths(folder);
  const { record } = await ensure(paths);
  await expect(stopEmulator(paths)).resolves.toBe(true);
  await expect(stopEmulator(paths)).resolves.toBe(false);
  expect(isAlive(record.pid)).toBe(false);
});

it("counts managed resources only, and none in an absent state", () => {
  const paths = freshPaths(folder);
  writeState(paths, "global", 5);
  expect(resourcesIn(paths.stateOf("global"))).toBe(5);
  expect(resourcesIn(paths.stateOf("absent"))).toBe(0);
});
