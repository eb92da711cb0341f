import { parseEvent, plannedChanges, readable, RunProgress } from "../../../tools/terraform/events";

const resource = (addr: string) => ({ addr, module: "", resource: addr, implied_provider: "aws" });

/** Lines as Terraform 1.11.4 writes them, without the parts that nothing reads. */
const APPLY = [
  { type: "version", "@message": "Terraform 1.11.4", terraform: "1.11.4", ui: "1.2" },
  { type: "apply_start", hook: { resource: resource("data.aws_caller_identity.me"), action: "read" } },
  { type: "apply_complete", hook: { resource: resource("data.aws_caller_identity.me"), action: "read" } },
  { type: "refresh_start", hook: { resource: resource("aws_sqs_queue.q") } },
  { type: "refresh_complete", hook: { resource: resource("aws_sqs_queue.q") } },
  { type: "resource_drift", change: { resource: resource("aws_sqs_queue.q"), action: "update" } },
  { type: "planned_change", change: { resource: resource("aws_sns_topic.t"), action: "create" } },
  { type: "planned_change", change: { resource: resource("aws_kms_key.k"), action: "replace" } },
  { type: "planned_change", change: { resource: resource("data.aws_iam_policy.p"), action: "read" } },
  { type: "change_summary", changes: { add: 2, change: 0, import: 0, remove: 1, operation: "plan" } },
  {
    type: "outputs",
    outputs: { arn: { sensitive: false, action: "create" }, id: { sensitive: false, action: "noop" } },
  },
  { type: "apply_start", hook: { resource: resource("aws_sns_topic.t"), action: "create" } },
  { type: "apply_start", hook: { resource: resource("aws_kms_key.k"), action: "delete" } },
  { type: "apply_progress", hook: { resource: resource("aws_kms_key.k"), action: "delete", elapsed_seconds: 10 } },
  { type: "apply_complete", hook: { resource: resource("aws_sns_topic.t"), action: "create", elapsed_seconds: 0 } },
  { type: "apply_errored", hook: { resource: resource("aws_kms_key.k"), action: "delete", elapsed_seconds: 11 } },
  {
    type: "diagnostic",
    "@message": "Error: creating KMS Key",
    diagnostic: { severity: "error", summary: "creating KMS Key", detail: "denied", address: "aws_kms_key.k" },
  },
  { type: "diagnostic", diagnostic: { severity: "warning", summary: "Deprecated", detail: "" } },
].map((line) => JSON.stringify(line));

function progressOf(lines: readonly string[]): RunProgress {
  const progress = new RunProgress();
  for (const line of lines) {
    const event = parseEvent(line);
    if (event !== undefined) progress.add(event);
  }
  return progress;
}

describe("RunProgress", () => {
  it("counts every change of the plan, a replacement as two", () => {
    expect(progressOf(APPLY).total).toBe(3);
  });

  it("counts what is done, and neither reads nor failures", () => {
    expect(progressOf(APPLY)).toMatchObject({ done: 1, refreshed: 1 });
  });

  it("knows what is going on in the middle of a run", () => {
    const middle = APPLY.findIndex((line) => line.includes("apply_progress"));
    expect([...progressOf(APPLY.slice(0, middle)).current]).toEqual(["aws_sns_topic.t", "aws_kms_key.k"]);
  });

  it("has nothing going on in the end", () => {
    expect(progressOf(APPLY).current.size).toBe(0);
  });

  it("lists planned changes of resources and outputs, without reads, drift and unchanged outputs", () => {
    expect(progressOf(APPLY).planned).toEqual([
      { address: "aws_sns_topic.t", action: "create" },
      { address: "aws_kms_key.k", action: "replace" },
      { address: "output.arn", action: "create" },
    ]);
  });

  it("keeps errors in full and apart from warnings", () => {
    const progress = progressOf(APPLY);
    expect(progress.errors).toEqual([
      { severity: "error", summary: "creating KMS Key", detail: "denied", address: "aws_kms_key.k" },
    ]);
    expect(progress.diagnostics).toHaveLength(2);
  });

  it("does not take the summary of the apply for that of the plan", () => {
    const applied = JSON.stringify({
      type: "change_summary",
      changes: { add: 9, change: 9, remove: 9, operation: "apply" },
    });
    expect(progressOf([...APPLY, applied]).total).toBe(3);
  });
});

describe("parseEvent", () => {
  it.each(["", "plain text", "{broken", '{"no":"type"}', '{"type":"version"}', '{"type":"planned_change"}'])(
    "ignores %j",
    (line) => {
      expect(parseEvent(line)).toBeUndefined();
    },
  );

  it("reads outputs of an apply, which have values and no action, as no change", () => {
    const line = JSON.stringify({
      type: "outputs",
      outputs: { arn: { sensitive: false, type: "string", value: "x" } },
    });
    expect(parseEvent(line)).toEqual({ kind: "planned", changes: [] });
  });
});

describe("readable", () => {
  it("keeps the message and the whole detail of a diagnostic", () => {
    expect(readable(APPLY.find((line) => line.includes("denied")) ?? "")).toBe("Error: creating KMS Key\ndenied");
  });

  it("passes on what is not JSON", () => {
    expect(readable("panic: oh no")).toBe("panic: oh no");
  });
});

describe("plannedChanges", () => {
  it("names what a plan would change, replacements whichever way round, and nothing that stays or is only read", () => {
    const actions = [
      ["create"],
      ["update"],
      ["delete"],
      ["delete", "create"],
      ["create", "delete"],
      ["no-op"],
      ["read"],
    ];
    const resource_changes = actions.map((each, index) => ({ address: `aws_x.r${index}`, change: { actions: each } }));
    expect(
      plannedChanges(JSON.stringify({ resource_changes })).map(({ address, action }) => `${action} ${address}`),
    ).toEqual(["create aws_x.r0", "update aws_x.r1", "delete aws_x.r2", "replace aws_x.r3", "replace aws_x.r4"]);
  });

  it("takes a plan without changes", () => {
    expect(plannedChanges("{}")).toEqual([]);
  });
});
