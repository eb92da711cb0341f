import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { LocalState } from "../../../tools/bootstrap/local-state";

let folder = "";
let stack = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "local-state-"));
  stack = path.join(folder, "stacks/global");
  mkdirSync(stack, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
const errored = (): string => path.join(stack, "errored.tfstate");

function stateText(serial: number, ...types: readonly string[]): string {
  const resources = types.map((type) => ({
    mode: "managed",
    type,
    name: "state",
    instances: [{ attributes: { id: `${type}-${serial}`, target_key_id: "key-1" } }],
  }));
  return JSON.stringify({ version: 4, serial, lineage: "a", resources });
}

/** The state in a file that holds this text; no file without one. */
function holding(text?: string): LocalState {
  if (text !== undefined) writeFileSync(at("terraform.tfstate"), text);
  return new LocalState(at("terraform.tfstate"));
}

describe("contents", () => {
  const whole = stateText(2, "aws_s3_bucket");
  test.each([
    ["what a whole file knows", whole, { "aws_s3_bucket.state": "aws_s3_bucket-2" }],
    ["nothing without a file", undefined, undefined],
    ["broken: cut", whole.slice(0, 60), "broken"],
    ["broken: empty", "", "broken"],
    ["broken: not a state", "{}", "broken"],
  ])("%s", (_, text, expected) => expect(holding(text).contents()).toEqual(expected));
});

describe("mend", () => {
  test("leaves a whole file alone, and an absent one absent", () => {
    const text = stateText(2, "aws_s3_bucket");
    expect(holding().mend(stack)).toBeUndefined();
    expect(holding(text).mend(stack)).toBeUndefined();
    expect(readFileSync(at("terraform.tfstate"), "utf8")).toBe(text);
  });

  test("keeps each broken file under a name of its own", () => {
    expect(holding("{").mend(stack)).toContain(`is kept as ${at("terraform.tfstate.broken-1")}. What it named`);
    expect(holding("").mend(stack)).toContain("terraform.tfstate.broken-2");
    expect(existsSync(at("terraform.tfstate"))).toBe(false);
    expect(readFileSync(at("terraform.tfstate.broken-1"), "utf8")).toBe("{");
  });

  test.each([
    ["a broken file", "{", 1],
    ["an older file", stateText(2), 1],
    ["no file", undefined, 0],
  ])("puts what Terraform saved elsewhere in place of %s", (_, text, kept) => {
    const rescued = stateText(3, "aws_kms_key");
    writeFileSync(errored(), rescued);
    const state = holding(text);
    expect(state.mend(stack)).toContain(`Terraform had saved its state in ${errored()}: going on with that.`);
    expect(state.contents()).toEqual({ "aws_kms_key.state": "aws_kms_key-3" });
    expect(readdirSync(folder).filter((name) => name.includes("broken"))).toHaveLength(kept);
    expect(existsSync(errored())).toBe(false);
  });

  test("takes no older and no broken file for it", () => {
    writeFileSync(errored(), stateText(1, "aws_kms_key"));
    expect(holding(stateText(2)).mend(stack)).toBeUndefined();
    writeFileSync(errored(), "{");
    expect(holding("").mend(stack)).not.toContain("Terraform had saved");
  });
});

test("names what was not finished, and an argument", () => {
  const { resources, ...rest } = JSON.parse(stateText(1, "aws_s3_bucket", "aws_kms_alias")) as {
    resources: { instances: object[] }[];
  };
  const [bucket, alias] = resources;
  const text = JSON.stringify({
    ...rest,
    resources: [{ ...bucket, instances: [{ ...bucket?.instances[0], status: "tainted" }] }, alias],
  });
  const state = holding(text);
  expect(state.unfinished()).toEqual(["aws_s3_bucket.state"]);
  expect(state.argument("aws_kms_alias.state", "target_key_id")).toBe("key-1");
  expect(state.argument("aws_kms_key.state", "target_key_id")).toBeUndefined();
});
