import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { lintWorkflows } from "../../../tools/check/workflows";
import { Children } from "../../../tools/terraform/children";
import { script } from "../kops/support";

let root = "";
let bin = "";
let env: NodeJS.ProcessEnv = {};
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "workflows-"));
  bin = path.join(root, "bin");
  env = { PATH: `${bin}:/usr/bin:/bin`, HOME: root, XDG_CACHE_HOME: path.join(root, "cache") };
  fs.mkdirSync(bin);
  fs.mkdirSync(path.join(root, ".github/workflows"), { recursive: true });
  for (const name of ["ci.yml", "notes.txt"])
    fs.writeFileSync(path.join(root, ".github/workflows", name), "on: push\n");
});
afterEach(() => fs.rmSync(root, { recursive: true }));

/** Puts a program in the place of a linter; what it is asked to read stands in `<name>.asked`. */
function linter(name: string, version: string, reads: string, folder = bin): void {
  fs.mkdirSync(folder, { recursive: true });
  script(
    path.join(folder, name),
    `case "$*" in *version) echo "${name} v${version}";; *) echo "$*" > ${path.join(root, `${name}.asked`)}; ${reads};; esac`,
  );
}

const asked = (name: string): string => fs.readFileSync(path.join(root, `${name}.asked`), "utf8").trim();

describe("the workflows", () => {
  test("are read by what is on the PATH in its one version, and nothing is found", async () => {
    linter("actionlint", "1.7.12", "exit 0");
    linter("zizmor", "1.32.0", "exit 0");
    expect(await lintWorkflows(root, env)).toEqual({
      ran: ["actionlint 1.7.12", "zizmor 1.32.0"],
      skipped: [],
      found: [],
    });
    expect(asked("actionlint")).toMatch(/ \.github\/workflows\/ci\.yml$/);
    expect(asked("zizmor")).toBe("--offline --no-progress --quiet --color never .github");
  });

  test("are told what is found by each, and how one fails", async () => {
    linter("actionlint", "1.7.12", `echo 'ci.yml:1:1: "jobs" section is missing'; exit 1`);
    linter("zizmor", "1.32.0", "echo 'no such folder' >&2; exit 1");
    expect((await lintWorkflows(root, env)).found).toEqual([
      'actionlint 1.7.12:\nci.yml:1:1: "jobs" section is missing',
      "zizmor 1.32.0 failed: no such folder",
    ]);
    linter("zizmor", "1.32.0", "echo 'error[unpinned-uses]'; exit 14");
    expect((await lintWorkflows(root, env)).found[1]).toBe("zizmor 1.32.0:\nerror[unpinned-uses]");
  });

  test("are not read by another version, nor by what is not there; that is said, with what helps", async () => {
    linter("actionlint", "1.7.7", "exit 1");
    const { ran, skipped, found } = await lintWorkflows(root, env);
    expect([ran, found]).toEqual([[], []]);
    expect(skipped).toEqual(
      ["actionlint 1.7.12", "zizmor 1.32.0"].map(
        (called) => `${called} is not there: it did not read the workflows. To install it: npx opsdx check --workflows`,
      ),
    );
  });

  test("are read by what the cache holds whole", async () => {
    const folder = path.join(root, "cache/opsdx-cloud/zizmor-1.32.0");
    linter("zizmor", "1.32.0", "exit 0", path.join(folder, "bin"));
    expect((await lintWorkflows(root, env)).ran).toEqual([]);
    fs.writeFileSync(path.join(folder, "whole"), "");
    expect((await lintWorkflows(root, env)).ran).toEqual(["zizmor 1.32.0"]);
  });

  test("are read by what is installed for it, once", async () => {
    linter("zizmor", "1.32.0", "exit 0");
    script(path.join(bin, "go"), `echo "$*" >> ${root}/go.asked; cp ${bin}/planned "$GOBIN"/actionlint`);
    linter("planned", "1.7.12", "exit 0");
    const cache = path.join(root, "cache/opsdx-cloud/actionlint-1.7.12/bin");
    fs.mkdirSync(cache, { recursive: true });
    const said: string[] = [];
    const install = { env, children: new Children(), say: (line: string) => void said.push(line) };
    for (const lines of [1, 1]) {
      expect((await lintWorkflows(root, env, install)).ran).toEqual(["actionlint 1.7.12", "zizmor 1.32.0"]);
      expect(asked("go").split("\n")).toHaveLength(lines);
    }
    expect(said).toEqual([expect.stringContaining("Installing actionlint 1.7.12 into")]);
  });

  test("cannot be read when the installation fails: what it needs is said", async () => {
    const install = { env, children: new Children(), say: () => undefined };
    script(path.join(bin, "go"), "echo 'no network' >&2; exit 1");
    await expect(lintWorkflows(root, env, install)).rejects.toThrow(
      /could not install actionlint: `go install .*` failed: no network\nIt needs Go 1\.25 or newer, and the network once\./,
    );
  });

  test("are none in a folder without: nothing is asked", async () => {
    fs.rmSync(path.join(root, ".github"), { recursive: true });
    expect(await lintWorkflows(root, env)).toEqual({ ran: [], skipped: [], found: [] });
  });
});
