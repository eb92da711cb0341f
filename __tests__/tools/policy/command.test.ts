import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { policyCommand, type PolicyCommandProps } from "../../../tools/policy/command";
import { oneEnvironment } from "../../config/support";

describe("opsdx policy report", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "policy-"));
  const log = jest.spyOn(console, "log").mockReturnValue();
  const error = jest.spyOn(console, "error").mockReturnValue();
  /** A smaller program, elsewhere. */
  const small = { root, load: oneEnvironment };
  const run = async (props: PolicyCommandProps, ...options: string[]) => {
    process.exitCode = 0;
    await policyCommand(props).parseAsync(["report", ...options], { from: "user" });
    return process.exitCode;
  };
  afterEach(() => {
    jest.clearAllMocks();
    process.exitCode = 0;
  });
  afterAll(() => fs.rmSync(root, { recursive: true }));

  test("docs/policy.md is current, and nothing is open", async () => {
    const code = await run({}, "--check");
    expect(error.mock.calls).toEqual([]);
    expect(code).toBe(0);
  });

  test("writes the page, which is then current", async () => {
    expect(await run(small, "--check")).toBe(1);
    expect(await run(small)).toBe(0);
    expect(fs.readFileSync(path.join(root, "docs/policy.md"), "utf8")).toMatch(/^# Policy\n/);
    expect(await run(small, "--check")).toBe(0);
  });

  test("prints JSON", async () => {
    expect(await run({ root }, "--json")).toBe(0);
    const reports = JSON.parse(String(log.mock.calls[0]?.[0])) as { stack: string }[];
    expect(reports.map(({ stack }) => stack)).toEqual(expect.arrayContaining(["global", "dev-stage1", "prod-stage3"]));
  });
});
