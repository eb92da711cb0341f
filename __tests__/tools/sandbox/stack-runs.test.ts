import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { StackRuns } from "../../../tools/sandbox/stack-runs";
import { Children } from "../../../tools/terraform/children";
import { fakeBin, freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();
const stream = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;

/** Destroys a stack with a Terraform whose first destroys fail; returns the outcome, and how often it was asked. */
async function destroyWith(failures: number): Promise<{ outcome: string | undefined; asked: number }> {
  const paths = freshPaths(folder);
  const count = path.join(folder, `asked-${failures}`);
  const terraform = `#!/bin/sh\n[ "$1" = destroy ] || exit 0\necho x >> '${count}'\n[ "$(wc -l < '${count}')" -gt ${failures} ]\n`;
  const env = { PATH: `${fakeBin(folder, { terraform })}:${process.env["PATH"] ?? ""}` };
  mkdirSync(paths.logs(), { recursive: true });
  const runs = new StackRuns({
    paths,
    env,
    children: new Children(),
    stream,
    pair: { settle: () => Promise.resolve() },
  });
  const [result] = await runs.destroy([{ name: "dev-stage1", directory: folder, dependencies: [] }]);
  return {
    outcome: result?.outcome,
    asked: existsSync(count) ? readFileSync(count, "utf8").trim().split("\n").length : 0,
  };
}

describe("a destroy", () => {
  it.each([
    ["is not repeated when it succeeds", 0, "destroyed", 1],
    ["goes on after one failure, since the emulator's answers are lost now and then", 1, "destroyed", 2],
    ["fails when it fails again", 2, "failed", 2],
  ])("%s", async (_, failures, outcome, asked) => {
    expect(await destroyWith(failures)).toEqual({ outcome, asked });
  });
});
