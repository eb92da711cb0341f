import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../../tools/processes";
import { started, until } from "./support";

const PROJECT = path.resolve(__dirname, "../..");

/** This project's own configuration, for one file that hangs. */
const CONFIG = `
const config = require(${JSON.stringify(path.join(PROJECT, "jest.config.js"))});
const [project] = config.projects;
const testMatch = [${JSON.stringify(path.join(__dirname, "hanging.ts"))}];
module.exports = { ...config, rootDir: ${JSON.stringify(PROJECT)}, projects: [{ ...project, testMatch, testPathIgnorePatterns: [] }] };
`;

test.each([
  ["the run itself, on the spot", "SIGKILL", ["node_modules/.bin/jest"]],
  ["npm alone, which passes nothing on", "SIGTERM", ["npm", "exec", "--", "jest"]],
] as const)("a test run leaves no process and no file when a time limit ends %s", async (_, signal, command) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "killed-"));
  const config = path.join(folder, "jest.config.js");
  const told = path.join(folder, "told.json");
  writeFileSync(config, CONFIG);
  const run = started([...command, "--ci", "--config", config], { ...process.env, OPSDX_TOLD: told });
  await until(run, () => existsSync(told));
  const { cluster, emulator } = JSON.parse(readFileSync(told, "utf8")) as { cluster: number; emulator: string };
  const { pid } = JSON.parse(readFileSync(emulator, "utf8")) as { pid: number };
  expect([cluster, pid].map(isAlive)).toEqual([true, true]);
  process.kill(run.child.pid ?? 0, signal);
  const place = path.dirname(path.dirname(path.dirname(emulator)));
  while ([cluster, pid].some(isAlive) || existsSync(place)) await delay(100);
  expect(path.basename(place)).toMatch(/^opsdx-tests-/);
  rmSync(folder, { recursive: true });
});
