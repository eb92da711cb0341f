import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { rehearseExit, type RehearsalProps } from "../../../tools/exit/rehearsal";
import { Children, InterruptedError } from "../../../tools/terraform/children";
import { script } from "../kops/support";

/** A small project: a program in sh that writes what a core of some version would. */
const PROGRAM = `
folder=\${CDKTF_OUTDIR:?}
version=$(sed -n 's/.*"version": *"\\([^"]*\\)".*/\\1/p' node_modules/cdktf/package.json)
mkdir -p "$folder/stacks/dev-stage1"
echo '{}' > "$folder/facts.json"
cat > "$folder/manifest.json" <<END
{"version":"x","stacks":{"dev-stage1":{"name":"dev-stage1","dependencies":[],"workingDirectory":"stacks/dev-stage1","synthesizedStackPath":"stacks/dev-stage1/cdk.tf.json"}}}
END
cat > "$folder/stacks/dev-stage1/cdk.tf.json" <<END
{"//": {"metadata": {"version": "$version"}}, "terraform": {"required_providers": {"aws": {"source": "aws", "version": "= 5.100.0"}}}, "extra": "$(cat extra 2>/dev/null)"}
END
`;

let root = "";
let temporary = "";
let bin = "";
const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  const base = fs.mkdtempSync(path.join(os.tmpdir(), "exit-"));
  [root, temporary, bin] = ["project", "tmp", "bin"].map((name) => path.join(base, name)) as [string, string, string];
  for (const folder of [root, temporary, bin]) fs.mkdirSync(folder);
  fs.writeFileSync(path.join(root, "program.sh"), PROGRAM);
  fs.writeFileSync(path.join(root, "cdktf.json"), JSON.stringify({ app: "sh program.sh" }));
  fs.writeFileSync(
    path.join(root, "package.json"),
    JSON.stringify({ dependencies: { cdktf: "0.21.0" }, devDependencies: { "cdktf-cli": "0.21.0" } }),
  );
  fs.writeFileSync(path.join(root, ".gitignore"), "node_modules\nignored\n");
  fs.writeFileSync(path.join(root, "ignored"), "");
  fs.mkdirSync(path.join(root, "node_modules/cdktf"), { recursive: true });
  fs.writeFileSync(path.join(root, "node_modules/cdktf/package.json"), '{"version": "0.21.0"}');
  execFileSync("git", ["init", "-q"], { cwd: root });
  npm(INSTALLS);
});
afterEach(() => fs.rmSync(path.dirname(root), { recursive: true }));

const TSC = 'require("fs").writeFileSync("checked","")';
const JEST =
  'const out=process.argv[process.argv.indexOf("--outputFile")+1];require("fs").writeFileSync(out,JSON.stringify({numPassedTests:7}))';
