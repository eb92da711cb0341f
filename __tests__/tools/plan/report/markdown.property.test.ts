import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { findGuarded } from "../../../../tools/plan/guard/guard";
import { judge } from "../../../../tools/plan/guard/judge";
import { buildReport } from "../../../../tools/plan/report/build";
import { renderMarkdown } from "../../../../tools/plan/report/markdown";
import type { StackPlan } from "../../../../tools/plan/stack-plan";
import { changeOf, factsOf, inputOf, planned, synthesizedOf } from "../plans";

const MARKER = "<!-- opsdx:plan dev -->";
const markdown = new MarkdownIt({ html: true, linkify: true });

/** What Markdown, HTML or GitHub would read as markup. */
const MARKUP = [
  ...Array.from("`|\\*_>-+!=~$a\t\n"),
  "``",
  "```",
  "\n```\n",
  "\r\n",
  "    ",
  "# ",
  "\n\n## H",
  "1. ",
  "---",
  "===",
  "~~",
  "**",
  "![i](http://e.vil/x)",
  "[l](http://e.vil)",
  "[x]: http://e.vil",
  "<http://e.vil>",
  "<a@b.c>",
  "http://e.vil/y",
  "www.e.vil",
  "<img src=x>",
  "<b>",
  "</summary>",
  "</details>",
  "<details>",
  "<!--",
  "-->",
  "@yanif",
  "#12",
  "&lt;",
  "&#64;yanif",
  "\u2028",
];
const evil = fc.array(fc.constantFrom(...MARKUP), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(""));
const TAGS = /^(h2|h3|p|code|pre|strong|ul|li|a|blockquote|table|thead|tbody|tr|th|td|details|summary)$/;

/** A comment in which everything that is not this program's comes from some texts. */
function commentOf(texts: readonly string[], type: string, actions: readonly string[]): string {
  let next = 0;
  const text = (): string => texts[next++ % texts.length] ?? "";
  const name = text();
  const key = text();
  const values = () => ({ [key]: text(), long: text().repeat(60), name: "n" });
  const change = (address: string, more = {}) =>
    changeOf(address, actions, { before: values(), after: values(), replace_paths: [[key]] }, { type, ...more });
  const address = `${type}.${name}`;
  const stacks: StackPlan[] = [
    planned("dev-stage1", [change(address), change(`${address}2`, { previous_address: text() })], {
      lock: { id: text(), who: text(), since: text(), operation: text() },
      notPlanned: [{ what: text(), reason: text(), next: text(), addresses: [text(), text()], fails: true }],
    }),
    planned("dev-stage2", [], {
      outcome: {
        kind: "failed",
        errors: [{ severity: "error", summary: text(), detail: text(), address: text() }],
      },
    }),
  ];
  const facts = () =>
    factsOf({
      "dev-stage1": {
        systems: [{ path: "p", name: "s", title: text(), owner: text(), page: "db" }],
        alarms: [{ alarmName: text(), kind: "k", severity: "page", path: text() }],
        acknowledgements: [{ rule: text(), reason: text(), path: text() }],
      },
    });
  const resource = { [type]: { [name]: { "//": { metadata: { path: `p/${text()}` } } } } };
  const synthesized = { base: { "dev-stage1": synthesizedOf({}) }, head: { "dev-stage1": { resource } } };
  const allowances = [{ stack: "dev-stage1", address, reason: `${text()}r` }];
  const verdict = judge(findGuarded({ stacks, synthesized }), { allowances, approvedBy: text(), refusals: [text()] });
  const base = { ref: text(), commit: "1111" };
  const input = inputOf(stacks, { base, facts: { base: facts(), head: facts() }, synthesized, verdict });
  return renderMarkdown(buildReport(input), { before: [MARKER] }).text;
}

describe("a comment's texts of somebody else", () => {
  it("are no markup, no link, no mention and no reference", () => {
    fc.assert(
      fc.property(
        fc.array(evil, { minLength: 3, maxLength: 30 }),
        fc.constantFrom("aws_db_instance", "aws_iam_role", "aws_sqs_queue"),
        fc.constantFrom(["update"], ["delete"], ["delete", "create"], ["create"]),
        (texts, type, actions) => {
          const html = markdown.render(commentOf(texts, type, actions)).replace(MARKER, "");
          expect(html).not.toContain("<!--");
          for (const [, tag = "", attributes = ""] of html.matchAll(/<\/?([a-zA-Z0-9]+)([^>]*)>/g)) {
            expect(tag).toMatch(TAGS);
            expect(/href="([^"]*)"/.exec(attributes)?.[1] ?? "https://example.org/").toMatch(
              /^https:\/\/example\.org\//,
            );
          }
          expect(html.match(/<h2>/g)).toHaveLength(1);
          for (const [, heading = ""] of html.matchAll(/<h3>(.*?)<\/h3>/g)) {
            expect(heading).toMatch(/^(What is stateful$|dev-stage1: )/);
          }
          expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
          const said = html.replace(/<pre>[^]*?<\/pre>|<code>[^]*?<\/code>/g, "");
          expect(said).not.toMatch(/@(?!\u200b)/);
          expect(said.replace(/&#\d+;/g, "")).not.toMatch(/#\d/);
        },
      ),
      { numRuns: 60 },
    );
  });
});
