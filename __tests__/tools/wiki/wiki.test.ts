import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { loadConfig } from "../../../config/load";
import { StackModel } from "../../../constructs/shared/policy/model";
import { deploymentFor } from "../../../stacks/deployment";
import { buildProgram, stackNames } from "../../../stacks/program";
import { buildCli } from "../../../tools/cli";
import { leaves, wordsOf } from "../../../tools/command-groups";
import { PROJECT_ROOT } from "../../../tools/files";
import { wikiCommand, wikiPage } from "../../../tools/wiki/command";
import { readWiki, WIKI_FILE } from "../../../tools/wiki/read";
import { WIKI_PAGE } from "../../../tools/wiki/render";

const wiki = readWiki(path.join(PROJECT_ROOT, WIKI_FILE));
const config = loadConfig();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
const environments = config.environments.map(({ name }) => name);
/**
 * The lines of the wiki that something is to be said of, as a rule found them in its text: with their kind, and the SHA-256 of the line. Its text
 * itself is not kept.
 */
const original = JSON.parse(readFileSync(path.join(__dirname, "original.json"), "utf8")) as {
  readonly lines: number;
  readonly listed: readonly { readonly line: number; readonly kind: string; readonly sha256: string }[];
};
const linesOf = (kind: string): readonly number[] =>
  original.listed.filter((one) => one.kind === kind).map(({ line }) => line);
const sorted = (lines: readonly number[]): readonly number[] => [...lines].sort((a, b) => a - b);

describe("what is known of the wiki", () => {
  it("is all of it: each heading and each line with a command, and no other", () => {
    expect(sorted(wiki.headings.map(({ line }) => line))).toEqual(linesOf("heading"));
    expect(sorted(wiki.commands.flatMap(({ lines }) => lines))).toEqual(linesOf("command"));
    expect(wiki.counts).toEqual({ headings: 78, commandLines: 70, open: 55 });
  });

  it.each(["asked", "blank", "stub", "link"])("is all that was open: %s", (kind) => {
    expect(sorted(wiki.open.flatMap((one) => (one.kind === kind ? [one.line] : [])))).toEqual(linesOf(kind));
  });

  it("is of one text: a digest for each line, the same for the same words", () => {
    const digests = new Map(original.listed.map(({ line, sha256 }) => [line, sha256]));
    for (const { line, sha256 } of original.listed) {
      expect(line).toBeLessThanOrEqual(original.lines);
      expect([sha256, digests.get(line)]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), sha256]);
    }
    const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");
    expect([digests.get(17), digests.get(240)]).toEqual([
      digestOf("## ETL"),
      digestOf("kubectl delete -f [service].yml"),
    ]);
  });

  it("names each line once", () => {
    for (const lines of [
      wiki.headings.map(({ line }) => line),
      wiki.open.map(({ line }) => line),
      wiki.commands.flatMap(({ lines }) => lines),
    ]) {
      expect(lines.filter((line, at) => lines.indexOf(line) !== at)).toEqual([]);
    }
  });

  it("has an answer, today's, to each heading that was blank or asked for: a page of the same line", () => {
    for (const { at, line } of wiki.open) {
      const heading = wiki.headings.find((one) => one.line === line);
      const pages = heading?.at.map((place) => place.split("#")[0]);
      if (pages !== undefined) expect(pages).toContain(at.split("#")[0]);
    }
  });
});

describe("a command of today", () => {
  const known = leaves(buildCli()).map((command) => wordsOf(command).join(" "));
  const commands = wiki.commands.flatMap(({ now }) => now);

  it("of opsdx is one of its commands", () => {
    const ours = commands.flatMap((command) => /npx opsdx (.*)/.exec(command)?.slice(1) ?? []);
    expect(ours.length).toBeGreaterThan(10);
    for (const words of ours) expect(known.filter((name) => `${words} `.startsWith(`${name} `))).toHaveLength(1);
  });

  it("of cdktf names a stack", () => {
    const named = commands.flatMap((command) => /npx cdktf \w+ '?([^\s']+)/.exec(command)?.slice(1) ?? []);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(stackNames(config)).toContain(name.replace("<env>", "dev"));
  });

  it("of kubectl names a context, and nothing is of the tools of then", () => {
    for (const command of commands) {
      if (command.startsWith("kubectl")) expect(command).toMatch(/^kubectl --context /);
      expect(command).not.toMatch(
        /--purge|--show-all|base64 -D|terragrunt|tfvars|docker (?!hub)|stable\/|heapster|weave|ssh -i|scp /,
      );
    }
  });
});

it.each(wiki.names)("$name is still there, as $type", ({ name, today, type }) => {
  const names = stacks.flatMap((stack) =>
    new StackModel(stack.node.id, stack.declaredTerraform())
      .ofType(type)
      .map(({ body }) => String(body["bucket"] ?? body["alarm_name"] ?? body["name"])),
  );
  for (const environment of environments) {
    const wanted = name.replaceAll("<env>", environment);
    expect(
      names.filter((one) => one === wanted || (today !== undefined && one.startsWith(`${wanted}-`))).length,
    ).toBeGreaterThan(0);
  }
});

