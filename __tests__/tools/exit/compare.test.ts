import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { synthDifferences } from "../../../tools/exit/compare";

const versions = { present: "0.21.0", next: "0.24.0" };
const STACK = "stacks/dev-stage1/cdk.tf.json";
const ASSET = "stacks/dev-stage1/assets/Code/1/code.zip";

const stack = (version: string, resource: unknown = { aws_vpc: { Core: { cidr_block: "10.0.0.0/16" } } }): string =>
  JSON.stringify({ "//": { metadata: { version, stackName: "dev-stage1" } }, resource }, undefined, 2);
const manifest = (version: string, empty: string, stacks = "dev-stage1"): string =>
  `{\n  "stacks": {\n    "${stacks}": {\n      "annotations": ${empty}\n    }\n  },\n  "version": "${version}"\n}`;

/** A synthesized program: text by file. */
type Files = Readonly<Record<string, string>>;
const present: Files = {
  [STACK]: stack("0.21.0"),
  [ASSET]: "zip",
  "manifest.json": manifest("0.21.0", "[\n      ]"),
  "facts.json": '{"stacks":{}}',
};
const next: Files = { ...present, [STACK]: stack("0.24.0"), "manifest.json": manifest("0.24.0", "[]") };

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true })));
function written(files: Files): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "exit-compare-"));
  folders.push(folder);
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  }
  return folder;
}
const compared = (after: Files, before = present): readonly string[] =>
  synthDifferences(written(before), written(after), versions);

it("accepts the core's version in each stack and in the manifest, and the spacing of empty lists and blocks", () => {
  expect(compared(next)).toEqual([]);
  const empty = (version: string) => stack(version, { aws_wafv2_web_acl: { Web: { allow: {}, rules: [] } } });
  const spaced = empty("0.21.0").replace("{}", "{\n          }").replace("[]", "[\n          ]");
  expect(compared({ ...next, [STACK]: empty("0.24.0") }, { ...present, [STACK]: spaced })).toEqual([]);
});

it.each<readonly [what: string, changed: Files, difference: string]>([
  [
    "an argument",
    { [STACK]: stack("0.24.0", { aws_vpc: { Core: { cidr_block: "10.1.0.0/16" } } }) },
    `${STACK}: resource.aws_vpc.Core.cidr_block: "10.0.0.0/16" → "10.1.0.0/16"`,
  ],
  [
    "an argument that is gone",
    { [STACK]: stack("0.24.0", { aws_vpc: { Core: {} } }) },
    `${STACK}: resource.aws_vpc.Core.cidr_block: "10.0.0.0/16" → nothing`,
  ],
  [
    "an address",
    { [STACK]: stack("0.24.0", { aws_vpc: { Net: { cidr_block: "10.0.0.0/16" } } }) },
    `${STACK}: resource.aws_vpc.Core: {"cidr_block":"10.0.0.0/16"} → nothing`,
  ],
  [
    "a list in place of a block",
    { [STACK]: stack("0.24.0", [{ aws_vpc: { Core: { cidr_block: "10.0.0.0/16" } } }]) },
    `${STACK}: resource: {"aws_vpc":{"Core":{"cidr_block":"10.0.0.0/16"}}} → [{"aws_vpc":{"Core":{"cidr_block":"10.0.0.0/16"}}}]`,
  ],
  ["a version that nobody expects", { [STACK]: stack("0.25.0") }, `${STACK}: //.metadata.version: "0.21.0" → "0.25.0"`],
  ["spacing of a stack", { [STACK]: `${stack("0.24.0")}\n` }, `${STACK}: same values, other order or spacing`],
  [
    "the order of a stack",
    {
      [STACK]: stack("0.24.0").replace(
        /"version": "0.24.0",\n(\s+)("stackName": "dev-stage1")/,
        '$2,\n$1"version": "0.24.0"',
      ),
    },
    `${STACK}: same values, other order or spacing`,
  ],
  [
    "other spacing of the manifest",
    { "manifest.json": manifest("0.24.0", "[]").replaceAll("  ", " ") },
    "manifest.json: same values, other order or spacing",
  ],
  [
    "a stack of the manifest",
    { "manifest.json": manifest("0.24.0", "[]", "dev-stage9") },
    'manifest.json: stacks.dev-stage1: {"annotations":[]} → nothing',
  ],
  ["facts", { "facts.json": '{"stacks":{"a":1}}' }, "facts.json: stacks.a: nothing → 1"],
  [
    "a version in the facts",
    { "facts.json": '{"stacks":{},"version":"0.24.0"}' },
    'facts.json: version: nothing → "0.24.0"',
  ],
  ["spacing of the facts", { "facts.json": '{"stacks": {}}' }, "facts.json: same values, other order or spacing"],
  ["code", { [ASSET]: "zap" }, `${ASSET}: other bytes`],
  ["a new file", { "stacks/dev-stage1/new.txt": "" }, "stacks/dev-stage1/new.txt: is new"],
])("refuses %s", (_, changed, difference) => {
  expect(compared({ ...next, ...changed })).toContain(difference);
});

it("refuses a file that is gone", () => {
  const fewer = Object.fromEntries(Object.entries(next).filter(([file]) => file !== ASSET));
  expect(compared(fewer)).toEqual([`${ASSET}: is missing`]);
});

it("takes no chart of the core's version for the core", () => {
  const chart = (version: string) => ({ helm_release: { chart: { version } } });
  const before = { ...present, [STACK]: stack("0.21.0", chart("0.21.0")) };
  expect(compared({ ...next, [STACK]: stack("0.24.0", chart("0.21.0")) }, before)).toEqual([]);
  expect(compared({ ...next, [STACK]: stack("0.24.0", chart("0.24.0")) }, before)).toEqual([
    `${STACK}: resource.helm_release.chart.version: "0.21.0" → "0.24.0"`,
  ]);
});
