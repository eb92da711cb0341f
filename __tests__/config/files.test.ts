import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { environmentNames, readConfigFiles, type Read } from "../../config/files";
import { loadConfig } from "../../config/load";
import { problemsOf, validInput } from "./support";

function reading(name: string, failure: () => unknown): Read {
  const { global, environments } = validInput();
  const modules: Record<string, unknown> = {
    "./global": { globalConfig: global },
    ...Object.fromEntries(
      Object.entries(environments).map(([each, value]) => [`./environments/${each}`, { [each]: value }]),
    ),
  };
  return (specifier) => (specifier === name ? failure() : modules[specifier]);
}

test("the folder is the list of environments", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "environments-"));
  for (const file of ["staging.ts", "dev.ts", "README.md"]) writeFileSync(path.join(folder, file), "");
  expect(environmentNames(folder)).toEqual(["dev", "staging"]);
});

describe("readConfigFiles", () => {
  it("reads the files of the project", () => {
    expect(readConfigFiles()).toEqual(validInput());
  });

  it("names the line of a syntax error, in the transpiler's words", () => {
    const error = new Error(
      'Transform failed with 1 error:\n/home/me/opsdx/config/environments/dev.ts:5:7: ERROR: Expected "}" but found "x"',
    );
    const input = readConfigFiles(
      reading("./environments/dev", () => {
        throw error;
      }),
    );
    expect(problemsOf(input)).toEqual([
      {
        file: "config/environments/dev.ts",
        path: "line 5",
        rule: "must be a TypeScript module that loads",
        received: JSON.stringify('Expected "}" but found "x"'),
      },
    ]);
  });

  it("names the line where a file throws, and still checks the other files", () => {
    const error = new TypeError("Cannot read properties of undefined");
    error.stack =
      "TypeError: Cannot read…\n    at Object.<anonymous> (/home/me/opsdx/config/environments/prod.ts:12:3)";
    const input = readConfigFiles(
      reading("./environments/prod", () => {
        throw error;
      }),
    );
    expect(problemsOf({ ...input, global: { ...validInput().global, owner: "" } })).toEqual([
      expect.objectContaining({ file: "config/global.ts", path: "owner" }),
      expect.objectContaining({
        file: "config/environments/prod.ts",
        path: "line 12",
        received: '"Cannot read properties of undefined"',
      }),
    ]);
  });

  it("reports a file that exports nothing under its name", () => {
    const input = readConfigFiles(reading("./environments/dev", () => ({ development: {} })));
    expect(problemsOf(input)).toContainEqual(
      expect.objectContaining({
        file: "config/environments/dev.ts",
        path: "(whole file)",
        rule: "is required: an object",
      }),
    );
    expect(() => loadConfig(input)).toThrow(
      "config/environments/dev.ts: (whole file): is required: an object (received nothing)",
    );
  });
});
