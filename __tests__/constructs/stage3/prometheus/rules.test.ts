import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { PrometheusAlarm } from "../../../../constructs/shared/observability/prometheus-alarm";
import { deploymentFor } from "../../../../stacks/deployment";
import { buildProgram } from "../../../../stacks/program";
import { findProgram } from "../../../../tools/prometheus/programs";
import { ruleFile, testFile } from "../../../../tools/prometheus/rule-files";
import { oneEnvironment } from "../../../config/support";

const config = oneEnvironment();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
const rules = stacks.flatMap((stack) =>
  stack.node.findAll().flatMap((construct) => (construct instanceof PrometheusAlarm ? [construct.rule] : [])),
);

/** The places of a text that are no PromQL. */
function syntaxErrors(text: string): readonly string[] {
  const found: string[] = [];
  parser.parse(text).iterate({
    enter: ({ from, to, type }) => {
      if (type.isError) found.push(text.slice(from, Math.max(to, from + 20)));
    },
  });
  return found;
}

describe("the rules of an environment", () => {
  it("are those of each cluster, and of each ETL", () => {
    const clusters = Object.keys(config.environments[0]?.clusters ?? {});
    const names = rules.map(({ alert }) => alert);
    for (const cluster of clusters) expect(names).toContain(`opsdx-dev-${cluster}-node-not-ready`);
    for (const etl of Object.keys(config.environments[0]?.etls ?? {})) {
      expect(names).toEqual(expect.arrayContaining([`opsdx-dev-${etl}-job-failed`, `opsdx-dev-${etl}-job-overdue`]));
    }
  });

  it("are PromQL", () => {
    expect(rules.flatMap(({ alert, expr }) => syntaxErrors(expr).map((error) => `${alert}: ${error}`))).toEqual([]);
    // The parser is one that finds something.
    expect(syntaxErrors("sum by (a (b)")).not.toEqual([]);
  });

  it("lead to an entry of the runbook that is there", () => {
    for (const { annotations } of rules) {
      const [, page = "", heading = ""] =
        /\/docs\/runbook\/([\w-]+\.md)#([\w-]+)$/.exec(annotations["runbook_url"] ?? "") ?? [];
      const text = readFileSync(path.join(__dirname, "../../../../docs/runbook", page), "utf8");
      expect(text).toContain(`\n### ${heading}\n`);
    }
  });
});

const promtool = findProgram("promtool");
const title = promtool.kind === "found" ? "promtool" : `promtool [skipped: ${promtool.reason}]`;

(promtool.kind === "found" ? describe : describe.skip)(title, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "rules-"));
  const run = (...args: readonly string[]): string =>
    execFileSync(promtool.kind === "found" ? promtool.file : "", args, {
      cwd: folder,
      encoding: "utf8",
      stdio: "pipe",
    });

  it("takes them", () => {
    writeFileSync(path.join(folder, "all.yml"), ruleFile(rules));
    expect(run("check", "rules", "all.yml")).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it("sees each fire, stay silent, and end as its cases say", () => {
    const files = rules.map((rule) => {
      writeFileSync(path.join(folder, `${rule.alert}.rules.yml`), ruleFile([rule]));
      writeFileSync(path.join(folder, `${rule.alert}.test.yml`), testFile(rule, `${rule.alert}.rules.yml`));
      return `${rule.alert}.test.yml`;
    });
    expect(run("test", "rules", ...files).match(/SUCCESS/g)).toHaveLength(files.length);
  }, 300_000);

  it("would tell of one that does not fire", () => {
    const [rule] = rules;
    if (rule === undefined) throw new Error("there is no rule");
    writeFileSync(path.join(folder, "never.yml"), ruleFile([{ ...rule, expr: "vector(0) > 1" }]));
    writeFileSync(path.join(folder, "never.test.yml"), testFile(rule, "never.yml"));
    expect(() => run("test", "rules", "never.test.yml")).toThrow("FAILED");
  });
});
