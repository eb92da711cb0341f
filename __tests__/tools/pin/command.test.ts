import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { PINNED_FILE } from "../../../stacks/stateful-addresses";
import { pinCommand } from "../../../tools/pin/command";
import { oneEnvironment } from "../../config/support";
import { pinnedWith } from "../../stacks/support";

const [{ name: built } = { name: "" }] = oneEnvironment().environments;
const current = pinnedWith(built);
const lost = (...addresses: readonly string[]) => ({
  ...current,
  global: [...(current["global"] ?? []), ...addresses],
});

let root = "";
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "pin-"));
  jest.spyOn(console, "log").mockReturnValue();
});
afterEach(() => fs.rmSync(root, { recursive: true }));

/** What a run writes, and what it refuses. */
async function run(pinned: typeof current, ...words: readonly string[]) {
  const refused = await pinCommand({ root, pinned, load: oneEnvironment })
    .parseAsync([...words], { from: "user" })
    .then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
  const file = path.join(root, PINNED_FILE);
  return { refused, written: fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as unknown) : undefined };
}

test("pins what is new by itself, as the file stands in the project", async () => {
  expect(await run({ ...current, [`${built}-stage1`]: [] })).toEqual({ refused: "", written: current });
  const text = fs.readFileSync(path.join(root, PINNED_FILE), "utf8");
  expect(text).toBe(`${JSON.stringify(current, undefined, 2)}\n`);
});

test("lets nothing go that is not named, and takes no name of what is there, all at once", async () => {
  const here = `global:${current["global"]?.[0] ?? ""}`;
  const { refused, written } = await run(
    lost("aws_eip.A", "aws_eip.B", "aws_eip.C"),
    "--gone",
    "global:aws_eip.B",
    here,
  );
  expect(written).toBeUndefined();
  expect(refused.split("\n")).toEqual([
    expect.stringMatching(/^global:aws_eip\.A is gone, .*run `npx opsdx pin --gone global:aws_eip\.A`/),
    expect.stringMatching(/^global:aws_eip\.C is gone, /),
    `--gone must name what is pinned and no longer there, got "${here}"`,
    "Nothing was written.",
  ]);
});

test("lets go what is named, address by address", async () => {
  const words = ["--gone", "global:aws_eip.A", "global:aws_eip.B"];
  expect(await run(lost("aws_eip.A", "aws_eip.B"), ...words)).toEqual({ refused: "", written: current });
});
