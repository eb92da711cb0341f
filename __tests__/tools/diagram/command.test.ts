import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { deploymentFor } from "../../../stacks/deployment";
import { buildProgram } from "../../../stacks/program";
import { diagramCommand, type DiagramCommandProps } from "../../../tools/diagram/command";
import { oneEnvironment } from "../../config/support";

describe("opsdx diagram", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "diagram-"));
  jest.spyOn(console, "log").mockReturnValue();
  const error = jest.spyOn(console, "error").mockReturnValue();
  const config = oneEnvironment();
  const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
  /** A smaller program, elsewhere. */
  const small = { root, load: () => config, build: () => stacks };
  const run = async (props: DiagramCommandProps, ...options: string[]) => {
    process.exitCode = 0;
    await diagramCommand(props).parseAsync(options, { from: "user" });
    return process.exitCode;
  };
  afterEach(() => {
    jest.clearAllMocks();
    process.exitCode = 0;
  });
  afterAll(() => fs.rmSync(root, { recursive: true }));

  test("docs/diagrams is current", async () => {
    const code = await run({}, "--check");
    expect(error.mock.calls).toEqual([]);
    expect(code).toBe(0);
  });

  test("writes the pages, and tells of a difference, and of a page too many, with the command that mends it", async () => {
    expect(await run(small, "--check")).toBe(1);
    expect(await run(small)).toBe(0);
    expect(await run(small, "--check")).toBe(0);
    jest.clearAllMocks();
    fs.appendFileSync(path.join(root, "docs/diagrams/systems/db.md"), "by hand\n");
    fs.writeFileSync(path.join(root, "docs/diagrams/systems/gone.md"), "# Gone\n");
    expect(await run(small, "--check")).toBe(1);
    const said = error.mock.calls.map(([text]) => String(text)).join("\n");
    expect(said).toContain("docs/diagrams/systems/db.md is out of date");
    expect(said).toContain(
      "docs/diagrams/systems/gone.md draws nothing any more: run `npx opsdx diagram` and commit the result",
    );
    expect(await run(small)).toBe(0);
    expect(fs.existsSync(path.join(root, "docs/diagrams/systems/gone.md"))).toBe(false);
    expect(await run(small, "--check")).toBe(0);
  }, 120_000);
});
