import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { loadConfig, type Config } from "../../../config/load";
import type { BaseStack } from "../../../stacks/base-stack";
import { deploymentFor } from "../../../stacks/deployment";
import { buildProgram } from "../../../stacks/program";
import { namedIds, specOf } from "../../../tools/kops/target";
import { script, writePayload } from "../kops/support";
import { checkCommand, type CheckCommandProps } from "../../../tools/check/command";
import { policyCommand } from "../../../tools/policy/command";
import { drillCommand } from "../../../tools/drill/command";
import { diagramCommand } from "../../../tools/diagram/command";
import { runbookCommand } from "../../../tools/runbook/command";
import { pinnedWith } from "../../stacks/support";
import { lockFile } from "../providers/support";
import { oneEnvironment, validInput, setAt } from "../../config/support";

const [{ name: built } = { name: "" }] = oneEnvironment().environments;
const pinned = pinnedWith(built);
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
  const small = { root, load: oneEnvironment, pinned };
  expect(await run(small)).toBe(1);
  expect(printed(error)).toContain("docs/policy.md is missing: run `npx opsdx policy report` and commit the result");
  expect(printed(error)).toContain("docs/runbook/db.md is missing: run `npx opsdx runbook` and commit the result");
  expect(printed(error)).toContain("docs/diagrams/stage1.md is missing: run `npx opsdx diagram` and commit the result");
  expect(printed(log)).toContain("4 of 10 checks fail.");
  await policyCommand(small).parseAsync(["report"], { from: "user" });
  await runbookCommand(small).parseAsync([], { from: "user" });
  await diagramCommand(small).parseAsync([], { from: "user" });
  await drillCommand(small).parseAsync(["pages"], { from: "user" });
  jest.clearAllMocks();
  expect(await run(small)).toBe(0);
  expect(printed(error)).toBe("");
  expect(printed(log)).toContain("All checks hold.");
}, 600_000);

test("what is found in the workflows is a fault, and who did not read them is named", async () => {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "check-"));
  fs.mkdirSync(path.join(project, ".github/workflows"), { recursive: true });
  fs.writeFileSync(path.join(project, ".github/workflows/ci.yml"), "");
  script(
    path.join(project, "actionlint"),
    `case "$1" in -version) echo 1.7.12;; *) echo 'ci.yml:1:1: empty'; exit 1;; esac`,
  );
  const env = { PATH: `${project}:/usr/bin:/bin`, HOME: project };
  expect(await run({ root: project, load: oneEnvironment, pinned, env, build: () => [] })).toBe(1);
  expect(printed(log)).toContain("fault  workflows (.github/): actionlint 1.7.12");
  expect(printed(log)).toContain("zizmor 1.32.0 is not there");
  expect(printed(error)).toContain("ci.yml:1:1: empty");
  fs.rmSync(project, { recursive: true });
});

test("a lock file that does not fit the program's providers is a fault; none is told of", async () => {
  const providerLock = path.join(root, "lock.hcl");
  const small = { root, load: oneEnvironment, pinned, providerLock, build: () => [] };
  await run(small);
  expect(printed(log)).toContain("Providers not locked");
  expect(printed(error)).not.toContain("not locked");
  fs.writeFileSync(providerLock, lockFile({ aws: "6.0.0", helm: "3.1.2", kubernetes: "2.38.0" }));
  expect(await run(small)).toBe(1);
  expect(printed(error)).toContain("hashicorp/aws 6.0.0");
  fs.writeFileSync(providerLock, lockFile({ aws: "5.100.0", helm: "3.1.2", kubernetes: "2.38.0" }));
  jest.clearAllMocks();
  await run(small);
  expect(printed(log)).toContain("ok     the lock file of the providers");
  expect(printed(error)).not.toContain("not locked");
});

test("tells a stale payload, a stale page and an open finding in one run", async () => {
  const config = oneEnvironment();
  const [environment] = config.environments;
  if (environment === undefined) throw new Error("one environment must be configured");
  const payloadRoot = path.join(root, "kops");
  const spec = specOf({ config, environment, cluster: "k8s" }, namedIds(environment));
  writePayload(path.join(payloadRoot, environment.name, "k8s"), spec, { manifestDigest: "0".repeat(64) });
  const build = (checked: Config): readonly BaseStack[] => {
    const { stacks } = buildProgram(checked, deploymentFor(checked.global, {}));
    const [first] = stacks;
    if (first === undefined) throw new Error("the program must have a stack");
    new SqsQueue(first, "Planted", { name: "planted", sqsManagedSseEnabled: false });
    return stacks;
  };
  expect(
    await run({ root, payloadRoot, build, pinned: { ...pinned, global: ["aws_vpc.Lost"] }, load: oneEnvironment }),
  ).toBe(1);
  expect(printed(error)).toContain(
    `${environment.name} k8s: is stale: run \`npx opsdx kops render ${environment.name} k8s\` and commit the result`,
  );
  expect(printed(error)).toContain("Planted");
  expect(printed(error)).toContain("global:aws_vpc.Lost is gone, and the next deploy would destroy it: ");
  expect(printed(error)).toMatch(/docs\/policy\.md is out of date from line \d+ on: run `npx opsdx policy report`/);
  expect(printed(log)).toContain("5 of 10 checks fail.");
  expect(printed(log)).toContain("ok     docs/runbook is current");
}, 600_000);

test("names every problem of a configuration, and goes no further", async () => {
  const input = validInput();
  setAt(input.environments, ["dev", "network", "nat"], "singel");
  setAt(input.environments, ["prod", "etls", "epic2op", "owner"], undefined);
  expect(await run({ root, load: () => loadConfig(input) })).toBe(1);
  expect(printed(error)).toContain("network.nat");
  expect(printed(error)).toContain("etls.epic2op.owner");
  expect(printed(log)).toContain("1 of 1 checks fail.");
});
