import { stripVTControlCharacters } from "node:util";
import { failureText, leftOutText, resultTable, succeeded, type StackResult } from "../../../tools/sandbox/report";

function result(props: Partial<StackResult> = {}): StackResult {
  return {
    stack: "global",
    resources: 12,
    seconds: 34.6,
    outcome: "applied",
    secondPlan: [],
    errors: [],
    logs: ["/logs/global-apply.log"],
    ...props,
  };
}

const FAILED = result({
  stack: "dev-stage1",
  outcome: "failed",
  secondPlan: undefined,
  errors: [{ severity: "error", summary: "creating KMS Key", detail: "denied\nreally", address: "aws_kms_key.K" }],
});
const SKIPPED = result({ stack: "dev-stage2", outcome: "skipped", reason: "needs dev-stage1", secondPlan: undefined });
const UNSTABLE = result({ secondPlan: [{ address: "aws_sns_topic.T", action: "update" }] });

describe("succeeded", () => {
  it.each([
    ["applied with an empty second plan", [result()], true],
    ["destroyed", [result({ outcome: "destroyed", secondPlan: undefined })], true],
    ["nothing to do", [], true],
    ["failed", [result(), FAILED], false],
    ["skipped", [SKIPPED], false],
    ["interrupted", [result({ outcome: "interrupted" })], false],
    ["applied, but a second plan would change something", [UNSTABLE], false],
  ])("%s", (_, results, expected) => {
    expect(succeeded(results)).toBe(expected);
  });
});

describe("resultTable", () => {
  const rows = stripVTControlCharacters(resultTable([result(), FAILED, SKIPPED, UNSTABLE]))
    .split("\n")
    .filter((line) => line.includes("│"))
    .map((line) =>
      line
        .split("│")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it("has a row per stack with resources, seconds, result, second plan and why", () => {
    expect(rows).toEqual([
      ["stack", "resources", "seconds", "result", "second plan"],
      ["global", "12", "35", "applied", "empty"],
      ["dev-stage1", "12", "35", "failed", "–"],
      ["dev-stage2", "12", "35", "skipped: needs dev-stage1", "–"],
      ["global", "12", "35", "applied", "1 change"],
    ]);
  });
});

describe("failureText", () => {
  it("is empty when all is well", () => {
    expect(failureText([result(), SKIPPED])).toBe("");
  });

  it("holds every error in full, its resource and the log", () => {
    expect(failureText([FAILED])).toBe(
      "dev-stage1: aws_kms_key.K: creating KMS Key\ndenied\nreally\n\ndev-stage1: logs: /logs/global-apply.log",
    );
  });

  it("lists what a second plan would change, and where to look", () => {
    expect(failureText([UNSTABLE])).toMatch(
      /not empty\..*stacks\/sandbox\/emulator-limits\.ts.*\n {2}update aws_sns_topic\.T/,
    );
  });
});

describe("leftOutText", () => {
  it("is empty when nothing is left out", () => {
    expect(leftOutText({ global: [] })).toBe("");
  });

  it("counts per type or argument, reason and stack", () => {
    const gone = (name: string) => ({ address: `aws_gone.${name}`, reason: "not served" });
    expect(
      leftOutText({
        global: [gone("A"), gone("B")],
        "dev-stage1": [gone("C"), { address: "aws_topic.T", argument: "policy", reason: "not read" }],
      }),
    ).toBe(
      [
        "Left out of the sandbox's Terraform only:",
        "  aws_gone (2 in global, 1 in dev-stage1): not served",
        "  aws_topic: policy (1 in dev-stage1): not read",
      ].join("\n"),
    );
  });
});