/** What npm does: it installs the core that is named, and a compiler and a test runner that are content. */
const INSTALLS = `
grep -q '"cdktf": "npm:cdktn@0.24.0"' package.json || exit 9
test -n "$npm_config_cache" && echo "$npm_config_cache" > "$OPSDX_SEEN"
test -e ignored && exit 8
mkdir -p node_modules/cdktf node_modules/typescript/bin node_modules/jest/bin
echo '{"version": "0.24.0"}' > node_modules/cdktf/package.json
echo '${TSC}' > node_modules/typescript/bin/tsc
echo '${JEST}' > node_modules/jest/bin/jest.js
`;
const npm = (does: string): string => script(path.join(bin, "npm"), does);
const rehearse = (changes: Partial<RehearsalProps> = {}): Promise<void> =>
  rehearseExit({
    root,
    temporary,
    env: { PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`, OPSDX_SEEN: path.join(bin, "seen") },
    children: new Children(),
    say: (line) => said.push(line.replace(/\d+ s\)/, "n s)")),
    tests: true,
    awsNext: false,
    ...changes,
  });

it("installs, checks types, compares every byte and runs the tests, in a copy that is gone afterwards", async () => {
  await rehearse();
  expect(said.filter((line) => line.startsWith("ok"))).toEqual([
    "ok  4 files copied; package.json names cdktf npm:cdktn@0.24.0 and constructs 10.6.0",
    "ok  installing packages (n s)",
    "ok  checking types (n s)",
    "ok  1 stacks: every byte but the core's version (0.21.0 → 0.24.0)",
    "ok  running the unit tests (n s)",
    "ok  7 unit tests pass",
  ]);
  expect(fs.readdirSync(temporary)).toEqual([]);
  // The packages came through a cache of the copy's own.
  expect(fs.readFileSync(path.join(bin, "seen"), "utf8")).toContain(temporary);
  expect(fs.readFileSync(path.join(root, "package.json"), "utf8")).toContain('"cdktf":"0.21.0"');
});

it("says which tests it skipped", async () => {
  await rehearse({ tests: false, awsNext: true, reach: () => Promise.resolve("no registry here") });
  expect(said).toContain("skipped  the unit tests (--skip-tests)");
  expect(said.at(-1)).toMatch(/^skipped {2}the AWS provider >= 6\.0\.0, < 7\.0\.0: /);
});

it("lets the newest provider read each stack, by itself, where there is a registry", async () => {
  script(
    path.join(bin, "terraform"),
    `case "$1" in version) echo '{"terraform_version":"1.11.4"}';; validate) cat cdk.tf.json >> ${path.join(bin, "read")};; esac`,
  );
  await rehearse({ tests: false, awsNext: true, reach: () => Promise.resolve(undefined) });
  expect(said.at(-1)).toBe("ok  the AWS provider >= 6.0.0, < 7.0.0 accepts 1 stacks (n s)");
  expect(fs.readFileSync(path.join(bin, "read"), "utf8")).toContain('{"source":"aws","version":">= 6.0.0, < 7.0.0"}');
  script(
    path.join(bin, "terraform"),
    `case "$1" in version) echo '{"terraform_version":"1.11.4"}';; validate) echo 'Unsupported argument'; exit 1;; esac`,
  );
  await expect(rehearse({ tests: false, awsNext: true, reach: () => Promise.resolve(undefined) })).rejects.toThrow(
    /aws provider on dev-stage1 failed: `terraform validate -no-color`:\nUnsupported argument/,
  );
});

it.each([
  [
    "packages that cannot be installed",
    "echo 'E404 not there' >&2; exit 1",
    "installing packages failed: `npm install --legacy-peer-deps --no-audit --no-fund`:\nE404 not there",
  ],
  [
    "types that do not fit",
    `${INSTALLS}\necho 'console.log("TS2322");process.exit(2)' > node_modules/typescript/bin/tsc`,
    "checking types failed",
  ],
  [
    "another byte",
    `${INSTALLS}\necho new > extra`,
    'changes 1 places:\nstacks/dev-stage1/cdk.tf.json: extra: "" → "new"',
  ],
  [
    "another core",
    `${INSTALLS}\necho '{"version": "0.25.0"}' > node_modules/cdktf/package.json`,
    '//.metadata.version: "0.21.0" → "0.25.0"',
  ],
  [
    "tests that fail",
    `${INSTALLS}\necho 'console.log("1 failed");process.exit(1)' > node_modules/jest/bin/jest.js`,
    "running the unit tests failed",
  ],
  [
    "tests that do not run",
    `${INSTALLS}\necho '' > node_modules/jest/bin/jest.js`,
    "the unit tests must pass after the exit, and none ran",
  ],
])("stops at %s, and leaves nothing", async (_, does, message) => {
  npm(does);
  await expect(rehearse()).rejects.toThrow(message);
  expect(fs.readdirSync(temporary)).toEqual([]);
});

it("names the tests that fail", async () => {
  const file = path.join(bin, "report.json");
  const results = [
    { name: "/x/a.test.ts", status: "failed", assertionResults: [{ fullName: "it holds", status: "failed" }] },
    { name: "/x/b.test.ts", status: "failed", assertionResults: [] },
    { name: "/x/c.test.ts", status: "passed", assertionResults: [{ fullName: "it is", status: "passed" }] },
  ];
  fs.writeFileSync(file, JSON.stringify({ numPassedTests: 1, testResults: results }));
  const copies = `require("fs").copyFileSync("${file}",process.argv[process.argv.indexOf("--outputFile")+1]);process.exit(1)`;
  npm(`${INSTALLS}\necho '${copies}' > node_modules/jest/bin/jest.js`);
  await expect(rehearse()).rejects.toThrow(
    /^2 unit tests fail after the exit:\n.*a\.test\.ts: it holds\n.*b\.test\.ts\nDo they pass before it\? npm run test:unit$/,
  );
});

it("leaves nothing after an interrupt", async () => {
  const children = new Children();
  // No child of the shell's: one that ends in order makes a shell go on after the signal.
  npm(`: > ${path.join(bin, "begun")}; exec sleep 60`);
  const run = rehearse({ children });
  const outcome = expect(run).rejects.toThrow(InterruptedError);
  while (!fs.existsSync(path.join(bin, "begun"))) await new Promise((resolve) => setTimeout(resolve, 20));
  children.interrupt();
  await outcome;
  expect(fs.readdirSync(temporary)).toEqual([]);
});

it("refuses a folder that is no work tree", async () => {
  fs.rmSync(path.join(root, ".git"), { recursive: true });
  await expect(
    rehearse({ env: { PATH: process.env["PATH"], GIT_CEILING_DIRECTORIES: path.dirname(root) } }),
  ).rejects.toThrow(`${root} must be a git work tree`);
});
