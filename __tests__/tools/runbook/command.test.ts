import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { runbookCommand, type RunbookCommandProps } from "../../../tools/runbook/command";
import { oneEnvironment } from "../../config/support";

describe("opsdx runbook", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "runbook-"));
  jest.spyOn(console, "log").mockReturnValue();
  const error = jest.spyOn(console, "error").mockReturnValue();
  /** A smaller program, elsewhere. */
  const small = { root, load: oneEnvironment };
  const run = async (props: RunbookCommandProps, ...options: string[]) => {
    process.exitCode = 0;
    await runbookCommand(props).parseAsync(options, { from: "user" });
    return process.exitCode;
  };
  afterEach(() => {
    jest.clearAllMocks();
    process.exitCode = 0;
  });
  afterAll(() => fs.rmSync(root, { recursive: true }));

  test("docs/runbook.md is current", async () => {
    const code = await run({}, "--check");
    expect(error.mock.calls).toEqual([]);
    expect(code).toBe(0);
  });

  test("writes the page, and tells of a difference with the command that mends it", async () => {
    expect(await run(small)).toBe(0);
    expect(await run(small, "--check")).toBe(0);
    fs.appendFileSync(path.join(root, "docs/runbook.md"), "by hand\n");
    expect(await run(small, "--check")).toBe(1);
    expect(String(error.mock.calls[0]?.[0])).toContain("run `npx opsdx runbook` and commit the result");
  });
});
