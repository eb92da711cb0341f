import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";

const ROOT = path.resolve(__dirname, "../../..");

test("npx opsdx runs the checkout's commands, from a folder below it, too", () => {
  // What `npm ci` links, for `npx` looks for it from the folder upwards.
  expect(realpathSync(path.join(ROOT, "node_modules/.bin/opsdx"))).toBe(path.join(ROOT, "tools/bin/opsdx.mjs"));
  const text = execFileSync("npx", ["--no", "opsdx", "etl", "launch", "--help"], {
    cwd: path.join(ROOT, "constructs/stage1"),
    encoding: "utf8",
  });
  expect(text).toContain("Usage: opsdx etl launch [options] <env> <etl>");
});

test("what a command leaves behind does not hold the program", () => {
  const code = "setInterval(() => undefined, 1000); void require('./tools/cli').main(['config', 'show', 'nowhere'])";
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--eval", code], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stderr).toContain("<name> must be one of global, ");
  expect(status).toBe(2);
});

test("npm run opsdx is the same program", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  expect(scripts).toMatchObject({ opsdx: "node tools/bin/opsdx.mjs", sandbox: "node tools/bin/opsdx.mjs sandbox" });
});
