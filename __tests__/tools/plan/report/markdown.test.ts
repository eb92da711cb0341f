import { judge, NO_APPROVAL } from "../../../../tools/plan/guard/judge";
import { findGuarded } from "../../../../tools/plan/guard/guard";
import { buildReport } from "../../../../tools/plan/report/build";
import { COMMENT_LIMIT } from "../../../../tools/github/comment";
import { renderMarkdown, renderSummary, SUMMARY_LIMIT } from "../../../../tools/plan/report/markdown";
import { renderTerminal } from "../../../../tools/plan/report/terminal";
import type { ResourceChange } from "../../../../tools/plan/terraform-plan";
import { changeOf, factsOf, inputOf, planned, synthesizedOf } from "../plans";

const DB = "aws_db_instance.Db_2C14A5BD";
const MARKER = "<!-- opsdx:plan dev -->";
const REPLACED = changeOf(DB, ["delete", "create"], {
  before: { identifier: "opsdx-dev-db" },
  after: { identifier: "opsdx-dev-db-2" },
  replace_paths: [["identifier"]],
});
const render = (input: ReturnType<typeof inputOf>) => renderMarkdown(buildReport(input), { before: [MARKER] });

/** Updates of roles, each with a long description. */
const updates = (count: number, length = 60): ResourceChange[] =>
  Array.from({ length: count }, (_, index) =>
    changeOf(`aws_iam_role.Role_${index}`, ["update"], {
      before: { description: `a${index}`.padEnd(length, "x") },
      after: { description: `b${index}`.padEnd(length, "y") },
    }),
  );

describe("rendered manifests", () => {
  const rendered = (count: number, lines = 40) =>
    inputOf([planned("dev-stage3", updates(1))], {
      renderings: {
        "dev-stage3": {
          releases: [
            {
              title: "dev k8s grafana",
              change: "changed",
              objects: Array.from({ length: count }, (_, index) => ({
                on: `ConfigMap/it-${index}`,
                change: "changed" as const,
                lines: Array.from({ length: lines }, (__, at) => `+  key${at}: ${"x".repeat(60)}`),
              })),
            },
          ],
        },
      },
    });

  it("are folded release by release, and cut first where there is no room", () => {
    expect(render(rendered(1, 1)).text).toContain(
      "**Rendered manifests**\n\n<details><summary>dev k8s grafana: objects: 1 changed</summary>\n\n- changed `ConfigMap/it-0`\n  ```diff\n  +  key0: xxx",
    );
    const { complete, cuts, text } = render(rendered(60));
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect([complete, cuts.map(({ what }) => what)]).toEqual([true, ["rendered manifests"]]);
    expect(text).toContain("changed `ConfigMap/it-59`");
    expect(text).toContain("description");
  });

  it("that are not there are a line with the reason", () => {
    const not = "1 Helm release not rendered: --charts renders them";
    const { text } = render(
      inputOf([planned("dev-stage3", updates(1))], { renderings: { "dev-stage3": { releases: [], not } } }),
    );
    expect(text).toContain("\n**Rendered manifests**: 1 Helm release not rendered: --charts renders them.\n");
  });
});

