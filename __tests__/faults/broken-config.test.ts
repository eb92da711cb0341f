import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { copyOfProject, SmallSandbox } from "./support";

const copy = copyOfProject();
const sandbox = new SmallSandbox();
/** The same sandbox, by the commands of the copy. */
const broken = new SmallSandbox(sandbox.paths.directory, copy);

afterAll(async () => {
  await sandbox.remove();
  rmSync(copy, { recursive: true });
});

test("a configuration with an error keeps nobody from looking, leaving, destroying and forgetting", async () => {
  expect((await sandbox.run("up", "global")).code).toBe(0);
  const file = path.join(copy, "config/global.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace(/id: "\d{12}"/, 'id: "12"'));

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
