import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { StackModel, type ResourceModel } from "../../constructs/shared/policy/model";
import { PROJECT_ROOT } from "../../tools/files";
import { changesOf, typesOf } from "./changes";
import type { Built } from "./support";

const RECIPE = readFileSync(path.join(PROJECT_ROOT, "docs/recipes/add-a-service.md"), "utf8");

/** New files of the recipe: a heading with the path, prose, the whole text. */
const FILES = [...RECIPE.matchAll(/^### `([^`]+)`\n\n[^`]*```ts\n([\s\S]*?)^```/gm)];
/** Lines that it adds to other files. */
const EDITS = [...RECIPE.matchAll(/^In `([^`]+)`, (after|before|in place of) `(.+)`:\n\n```\w+\n([\s\S]*?)^```/gm)];

const BUILT = mkdtempSync(path.join(tmpdir(), "service-"));

/** The project as it is committed or about to be, with the recipe's blocks, and nothing else. */
function copyWithRecipe(): string {
  const root = path.join(BUILT, "project");
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
  });
  for (const file of listed.split("\0").filter((name) => name !== "" && existsSync(path.join(PROJECT_ROOT, name)))) {
    cpSync(path.join(PROJECT_ROOT, file), path.join(root, file));
  }
  symlinkSync(path.join(PROJECT_ROOT, "node_modules"), path.join(root, "node_modules"));
  for (const [, file = "", text = ""] of FILES) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text, { flag: "wx" });
  }
  for (const [, file = "", how = "", line = "", block = ""] of EDITS) edit(path.join(root, file), how, line, block);
  return root;
}

const indentOf = (line: string): string => /^ */.exec(line)?.[0] ?? "";

/** Adds a block at the outermost line of a text, indented like it. */
function edit(file: string, how: string, line: string, block: string): void {
  const lines = readFileSync(file, "utf8").split("\n");
  const [place] = [...lines.entries()]
    .filter(([, text]) => text.trim() === line)
    .sort(([, a], [, b]) => indentOf(a).length - indentOf(b).length);
  if (place === undefined) throw new Error(`${file} has no line ${line}`);
  const [index, anchor] = place;
  const added = block
    .trimEnd()
    .split("\n")
    .map((text) => `${indentOf(anchor)}${text}`);
  lines.splice(how === "after" ? index + 1 : index, how === "in place of" ? 1 : 0, ...added);
  writeFileSync(file, lines.join("\n"));
}

/** Runs a program of the project in a checkout, with nothing of this shell's sandbox, and gives what it prints. */
async function run(root: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
  const { HOME, NO_COLOR, PATH, TMPDIR } = process.env;
  const env = { HOME, NO_COLOR, PATH, TMPDIR, ...more };
  return (await promisify(execFile)(process.execPath, args, { cwd: root, env })).stdout;
}

/** Synthesizes a checkout as cdktf does. */
async function synthesized(root: string, name: string): Promise<Built> {
  const out = path.join(BUILT, name);
  const { app, context } = JSON.parse(readFileSync(path.join(root, "cdktf.json"), "utf8")) as {
    readonly app: string;
    readonly context: object;
  };
  await run(root, app.split(" ").slice(1), { CDKTF_OUTDIR: out, CDKTF_CONTEXT_JSON: JSON.stringify(context) });
  const folder = path.join(out, "stacks");
  const read = (stack: string): unknown => JSON.parse(readFileSync(path.join(folder, stack, "cdk.tf.json"), "utf8"));
  const stacks = Object.fromEntries(
    readdirSync(folder).map((stack) => [stack, read(stack) as Record<string, unknown>]),
  );
  // Synth refuses what is open.
  return { stacks, open: [] };
}

/** What Jest says of a run. */
interface Report {
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPassedTestSuites: number;
  readonly numPassedTests: number;
}

describe("the new service", () => {
  let [before, after, root]: [Built, Built, string] = [{ stacks: {}, open: [] }, { stacks: {}, open: [] }, ""];
  /** Resources of pingpong in an environment's stage3, by type. */
  const own = (environment: string, type: string): readonly ResourceModel[] =>
    new StackModel("", after.stacks[`${environment}-stage3`] ?? {})
      .ofType(type)
      .filter(({ address }) => address.includes(".Pingpong_"));

  beforeAll(async () => {
    root = copyWithRecipe();
    [before, after] = await Promise.all([synthesized(PROJECT_ROOT, "before"), synthesized(root, "after")]);
    await run(root, ["tools/bin/opsdx.mjs", "pin"]);
    await run(root, ["tools/bin/opsdx.mjs", "runbook"]);
    await run(root, ["tools/bin/opsdx.mjs", "diagram"]);
  });

  it("is what the recipe's blocks say, all of them", () => {
    const blocks = [...RECIPE.matchAll(/^```ts$/gm)];
    expect(FILES.map(([, file]) => file)).toEqual([
      "config/schema/pingpong.ts",
      "constructs/stage3/pingpong/pingpong.ts",
      "constructs/stage3/pingpong/facts.ts",
    ]);
    expect(blocks).toHaveLength(FILES.length + EDITS.length);
  });

  it.each(["dev", "prod"])("is in stage3 of %s, where nothing else changes or goes", (environment) => {
    const { added, changed, removed } = changesOf(before, after, `${environment}-stage3`);
    expect(removed).toEqual([]);
    expect(changed).toEqual([]);
    expect(added.filter((address) => !address.includes(".Pingpong_"))).toEqual([]);
    expect(typesOf(added)).toEqual([
      "aws_cloudwatch_composite_alarm",
      "aws_cloudwatch_log_metric_filter",
      "aws_cloudwatch_metric_alarm",
      "kubernetes_deployment_v1",
      "kubernetes_namespace_v1",
      "kubernetes_network_policy_v1",
      "kubernetes_service_account_v1",
    ]);
  });

  it("leaves every other stack as it is, but for its repository in global", () => {
    expect(Object.keys(after.stacks)).toEqual(Object.keys(before.stacks));
    for (const stack of Object.keys(before.stacks).filter((name) => !name.endsWith("-stage3") && name !== "global")) {
      expect([stack, changesOf(before, after, stack)]).toEqual([stack, { added: [], changed: [], removed: [] }]);
    }
    const { added, changed, removed } = changesOf(before, after, "global");
    expect(removed).toEqual([]);
    expect(added.filter((address) => !address.includes("-pingpong_"))).toEqual([]);
    expect(typesOf(added)).toEqual(["aws_ecr_lifecycle_policy", "aws_ecr_repository", "aws_ecr_repository_policy"]);
    // What lists every repository, in place.
    expect(changed.map((address) => address.replace(/_[0-9A-F]{8}$/, "")).sort()).toEqual([
      "aws_cloudwatch_event_rule.ContainerRegistry_ScanFindings",
      "output.container_registry",
    ]);
  });

  it.each(["dev", "prod"])("stands in %s in a closed namespace with one way out", (environment) => {
    const [namespace] = own(environment, "kubernetes_namespace_v1");
    expect(namespace?.body["metadata"]).toMatchObject({
      name: "pingpong",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    const policies = own(environment, "kubernetes_network_policy_v1").map(({ body }) => body);
    expect(policies.map(({ metadata }) => metadata)).toEqual([
      { name: "default-deny", namespace: "pingpong" },
      { name: "allow-name-server", namespace: "pingpong" },
      { name: "pingpong", namespace: "pingpong" },
    ]);
    expect(policies[2]?.["spec"]).toEqual({
      pod_selector: { match_labels: { app: "pingpong" } },
      policy_types: ["Egress"],
      egress: [{ ports: [{ port: "443", protocol: "TCP" }] }],
    });
  });

  it.each(["dev", "prod"])("is read in %s from its cluster's log group", (environment) => {
    const [filter] = own(environment, "aws_cloudwatch_log_metric_filter");
    expect(filter?.body).toMatchObject({ name: "pingpong-pongs", pattern: '{ $.event = "pong" }' });
    expect(filter?.body["log_group_name"]).toMatch(/^\$\{aws_cloudwatch_log_group\.ClusterLogs_K8s_\w+\.name\}$/);
  });

  it("has its page of the runbook, with its alarm in both environments, and the alarm's link leads there", () => {
    const page = readFileSync(path.join(root, "docs/runbook/pingpong.md"), "utf8");
    expect(page).toContain("In: dev, prod.");
    expect(page).toMatch(/^### pingpong-silent$/m);
    expect(page).toContain("| `pingpong-silent` | dev, prod | ticket |");
    expect(page).toContain("kubectl --context 'k8s.<env>.opsdx.io' -n pingpong ");
    expect(page).toContain("awslogs get 'opsdx-<env>-k8s-logs' kubernetes/pingpong/pingpong ");
    expect(readFileSync(path.join(root, "docs/runbook/README.md"), "utf8")).toContain("(pingpong.md)");
    const [alarm] = own("dev", "aws_cloudwatch_metric_alarm");
    expect(alarm?.body["alarm_name"]).toBe("opsdx-dev-pingpong-silent");
    expect(alarm?.body["alarm_description"]).toMatch(/docs\/runbook\/pingpong\.md#pingpong-silent$/);
  });

  it("stands in the diagrams: in its stage, alone, and in the whole", () => {
    const drawn = (file: string): string => readFileSync(path.join(root, "docs/diagrams", file), "utf8");
    expect(drawn("stage3.md")).toContain('["pingpong"]');
    expect(drawn("systems/pingpong.md")).toContain('["pingpong"]');
    expect(drawn("program.svg").split(">pingpong<")).toHaveLength(3);
  });

  it("keeps its name and its namespace from ETLs, and no test that was there wants to be changed for it", async () => {
    const concerned = [
      ...["config/schema/kubernetes-names", "config/schema/placement-rules", "config/schema/texts"],
      ...["config/schema/workloads", "constructs/stage3/etl/fifth-etl", "stacks/addresses", "stacks/thresholds"],
      ...["tools/config/command"],
    ];
    const jest = [
      "node_modules/jest/bin/jest.js",
      "--ci",
      "--runInBand",
      "--silent",
      "--selectProjects=unit",
      "--json",
    ];
    const files = concerned.map((name) => `__tests__/${name}.test.ts`);
    const report = JSON.parse(await run(root, [...jest, "--runTestsByPath", ...files])) as Report;
    expect(report).toMatchObject({ numFailedTests: 0, numFailedTestSuites: 0, numPassedTestSuites: files.length });
    expect(report.numPassedTests).toBeGreaterThan(files.length);
  });

  it("has no open finding, and passes the check as the recipe leaves it", async () => {
    expect(await run(root, ["tools/bin/opsdx.mjs", "policy", "report"])).toMatch(/findings acknowledged, 0 open\./);
    expect(await run(root, ["tools/bin/opsdx.mjs", "check"])).toContain("All checks hold.");
  });
});