describe("the comment", () => {
  it("is one line where nothing changes", () => {
    const unchanged = planned("dev-stage2", [], { change: "unchanged", outcome: { kind: "not affected" } });
    expect(render(inputOf([planned("dev-stage1", []), unchanged]))).toEqual({
      text: `${MARKER}\nPlan of \`dev\`: nothing changes (1 stack with the same bytes as \`main\`, 1 stack planned without a change; \`22222222\`).`,
      cuts: [],
      complete: true,
    });
  });

  it("tells of a replaced database whole", () => {
    const systems = [
      { path: "dev-stage1/Db", name: "db", title: "RDS: DB and DW", owner: "Andong, Yanif", page: "db" },
    ];
    const input = inputOf([planned("dev-stage1", [REPLACED])], {
      facts: { base: factsOf({}), head: factsOf({ "dev-stage1": { systems } }) },
      synthesized: { base: {}, head: { "dev-stage1": synthesizedOf({ [DB]: ["dev-stage1/Db/Db/Resource"] }) } },
    });
    expect(render(input).text).toMatchInlineSnapshot(`
     "<!-- opsdx:plan dev -->
     ## Plan of dev: 1 to replace; the check fails

     \`22222222\` (\`HEAD\`) against \`11111111\` (\`main\`). [The job](https://example.org/job/1).

     > [!CAUTION]
     > **The check fails:**
     > - 1 stateful resource is destroyed, replaced, let go or disarmed, and nobody allowed it

     | Stack | Replace | State | Took |
     | --- | --- | --- | --- |
     | dev-stage1 | 1 | planned | 12 s |

     ### What is stateful

     - **BLOCKED: replaced** \`dev-stage1:aws_db_instance.Db_2C14A5BD\`: nobody allows it

     What is meant is allowed by this line in the pull request's text, with the reason, and the label \`destroy-approved\`, set by somebody who may write here and wrote none of this.

     \`\`\`
     allow-destroy: dev-stage1:aws_db_instance.Db_2C14A5BD <reason>
     \`\`\`

     ### dev-stage1: 1 to replace

     [Diagram](https://example.org/diagrams/stage1.md)

     **Destroyed, replaced, or let go**

     - **replace** \`aws_db_instance.Db_2C14A5BD\`, \`dev-stage1/Db/Db/Resource\`, [RDS: DB and DW](https://example.org/runbook/db.md) (Andong, Yanif)
       - forced by \`identifier\`: \`"opsdx-dev-db" -> "opsdx-dev-db-2"\`
       - Lost for good: the databases. Away until it is restored: the database, in whose place an empty one stands (docs/recovery.md)."
    `);
  });

  it("puts what was not planned, what failed and who holds the state above the table, and never says that nothing changes", () => {
    const lock = { id: "0-1", who: "yanif@laptop", since: "2026-11-29T04:00:00Z", operation: "OperationTypeApply" };
    const { text } = render(
      inputOf([
        planned("dev-stage1", [], { lock }),
        planned("dev-stage2", [], {
          outcome: { kind: "failed", errors: [{ severity: "error", summary: "No credentials", detail: "Sign in." }] },
        }),
        planned("dev-stage3", [], {
          notPlanned: [
            {
              what: "38 Kubernetes objects of k8s",
              reason: "no route to api.k8s.dev.opsdx.io",
              addresses: ["kubernetes_namespace_v1.A"],
              next: "npx opsdx plan dev-stage3",
            },
          ],
        }),
      ]),
    );
    const table = text.indexOf("| Stack |");
    for (const part of [
      "**dev-stage2** could not be planned, so what it would do is not known:\n- No credentials. Sign in.",
      "**dev-stage3**: 38 Kubernetes objects of k8s **not planned**: no route to api.k8s.dev.opsdx.io. Next: `npx opsdx plan dev-stage3`",
      "locked by `yanif@laptop` since `2026-11-29T04:00:00Z` (`OperationTypeApply`)",
      "terraform -chdir=cdktf.out/stacks/dev-stage1 force-unlock 0-1`",
    ]) {
      expect(text).toContain(part);
      expect(text.indexOf(part)).toBeLessThan(table);
    }
    expect(text.split("\n")[1]).toBe(
      "## Plan of dev: nothing changes in what was planned; 2 stacks not planned in full; the check fails",
    );
  });

  it("stamps what is speculative", () => {
    const outcome = {
      kind: "planned",
      plan: {
        resource_changes: [
          changeOf(DB, ["delete", "create"], { before: {}, after: {}, replace_paths: [["kms_key_id"]] }),
        ],
      },
      speculation: {
        attributes: 142,
        resources: 84,
        waitsFor: [{ stack: "dev-stage1", attributes: 142, resources: 84 }],
        waiting: { [DB]: { kms_key_id: ["dev-stage1"] } },
      },
    } as const;
    const { text } = render(inputOf([planned("dev-stage2", [], { outcome })]));
    expect(text).toContain("speculative: cannot be applied; 142 attributes of 84 resources wait for dev-stage1");
    expect(text).toContain(
      "### dev-stage2: 1 may be replaced\n\n**speculative: cannot be applied; 142 attributes of 84 resources wait for dev-stage1**. [Diagram]",
    );
    expect(text).toContain("may be replaced, decided after dev-stage1 is applied");
  });

  it("tells once what many change alike", () => {
    const changes = Array.from({ length: 300 }, (_, index) =>
      changeOf(`aws_iam_role.Role_${index}`, ["update"], {
        before: { tags: { team: "a" }, tags_all: { team: "a", stack: "x" } },
        after: { tags: { team: "b" }, tags_all: { team: "b", stack: "x" } },
      }),
    );
    const { cuts, text } = render(inputOf([planned("dev-stage1", changes)]));
    expect(cuts).toEqual([]);
    expect(text).toContain(
      '- change all of these 300 resources:\n  - `tags.team`: `"a" -> "b"`\n  - `aws_iam_role.Role_0`\n',
    );
    expect(text).not.toContain("tags_all");
    expect(text).toContain("  - `aws_iam_role.Role_299`");
  });

  it("cuts attributes of updates first, and says what and where", () => {
    const { cuts, complete, text } = render(inputOf([planned("dev-stage1", [REPLACED, ...updates(500)])]));
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(complete).toBe(true);
    expect(cuts).toEqual([
      { what: "attributes that change", count: expect.any(Number) as number, stacks: ["dev-stage1"] },
    ]);
    expect(text).toMatch(
      /\*\*Left out here for want of room; it is in \[the job's summary\]\(https:\/\/example\.org\/job\/1\):\*\*/,
    );
    expect(text).toMatch(/- attributes that change: \d+ \(dev-stage1\)$/);
    expect(text).toContain('forced by `identifier`: `"opsdx-dev-db" -> "opsdx-dev-db-2"`');
    expect(text).toContain("`aws_iam_role.Role_499`");
  });

  it("survives 2,300 changes within two seconds, with what is stateful named", () => {
    const input = inputOf([planned("dev-stage1", [REPLACED, ...updates(2300, 400)])]);
    const start = performance.now();
    const report = buildReport(input);
    const comment = renderMarkdown(report, { before: [MARKER] });
    expect(performance.now() - start).toBeLessThan(2_000);
    const summary = renderSummary(report);
    expect(comment.text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(comment.text).toContain(`\`dev-stage1:${DB}\``);
    expect(Buffer.byteLength(summary.text)).toBeLessThanOrEqual(SUMMARY_LIMIT);
  });

  const destroyed = (count: number, length: number) => {
    const stacks = [
      planned(
        "dev-stage1",
        Array.from({ length: count }, (_, index) =>
          changeOf(`aws_kms_key.${String(index).padStart(length, "K")}`, ["delete"], { before: {} }),
        ),
      ),
    ];
    return inputOf(stacks, {
      verdict: judge(findGuarded({ stacks, synthesized: { base: {}, head: {} } }), NO_APPROVAL),
    });
  };

  it("names each of a thousand stateful destroys, and nothing else", () => {
    const { complete, text } = render(destroyed(1_000, 20));
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(complete).toBe(true);
    for (let index = 0; index < 1_000; index += 1) {
      expect(text).toContain(`aws_kms_key.${String(index).padStart(20, "K")}\``);
    }
  });

  it("counts by type what cannot even be named, says so at the top, and is not complete", () => {
    const { complete, text } = render(destroyed(2_000, 60));
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(complete).toBe(false);
    expect(text.split("\n").slice(0, 4).join("\n")).toMatch(/Too much to name here: the check fails/);
    expect(text).toContain("- `aws_kms_key`: 2,000");
    // The job's summary has room for all of it.
    const summary = renderSummary(buildReport(destroyed(2_000, 60)));
    expect(summary).toMatchObject({ complete: true });
    expect(summary.text).toContain(`aws_kms_key.${"1999".padStart(60, "K")}\``);
  });
});

describe("the terminal", () => {
  it("says all of it, and nothing steers it", () => {
    const change = changeOf("aws_iam_role.R", ["update"], {
      before: { description: "\u001b[2J" },
      after: { description: "b" },
    });
    const text = renderTerminal(buildReport(inputOf([planned("dev-stage1", [REPLACED, change])])));
    expect(text).toContain(`BLOCKED: replaced dev-stage1:${DB}: nobody allows it`);
    expect(text).toContain('description: "\\u001b[2J" -> "b"');
    expect(text).not.toContain("\u001b");
  });
});
