import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type * as AskModule from "../../../tools/ask";
import { findKops, lookForKops } from "../../../tools/kops/binary";
import { Children } from "../../../tools/terraform/children";
import { script } from "./support";

// A program that hangs is not waited for as long as a person would.
jest.mock("../../../tools/ask", () => {
  const actual = jest.requireActual<typeof AskModule>("../../../tools/ask");
  const ask: typeof actual.ask = (file, args, options) => actual.ask(file, args, { ...options, limit: 2_000 });
  return { ...actual, ask };
});

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(path.join(tmpdir(), "kops-binary-"));
});
afterEach(() => rmSync(bin, { recursive: true }));

/** An environment whose PATH holds the folder before the system's. */
const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ PATH: `${bin}:/usr/bin:/bin`, ...more });
const printing = (version: string, name = "kops") => script(path.join(bin, name), `echo "${version}"`);

describe("the person's kops", () => {
  it("is the one on the PATH", async () => {
    printing("1.36.2");
    expect(await lookForKops(env())).toEqual({ file: "kops", version: "1.36.2" });
    expect((await findKops(env())).file).toBe("kops");
  });

  it("is rather the one that KOPS names", async () => {
    printing("1.35.0");
    const file = printing("1.36.2", "kops-1.36.2");
    expect((await findKops(env({ KOPS: file }))).file).toBe(file);
  });

  it("may be missing, which says what to install", async () => {
    expect(await lookForKops(env())).toEqual({ file: "kops" });
    await expect(findKops(env())).rejects.toThrow(
      'kops 1.36.2 must be on the PATH or named by KOPS, got nothing at "kops". ' +
        "Install it: https://github.com/kubernetes/kops/releases/tag/v1.36.2",
    );
  });

  it("may not hang", async () => {
    script(path.join(bin, "kops"), "exec sleep 300");
    await expect(findKops(env())).rejects.toThrow(
      'kops must be version 1.36.2, which this program is at parity with, got one that does not answer within 2 s at "kops"',
    );
  });

  it.each([
    ["1.35.0", "1.35.0"],
    ["1.36.2-beta.1", "1.36.2-beta.1"],
    ["Client version: 1.37.0 (git-v1.37.0)", "1.37.0"],
    ["hello", "unknown"],
  ])("may not print %s", async (printed, version) => {
    printing(printed);
    await expect(findKops(env())).rejects.toThrow(
      `kops must be version 1.36.2, which this program is at parity with, got ${version} at "kops"`,
    );
  });
});

describe("a command", () => {
  const run = () => ({ children: new Children(), say: () => undefined });
  const kops = async (...lines: string[]) => {
    const file = script(path.join(bin, "kops"), 'if [ "$1" = version ]; then echo 1.36.2; exit; fi', ...lines);
    return findKops(env({ KOPS: file }));
  };

  it("returns what kops prints, and gets the environment", async () => {
    const binary = await kops('echo "$1 $KUBECONFIG"');
    expect(await binary.run(["get"], { ...run(), env: { KUBECONFIG: "/nowhere" } })).toBe("get /nowhere");
  });

  it("that fails tells kops' error without the log before it", async () => {
    const binary = await kops(
      'echo "I1123 11:31:35.423766   12520 executor.go:113] Tasks: 55 done" >&2',
      'echo "Error: no" >&2; exit 1',
    );
    await expect(binary.run(["replace", "-f", "x"], run())).rejects.toThrow(/^kops replace -f failed:\nError: no$/);
  });

  it("that fails without an error tells its last warnings once", async () => {
    const binary = await kops(
      'echo "I1123 11:53:44.010320   16121 executor.go:171] Continuing to run 6 task(s)" >&2',
      'echo "W1123 11:53:44.010320   16121 executor.go:141] error running task \\"x\\" (9m18s remaining to succeed): no hash" >&2',
      'echo "W1123 11:53:58.083410   16121 executor.go:141] error running task \\"x\\" (9m4s remaining to succeed): no hash" >&2',
      "exit 1",
    );
    await expect(binary.run(["update", "cluster"], run())).rejects.toThrow(
      /^kops update cluster failed:\nerror running task "x": no hash$/,
    );
  });
});
