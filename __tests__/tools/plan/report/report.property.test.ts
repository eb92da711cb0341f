import fc from "fast-check";
import { findGuarded } from "../../../../tools/plan/guard/guard";
import { judge, NO_APPROVAL } from "../../../../tools/plan/guard/judge";
import { STATEFUL_TYPES, statefulType } from "../../../../tools/plan/guard/stateful";
import { buildReport } from "../../../../tools/plan/report/build";
import { COMMENT_LIMIT } from "../../../../tools/github/comment";
import { renderMarkdown, renderSummary, SUMMARY_LIMIT } from "../../../../tools/plan/report/markdown";
import { renderTerminal } from "../../../../tools/plan/report/terminal";
import type { StackPlan } from "../../../../tools/plan/stack-plan";
import type { ResourceChange } from "../../../../tools/plan/terraform-plan";
import { changeOf, inputOf, planned } from "../plans";

const ACTIONS = [
  ["no-op"],
  ["create"],
  ["read"],
  ["update"],
  ["delete"],
  ["forget"],
  ["delete", "create"],
  ["create", "delete"],
];
const LOSING = ["delete", "forget"];
const TYPES = [...STATEFUL_TYPES, "aws_iam_role", "aws_route53_record", "helm_release", "made_up_type"];
/** What may break out of a text, among plain words. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "-->",
    "```",
    "`",
    "@yanif",
    "# h",
    "</details>",
    "|",
    "\\",
    "\u001b[31m",
    "\u202e",
    "a\n\n# b",
    "${x}",
  ),
  fc.string({ minLength: 200, maxLength: 300 }),
);
/** Any value as Terraform prints it. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  ),
})).value;
/** Marks of the shape of anything. */
const marks = fc.letrec((tie) => ({
  marks: fc.oneof(
    { maxDepth: 3 },
    fc.boolean(),
    fc.array(tie("marks"), { maxLength: 3 }),
    fc.dictionary(text, tie("marks"), { maxKeys: 3 }),
  ),
})).marks;
const body = fc.option(
  fc.dictionary(fc.oneof(text, fc.constantFrom("name", "rule", "deletion_protection")), value, { maxKeys: 4 }),
  {
    nil: null,
  },
);
const change: fc.Arbitrary<ResourceChange> = fc
  .record({
    type: fc.constantFrom(...TYPES),
    name: text,
    actions: fc.constantFrom(...ACTIONS),
    before: body,
    after: body,
    after_unknown: marks,
    before_sensitive: marks,
    after_sensitive: marks,
    replace_paths: fc.array(fc.array(fc.oneof(text, fc.nat(3)), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  })
  .map(({ type, name, actions, ...rest }) => changeOf(`${type}.${name}`, actions, rest, { type }));
const stack: fc.Arbitrary<StackPlan> = fc
  .record({
    name: fc.constantFrom("global", "dev-stage1", "dev-stage2"),
    changes: fc.uniqueArray(change, { maxLength: 25, selector: ({ address }) => address }),
    speculative: fc.boolean(),
    notPlanned: fc.array(fc.record({ what: text, reason: text, addresses: fc.array(text), next: text }), {
      maxLength: 2,
    }),
  })
  .map(({ name, changes, speculative, notPlanned }) => ({
    ...planned(name, changes, { notPlanned }),
    ...(speculative
      ? {
          outcome: {
            kind: "planned" as const,
            plan: { resource_changes: changes },
            speculation: { attributes: 1, resources: 1, waitsFor: [], waiting: {} },
          },
        }
      : {}),
  }));
const stacks = fc.uniqueArray(stack, { maxLength: 3, selector: (one) => one.stack });
const RUNS = { numRuns: 100 };

const changesOf = ({ outcome }: StackPlan) => (outcome.kind === "planned" ? (outcome.plan.resource_changes ?? []) : []);
/** The stateful addresses that some stacks lose. */
const lostIn = (all: readonly StackPlan[]) =>
  all.flatMap((one) =>
    changesOf(one)
      .filter(
        ({ type, change: { actions } }) => statefulType(type) !== undefined && actions.some((a) => LOSING.includes(a)),
      )
      .map(({ address }) => ({ stack: one.stack, address })),
  );
/** Every rendering of a report. */
const renderings = (all: readonly StackPlan[]) => {
  const report = buildReport(inputOf(all));
  return [renderMarkdown(report).text, renderSummary(report).text, renderTerminal(report), JSON.stringify(report)];
};

describe("any plan", () => {
  it("renders within GitHub's limits, and names what is stateful that it loses, or fails", () => {
    fc.assert(
      fc.property(stacks, (all) => {
        const report = buildReport(inputOf(all));
        const comment = renderMarkdown(report, { before: ["<!-- opsdx:plan dev -->"] });
        expect(comment.text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
        expect(Buffer.byteLength(renderSummary(report).text)).toBeLessThanOrEqual(SUMMARY_LIMIT);
        const named = report.guard.judged.map(({ finding }) => `${finding.stack}:${finding.address}`);
        for (const { stack: name, address } of lostIn(all)) {
          expect(named).toContain(`${name}:${address}`);
          // Characters that hide or steer are written out.
          if (comment.complete && /^[\w.]+$/.test(address)) expect(comment.text).toContain(address);
        }
        if (lostIn(all).length > 0) expect(report.nothing).toBe(false);
      }),
      RUNS,
    );
  });

  it("is told the same whatever order Terraform tells it in", () => {
    fc.assert(
      fc.property(stacks, fc.infiniteStream(fc.nat()), (all, random) => {
        const numbers = random[Symbol.iterator]();
        const shuffled = all.map((one) => {
          const plan = {
            resource_changes: changesOf(one)
              .map((item) => [Number(numbers.next().value), item] as const)
              .sort(([a], [b]) => a - b)
              .map(([, item]) => item),
          };
          return { ...one, outcome: { ...one.outcome, kind: "planned" as const, plan } };
        });
        expect(renderings(shuffled)).toEqual(renderings(all));
      }),
      RUNS,
    );
  });

  it("shows nobody what is marked sensitive", () => {
    const secret = fc.stringMatching(/^SECRET[a-z]{12}$/);
    const place = fc.array(fc.oneof(fc.constantFrom("rule", "tags", "name", "deletion_protection"), fc.nat(2)), {
      minLength: 1,
      maxLength: 4,
    });
    const nest = (path: readonly (string | number)[], leaf: unknown): unknown =>
      path.reduceRight((inner: unknown, step) => {
        if (typeof step !== "number") return { [step]: inner };
        const list: unknown[] = Array.from({ length: step + 1 }, () => null);
        list[step] = inner;
        return list;
      }, leaf);
    fc.assert(
      fc.property(
        secret,
        place,
        fc.nat(3),
        fc.constantFrom(...TYPES),
        fc.constantFrom(...ACTIONS),
        fc.constantFrom("before", "after"),
        fc.boolean(),
        (hidden, rest, above, type, actions, side, long) => {
          const path = ["attribute", ...rest];
          const leaf = long ? JSON.stringify({ a: hidden.padEnd(400, "x") }) : hidden;
          const mark = nest(path.slice(0, Math.max(1, path.length - above)), true);
          const both = { before: nest(path, leaf), after: nest(path, `${leaf}!`) };
          const marked = side === "before" ? { before_sensitive: mark } : { after_sensitive: mark };
          const one = changeOf(`${type}.A`, actions, { ...both, ...marked, replace_paths: [path, ["attribute"]] });
          const other = changeOf(`${type}.B`, ["create"], { ...both, ...marked });
          for (const rendering of renderings([planned("dev-stage1", [one, other])]))
            expect(rendering).not.toContain("SECRET");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("makes no value of what is unknown", () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.constantFrom("update", "replace"), (type, action) => {
        const actions = action === "update" ? ["update"] : ["delete", "create"];
        const before = { a: "OLD", deletion_protection: true, nested: [{ b: "OLD" }] };
        const after_unknown = { a: true, deletion_protection: true, nested: [{ b: true }] };
        const report = buildReport(
          inputOf([
            planned("dev-stage1", [
              changeOf(`${type}.A`, actions, {
                before,
                after: { nested: [{}] },
                after_unknown,
                replace_paths: [["a"]],
              }),
            ]),
          ]),
        );
        const [one] = [
          ...(report.stacks[0]?.losses ?? []),
          ...(report.stacks[0]?.systems ?? []).flatMap((s) => s.resources),
        ];
        for (const { text: told } of [...(one?.forcing ?? []), ...(one?.attributes ?? [])]) {
          expect(told).toMatch(/-> \(known after apply\)$/);
        }
      }),
      RUNS,
    );
  });

  it("passes the guard with nothing stateful in it, or with all of that allowed by its address", () => {
    fc.assert(
      fc.property(stacks, fc.nat(), (all, pick) => {
        const findings = findGuarded({ stacks: all, synthesized: { base: {}, head: {} } });
        const needed = findings.filter(({ free }) => free === undefined);
        expect(judge(findings, NO_APPROVAL).outcome).toBe(needed.length === 0 ? "passes" : "blocked");
        const allowances = [...new Set(needed.map(({ stack: name, address }) => `${name}\n${address}`))].map(
          (place) => {
            const [name = ""] = place.split("\n");
            return { stack: name, address: place.slice(name.length + 1), reason: "it is known" };
          },
        );
        const whole = judge(findings, { allowances, approvedBy: "grace", refusals: [] });
        if (allowances.length > 0) {
          expect(whole.outcome).toBe("passes");
          const without = allowances.filter((_, index) => index !== pick % allowances.length);
          expect(judge(findings, { allowances: without, approvedBy: "grace", refusals: [] }).outcome).toBe("blocked");
          expect(judge(findings, { allowances, refusals: [] }).outcome).toBe("blocked");
        }
      }),
      RUNS,
    );
  });
});
