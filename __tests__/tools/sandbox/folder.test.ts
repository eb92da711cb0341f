import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { claimFolder } from "../../../tools/sandbox/folder";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { Sandbox } from "../../../tools/sandbox/sandbox";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();

/** A folder of a person: it holds what the sandbox did not make, under the sandbox's own names too. */
function personal(): SandboxPaths {
  const paths = freshPaths(folder);
  mkdirSync(paths.state(), { recursive: true });
  writeFileSync(paths.at("thesis.txt"), "years of work");
  writeFileSync(path.join(paths.state(), "notes.txt"), "mine");
  return paths;
}

describe("claimFolder", () => {
  it("marks a folder that is absent or empty, and knows it again", () => {
    const absent = freshPaths(folder);
    claimFolder(absent);
    const empty = freshPaths(folder);
    mkdirSync(empty.directory);
    claimFolder(empty);
    for (const paths of [absent, empty]) {
      expect(readdirSync(paths.directory)).toEqual(["opsdx-sandbox.json"]);
      writeFileSync(paths.at("emulator.json"), "{}");
      expect(() => claimFolder(paths)).not.toThrow();
    }
  });

  it("refuses a person's folder, naming it and what lies there", () => {
    const paths = personal();
    expect(() => claimFolder(paths)).toThrow(
      `OPSDX_SANDBOX: must name a folder that the sandbox made, or an empty or absent one, got ${paths.directory}, which holds state, thesis.txt and no opsdx-sandbox.json. Nothing was changed.`,
    );
    expect(readdirSync(paths.directory)).toEqual(["state", "thesis.txt"]);
  });
});

describe("a reset", () => {
  const stream = { write: () => true } as unknown as NodeJS.WriteStream;
  const reset = (paths: SandboxPaths) => new Sandbox({ directory: paths.directory, env: {}, stream }).reset();

  it("touches nothing in a person's folder", async () => {
    const paths = personal();
    await expect(reset(paths)).rejects.toThrow("must name a folder that the sandbox made");
    expect(readdirSync(paths.directory)).toEqual(["state", "thesis.txt"]);
    expect(readdirSync(paths.state())).toEqual(["notes.txt"]);
  });

  it("deletes what the sandbox made, and leaves what a person put beside it", async () => {
    const paths = freshPaths(folder);
    claimFolder(paths);
    for (const made of [paths.state(), paths.logs(), paths.at("lost-3")]) mkdirSync(made);
    writeFileSync(paths.at("emulator.json.77.new"), "{");
    writeFileSync(paths.at("notes.txt"), "mine");
    await expect(reset(paths)).resolves.toBe(true);
    expect(readdirSync(paths.directory)).toEqual(["notes.txt"]);
  });

  it("leaves no folder behind when all of it was the sandbox's", async () => {
    const paths = freshPaths(folder);
    claimFolder(paths);
    writeFileSync(paths.emulatorLog(), "");
    await expect(reset(paths)).resolves.toBe(true);
    expect(existsSync(paths.directory)).toBe(false);
  });
});

it("knows every name that the sandbox gives", () => {
  const paths = freshPaths(folder);
  const given = Object.values(paths)
    .filter((name): name is () => string => typeof name === "function")
    .map((name) => path.relative(paths.directory, name()).split(path.sep)[0] ?? "");
  expect(given.length).toBeGreaterThan(10);
  expect(given.filter((name) => !paths.made(name))).toEqual([]);
  expect(["thesis.txt", "states", "lost-", "lock.json.bak"].filter((name) => paths.made(name))).toEqual([]);
});
