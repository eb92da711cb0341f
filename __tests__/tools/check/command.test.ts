import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { checkCommand, type CheckCommandProps } from "../../../tools/check/command";
import { policyCommand } from "../../../tools/policy/command";
import { runbookCommand } from "../../../tools/runbook/command";
import { oneEnvironment, validInput, setAt } from "../../config/support";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "check-"));
const log = jest.spyOn(console, "log").mockReturnValue();
const error = jest.spyOn(console, "error").mockReturnValue();
const printed = (spy: jest.SpyInstance): string => spy.mock.calls.flat().join("\n");

afterEach(() => {
  jest.clearAllMocks();
  process.exitCode = 0;
});
afterAll(() => fs.rmSync(root, { recursive: true }));

async function run(props: CheckCommandProps) {
  process.exitCode = 0;
  await checkCommand(props).parseAsync([], { from: "user" });
  return process.exitCode;
}

test("finds every page that is out of date, in one run, and nothing when they are current", async () => {
  const small = { root, load: oneEnvironment };
  expect(await run(small)).toBe(1);
  expect(printed(error)).toContain("docs/policy.md is missing: run `npx opsdx policy report` and commit the result");
  expect(printed(error)).toContain("docs/runbook/db.md is missing: run `npx opsdx runbook` and commit the result");
  expect(printed(log)).toContain("2 of 6 checks fail.");
  await policyCommand(small).parseAsync(["report"], { from: "user" });
  await runbookCommand(small).parseAsync([], { from: "user" });
  jest.clearAllMocks();
  expect(await run(small)).toBe(0);
  expect(printed(error)).toBe("");
  expect(printed(log)).toContain("All checks hold.");
}, 120_000);

test("names every problem of a configuration, and goes no further", async () => {
  const input = validInput();
  setAt(input.environments, ["dev", "network", "nat"], "singel");
  setAt(input.environments, ["prod", "etls", "epic2op", "owner"], undefined);
  expect(await run({ root, load: () => loadConfig(input) })).toBe(1);
  expect(printed(error)).toContain("network.nat");
  expect(printed(error)).toContain("etls.epic2op.owner");
  expect(printed(log)).toContain("1 of 1 checks fail.");
});
