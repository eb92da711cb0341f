import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { Bootstrap } from "../../../tools/bootstrap/bootstrap";
import { bootstrapCommand } from "../../../tools/bootstrap/command";
import { buildCli } from "../../../tools/cli";
import { Children } from "../../../tools/terraform/children";

let directory = "";
const output: string[] = [];
beforeEach(() => {
  directory = path.join(mkdtempSync(path.join(os.tmpdir(), "bootstrap-")), "work");
  output.length = 0;
  jest.spyOn(console, "log").mockImplementation((line: string) => void output.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(path.dirname(directory), { recursive: true });
});

const run = (...args: string[]) => bootstrapCommand({ directory }).parseAsync(args, { from: "user" });
const bootstrap = (env: NodeJS.ProcessEnv = {}) =>
  new Bootstrap({
    config: loadConfig(),
    directory,
    env,
    children: new Children(),
    say: (line) => void output.push(line),
    print: (line) => void output.push(line),
  });

describe("opsdx bootstrap", () => {
  test("is a command of the project", () => {
    expect(buildCli().commands.map((command) => command.name())).toContain("bootstrap");
  });

  test("only looks, with --dry-run", async () => {
    jest.spyOn(Bootstrap.prototype, "look").mockResolvedValue("everything");
    const work = jest.spyOn(Bootstrap.prototype, "run").mockResolvedValue();
    await run("--dry-run");
    expect(work).not.toHaveBeenCalled();
    expect(output.join("\n")).toContain("1. apply the bucket opsdx-terraform-state and its key");
    expect(output.join("\n")).toContain("4. delete the local copy");
  });

  test("does what is left, with --yes", async () => {
    jest.spyOn(Bootstrap.prototype, "look").mockResolvedValue("check");
    const work = jest.spyOn(Bootstrap.prototype, "run").mockResolvedValue();
    await run("--yes");
    expect(work).toHaveBeenCalledWith("check");
    expect(output.join("\n")).toContain("Go on with `npx cdktf deploy global`");
  });

  test("says what a full disk keeps from it, and that nothing is lost", async () => {
    jest.spyOn(Bootstrap.prototype, "look").mockResolvedValue("everything");
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", path: "/x/y" });
    jest.spyOn(Bootstrap.prototype, "run").mockRejectedValue(full);
    await expect(run("--yes")).rejects.toThrow(
      "There is no room left for /x/y. Make room and run the same command again: nothing is lost.",
    );
  });

  test("says so when nothing is left", async () => {
    jest.spyOn(Bootstrap.prototype, "look").mockResolvedValue("nothing");
    const work = jest.spyOn(Bootstrap.prototype, "run").mockResolvedValue();
    await run();
    expect(work).not.toHaveBeenCalled();
    expect(output.join("\n")).toContain("Nothing to do");
  });

  test("refuses to go on unasked where nobody can be asked", async () => {
    jest.spyOn(Bootstrap.prototype, "look").mockResolvedValue("everything");
    const work = jest.spyOn(Bootstrap.prototype, "run").mockResolvedValue();
    const { isTTY } = process.stdin;
    process.stdin.isTTY = false;
    try {
      await expect(run()).rejects.toThrow("There is no terminal to ask on: repeat with --yes.");
    } finally {
      process.stdin.isTTY = isTTY;
    }
    expect(work).not.toHaveBeenCalled();
  });

  test("refuses to work on the sandbox, before anything is started", async () => {
    await expect(bootstrap({ OPSDX_SANDBOX: ".sandbox" }).look()).rejects.toThrow(
      "OPSDX_SANDBOX is set (.sandbox): the sandbox keeps its state on this machine and needs no bucket",
    );
    expect(existsSync(directory)).toBe(false);
  });

  test("refuses to go on with another bucket than the one that was begun", async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, "begun.json"), JSON.stringify({ bucket: "old-name", account: "111122223333" }));
    await expect(bootstrap().look()).rejects.toThrow(
      "An earlier run began to make the bucket old-name in account 111122223333, and config/global.ts says opsdx-terraform-state in account 111122223333.",
    );
  });

  test("names the steps that are left", () => {
    expect(bootstrap().steps("everything")).toHaveLength(4);
    expect(bootstrap().steps("check")).toEqual(bootstrap().steps("everything").slice(2));
    expect(bootstrap().steps("nothing")).toEqual([]);
  });
});
