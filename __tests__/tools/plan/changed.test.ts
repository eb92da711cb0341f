import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { differences } from "../../../tools/plan/changed";
import { changedMarkdown, changedText } from "../../../tools/plan/changed-command";
import type { Synthesized } from "../../../tools/plan/synth";

const comparison = { ref: "origin/main", base: "1a2b3c4d5e", head: "9f8e7d", uncommitted: [] };

/** A synthesized program: the Terraform JSON of each stack. */
function program(stacks: Readonly<Record<string, object>>, asset = "code"): Synthesized {
  const outdir = mkdtempSync(path.join(tmpdir(), "program-"));
  return {
    stacks: Object.entries(stacks).map(([name, json]) => {
      const directory = path.join(outdir, name);
      mkdirSync(path.join(directory, "assets"), { recursive: true });
      writeFileSync(path.join(directory, "cdk.tf.json"), JSON.stringify(json));
      writeFileSync(path.join(directory, "assets/code.zip"), asset);
      return { name, directory, dependencies: [] };
    }),
  };
}

const queue = (...names: string[]) => ({
  resource: { aws_sqs_queue: Object.fromEntries(names.map((name) => [name, { name, "//": { metadata: {} } }])) },
});

describe("differences", () => {
  it("tells stacks that are unchanged, changed, new and gone, and which resources", () => {
    const base = program({ global: queue("A"), "dev-stage1": queue("A", "B"), "old-stage1": queue("A") });
    const head = program({
      global: queue("A"),
      "dev-stage1": { resource: { aws_sqs_queue: { A: { name: "other" }, C: { name: "C" } } } },
      "new-stage1": queue("A"),
    });
    const none = { added: [], removed: [], altered: [] };
    expect(differences(base, head)).toEqual([
      { stack: "global", change: "unchanged", ...none },
      {
        stack: "dev-stage1",
        change: "changed",
        added: ["aws_sqs_queue.C"],
        removed: ["aws_sqs_queue.B"],
        altered: ["aws_sqs_queue.A"],
      },
      { stack: "new-stage1", change: "new", ...none, added: ["aws_sqs_queue.A"] },
      { stack: "old-stage1", change: "gone", ...none, removed: ["aws_sqs_queue.A"] },
    ]);
  });

  it("sees a byte of a function's code, of which the Terraform JSON says nothing", () => {
    const [difference] = differences(program({ global: queue("A") }), program({ global: queue("A") }, "other code"));
    expect(difference).toMatchObject({ change: "changed", added: [], removed: [], altered: [] });
  });

  it("takes what moves for the same", () => {
    const head = { ...queue("B"), moved: [{ from: "aws_sqs_queue.A", to: "aws_sqs_queue.B" }] };
    const [difference] = differences(program({ global: queue("A") }), program({ global: head }));
    expect(difference).toMatchObject({ change: "changed", added: [], removed: [] });
  });
});

describe("the text", () => {
  const changed = differences(program({ global: queue("A") }), program({ global: queue("B"), "dev-stage1": queue() }));
  const same = differences(program({ global: queue("A") }), program({ global: queue("A") }));

  it("says of a refactoring that it plans nothing", () => {
    expect(changedText(comparison, same)).toBe(
      "global  unchanged\n1 stack, 0 changed (compared with 1a2b3c4, where this left origin/main); Terraform has nothing to plan.",
    );
    expect(changedMarkdown(comparison, same).trim().split("\n")).toHaveLength(1);
  });

  it("names what differs, and what is not committed", () => {
    expect(changedText({ ...comparison, uncommitted: [" M main.ts"] }, changed)).toBe(
      [
        "global      changed  1 added, 1 removed",
        "dev-stage1  new",
        "2 stacks, 2 changed (compared with 1a2b3c4, where this left origin/main). 1 file of the work tree not committed: counted, too.",
      ].join("\n"),
    );
    expect(changedMarkdown(comparison, changed)).toContain("```diff\n- aws_sqs_queue.A\n+ aws_sqs_queue.B\n```");
  });
});