it.each(wiki.modules)("$was is $stack/$construct", ({ construct, stack }) => {
  for (const environment of environments) {
    const id = stack.replace("<env>", environment);
    const found = stacks.find(({ node }) => node.id === id);
    expect(
      construct.split("/").reduce<unknown>((at, name) => (at as typeof found)?.node.tryFindChild(name), found),
    ).toBeDefined();
  }
});

describe("the page", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), "wiki-"));
    cpSync(path.join(PROJECT_ROOT, "docs"), path.join(root, "docs"), { recursive: true });
    jest.spyOn(console, "log").mockReturnValue();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(root, { recursive: true });
  });

  const change = (edit: (text: string) => string): void => {
    const file = path.join(root, WIKI_FILE);
    writeFileSync(file, edit(readFileSync(file, "utf8")));
  };

  it("names lines as they are: those that follow each other as a range, others each", async () => {
    await wikiCommand({ root }).parseAsync([], { from: "user" });
    const text = readFileSync(path.join(root, WIKI_PAGE.file), "utf8");
    expect(text).toMatch(/^\| 359–360, 374–376 \| `kops create cluster/m);
    expect(text).toMatch(/^\| 348, 350 \| `kops version; kubectl version` \| `kops version`<br>/m);
    expect(text).toMatch(/^\| 158–160 \| /m);
    expect(text).toMatch(/^\| 30 \| `kubectl get pods/m);
  });

  it("is written, and has every heading, command and open point", async () => {
    await wikiCommand({ root }).parseAsync([], { from: "user" });
    const text = readFileSync(path.join(root, WIKI_PAGE.file), "utf8");
    const rows = text.split("\n").filter((line) => /^\| \d/.test(line));
    expect(rows).toHaveLength(wiki.headings.length + wiki.commands.length + wiki.open.length);
    expect(text).toContain("open in the wiki");
  });

  it("is refused, with the place, where a heading is gone that it points at", () => {
    const file = path.join(root, "docs/runbook/nfs.md");
    writeFileSync(file, readFileSync(file, "utf8").replace("### Mount it on a controller", "### Mount it there"));
    expect(() => wikiPage(root)).toThrow(
      "open, line 311: must point at a heading of runbook/nfs.md, got #mount-it-on-a-controller",
    );
  });

  it("is refused where a page is gone, or has another command than is said", () => {
    rmSync(path.join(root, "docs/runbook/db.md"));
    change((text) => text.replace("npx opsdx etl launch '<env>' c2dw", "npx opsdx etl launch '<env>' c2wd"));
    expect(() => wikiPage(root)).toThrow(/headings, line 205: must point at a page below docs\/, got runbook\/db\.md/);
    expect(() => wikiPage(root)).toThrow(
      /commands, line 129: must be a command of runbook\/etls\.md, word for word, got npx opsdx etl launch '<env>' c2wd/,
    );
  });

  it("is refused where a command stands on the page, and not under the heading that is named", () => {
    change((text) =>
      text.replace("- runbook/redash.md#reinstall-from-nothing\n    why", "- runbook/redash.md#status\n    why"),
    );
    expect(() => wikiPage(root)).toThrow(
      "commands, line 287–289: must be a command of runbook/redash.md#status, word for word, got npx opsdx services database '<env>' redash reset",
    );
  });

  it("is refused where a list shrinks, or an entry is not as it must be", () => {
    const { headings } = parse(readFileSync(path.join(root, WIKI_FILE), "utf8")) as { headings: readonly unknown[] };
    change((text) => text.replace(/ {2}- line: 17\n.*\n {4}at:\n(?: {6}- .*\n)+/, ""));
    expect(() => wikiPage(root)).toThrow(
      `counts.headings: must be what the list holds, ${headings.length - 1}, got ${headings.length}`,
    );
    change((text) => text.replace("kind: blank", "kind: empty"));
    expect(() => wikiPage(root)).toThrow(/open\.\d+\.kind: /);
  });
});

/** Every file below docs that says that a command wrote it. */
const generated = readdirSync(path.join(PROJECT_ROOT, "docs"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => [name, readFileSync(path.join(PROJECT_ROOT, "docs", name), "utf8")] as const)
  .filter(([, text]) => /^(Written|<!-- Generated) by `?np/m.test(text));

it("finds all that is generated", () => {
  expect(generated.length).toBeGreaterThan(70);
});

it.each(generated)("%s says nothing that is still to be done, and has no heading without a text", (_, text) => {
  expect(text).not.toMatch(/\b(TODO|FIXME|TBD|XXX)\b|TfToken/);
  const lines = text
    .replace(/^ *(?:(?:-|\d+\.) )?```\w*$[^]*?^ *```$/gm, "code")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const level = (line = "# "): number => /^#+(?= )/.exec(line)?.[0].length ?? 99;
  const empty = lines.filter((line, at) => level(line) < 99 && level(lines[at + 1]) <= level(line));
  expect(empty).toEqual([]);
});
