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

  test("docs/runbook is current", async () => {
    const code = await run({}, "--check");
    expect(error.mock.calls).toEqual([]);
    expect(code).toBe(0);
  });

  test("writes the pages, and tells of a difference with the command that mends it", async () => {
    expect(await run(small)).toBe(0);
    expect(await run(small, "--check")).toBe(0);
    fs.appendFileSync(path.join(root, "docs/runbook/db.md"), "by hand\n");
    expect(await run(small, "--check")).toBe(1);
    expect(String(error.mock.calls[0]?.[0])).toContain("docs/runbook/db.md is out of date");
    expect(String(error.mock.calls[0]?.[0])).toContain("run `npx opsdx runbook` and commit the result");
  });

  test("tells of a page that is missing or belongs to no system, and mends both", async () => {
    await run(small);
    fs.rmSync(path.join(root, "docs/runbook/db.md"));
    fs.writeFileSync(path.join(root, "docs/runbook/gone.md"), "# Gone\n");
    expect(await run(small, "--check")).toBe(1);
    expect(error.mock.calls.map(([text]) => String(text)).join("\n")).toMatch(
      /db\.md is missing[^]*gone\.md belongs to no system any more/,
    );
    expect(await run(small)).toBe(0);
    expect(fs.readdirSync(path.join(root, "docs/runbook"))).not.toContain("gone.md");
    expect(await run(small, "--check")).toBe(0);
  });
});
