import * as fc from "fast-check";
import { loadConfig, type Config } from "../../../../config/load";
import { readConfigFiles } from "../../../../config/files";
import type { EtlConfig, EtlsConfig } from "../../../../config/schema/etl";
import { StackModel } from "../../../../constructs/shared/policy/model";
import { deploymentFor } from "../../../../stacks/deployment";
import { buildProgram } from "../../../../stacks/program";
import { collectRunbook } from "../../../../tools/runbook/collect";
import { problemsAfter } from "../../../config/support";
import type { Synthesized } from "../../../support";
import { etlsNamedFor, etlsWith, synthEtls } from "./support";

/** What a person writes for one more ETL. */
const LAB2OP = {
  purpose: "Loads laboratory results into the operational database, every half hour.",
  enabled: true,
  schedule: { expression: "cron(0/30 * * * ? *)", timeZone: "UTC" },
  retry: { maxAgeSeconds: 900, attempts: 2 },
  job: { deadlineSeconds: 1500, backoffLimit: 1, ttlSeconds: 86_400, cpu: "1000m", memory: "2Gi" },
  image: "trews-etl@sha256:02dadddb2535853577b8774bfc665d0e83c3eac01b3d80ec5b06c9882465b543",
  secrets: { DB_PASSWORD: "db-password" },
  backfillMaxDays: 7,
  cluster: "k8s",
  nodeGroup: "etl",
  namespace: "etl",
  owner: "Yanif",
  freshnessSeconds: 5400,
  alarms: { severity: "ticket", failedSlots: 1, ofSlots: 1 },
} as const;

const config: Config = loadConfig();

/** The configuration's dev with one more ETL. */
function withLab2op(): Config {
  const input = readConfigFiles();
  const dev = input.environments["dev"] as { readonly etls: object };
  return loadConfig({
    ...input,
    environments: { ...input.environments, dev: { ...dev, etls: { ...dev.etls, lab2op: LAB2OP } } },
  });
}

const addressesOf = (stack: Synthesized): readonly string[] => stack.resources.map(({ address }) => address).sort();
const bodiesOf = (stack: Synthesized): ReadonlyMap<string, string> =>
  new Map(stack.resources.map(({ address, body }) => [address, JSON.stringify(body)]));

/** What of a stack may change when an ETL comes or goes: the lists that name every one. */
const LISTS =
  /^aws_cloudwatch_dashboard\.|^aws_lambda_function\.Etl_Freshness_|^aws_iam_policy\.Etl_LauncherRole_|^kubernetes_resource_quota_v1\./;

describe("a fifth ETL", () => {
  const parsed = withLab2op().environments.find(({ name }) => name === "dev")?.etls["lab2op"];
  if (parsed === undefined) throw new Error("lab2op must be there");
  const before = synthEtls();
  const after = synthEtls({ lab2op: parsed });

  it("is configuration only: nothing that was there moves, and only what names every ETL changes", () => {
    const [was, is] = [bodiesOf(before.stack), bodiesOf(after.stack)];
    expect([...was.keys()].filter((address) => !is.has(address))).toEqual([]);
    const added = [...is.keys()].filter((address) => !was.has(address));
    expect(added.length).toBeGreaterThan(20);
    expect(added.filter((address) => !address.includes(".Etl_Lab2op_"))).toEqual([]);
    const changed = [...was].filter(([address, body]) => is.get(address) !== body).map(([address]) => address);
    expect(changed.filter((address) => !LISTS.test(address))).toEqual([]);
    expect(changed.length).toBe(4);
  });

  it("gets its names by rule", () => {
    const { body } = after.stack.one("aws_lambda_function", { function_name: "opsdx-test-lab2op-etl-lambda" });
    expect(body["description"]).toBe("Launches lab2op on k8s: ETL: lab2op");
    after.stack.one("aws_cloudwatch_log_group", { name: "/aws/lambda/opsdx-test-lab2op-etl-lambda" });
    const { body: schedule } = after.stack.one("aws_scheduler_schedule", { name: "opsdx-test-lab2op" });
    expect(schedule["schedule_expression"]).toBe("cron(0/30 * * * ? *)");
    const template = after.stack
      .ofType("kubernetes_cron_job_v1")
      .find(({ body: job }) => JSON.stringify(job).includes("lab2op-test"));
    expect(JSON.stringify(template?.body)).toContain('"opsdx.io/log-stream":"kubernetes/default/lab2op/test"');
  });

  it("has its place on the dashboard, in rows of three and two, and no row is too wide", () => {
    const { body } = after.stack.one("aws_cloudwatch_dashboard", { dashboard_name: "opsdx-test-etl" });
    const { widgets } = JSON.parse(String(body["dashboard_body"])) as {
      widgets: { x: number; y: number; width: number; properties: { title?: string } }[];
    };
    const runs = widgets.filter(({ properties }) => properties.title?.endsWith(": runs") === true);
    expect(runs.map(({ x, width, properties }) => [properties.title, x, width])).toEqual([
      ["epic2op: runs", 0, 8],
      ["c2dw-daily: runs", 8, 8],
      ["op2dw: runs", 16, 8],
      ["c2dw: runs", 0, 12],
      ["lab2op: runs", 12, 12],
    ]);
    expect(new Set(runs.map(({ y }) => y)).size).toBe(2);
  });

  it("is followed by the runbook, its alarms and the commands", () => {
    const chapter = after.systems.find(({ name }) => name === "lab2op");
    expect(chapter?.purpose).toContain(LAB2OP.purpose);
    expect(JSON.stringify(chapter)).toContain("etl launch test lab2op");
    expect(after.alarms.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["lab2op-freshness", "lab2op-run-failed", "lab2op-undelivered"]),
    );
  });

  it("leaves no trace when it goes again", () => {
    const rest = without(etlsNamedFor("test", etlsWith({ lab2op: parsed })), "lab2op");
    expect(bodiesOf(synthEtls({}, rest).stack)).toEqual(bodiesOf(before.stack));
  });
});

describe("an ETL of the four", () => {
  it("can go: the others stay where they are", () => {
    const all = etlsNamedFor("test", etlsWith());
    const rest = without(all, "op2dw");
    const [was, is] = [bodiesOf(synthEtls({}, all).stack), bodiesOf(synthEtls({}, rest).stack)];
    expect([...is.keys()].filter((address) => !was.has(address))).toEqual([]);
    expect([...was.keys()].filter((address) => !is.has(address) && !address.includes(".Etl_Op2dw_"))).toEqual([]);
    expect([...is].filter(([address, body]) => was.get(address) !== body && !LISTS.test(address))).toEqual([]);
  });
});

describe("any set of names", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("-"));

  it("that the schema takes has an address of its own for each, and each name is in the runbook once", () => {
    const epic2op = etlsWith()["epic2op"] as EtlConfig;
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), (names) => {
        const valid = names.filter((candidate) => problemsAfter(addition(candidate)).length === 0);
        fc.pre(valid.length > 0);
        const etls: EtlsConfig = Object.fromEntries(valid.map((etl) => [etl, { ...epic2op, functionName: undefined }]));
        const { stack, systems } = synthEtls({}, etls);
        expect(new Set(addressesOf(stack)).size).toBe(addressesOf(stack).length);
        expect(systems.map((system) => system.name).sort()).toEqual(["etl", ...valid].sort());
      }),
      { numRuns: 8 },
    );
  });

  it("leaves the names of everything else alone", () => {
    const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
    const own = new Set(config.environments.flatMap(({ etls }) => Object.keys(etls)));
    const systems = collectRunbook(config, stacks).pages.flatMap((page) => page.systems.map(({ facts }) => facts.name));
    const children = stacks
      .flatMap((stack) => stack.node.children.filter(({ node }) => node.id === "Etl"))
      .flatMap(({ node }) => node.children.map((child) => kebab(child.node.id)));
    const ids = new Set([...own].map((etl) => kebab(pascal(etl))));
    const others = [...systems.filter((system) => !own.has(system)), ...children.filter((child) => !ids.has(child))];
    expect(others).toEqual(expect.arrayContaining(["etl", "key", "namespace-k8s-etl", "scheduler-dropped"]));
    const taken = [...new Set(others)].filter((other) => problemsAfter(addition(other)).length === 0);
    expect(taken).toEqual([]);
  });

  it("leaves the namespaces of everything else alone", () => {
    const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
    const models = stacks.map((stack) => new StackModel(stack.node.id, stack.declaredTerraform()));
    const etls = new Set(config.environments.flatMap((each) => Object.values(each.etls).map((etl) => etl.namespace)));
    const others = models
      .flatMap((model) => model.ofType("kubernetes_namespace_v1", "kubernetes_labels"))
      .map(({ body }) => (body["metadata"] as { readonly name: string }).name)
      .filter((name) => !etls.has(name));
    expect([...new Set(others)].sort()).toEqual(expect.arrayContaining(["default", "monitoring", "node-agents"]));
    const taken = others.filter((name) => problemsAfter({ "dev.etls.op2dw.namespace": name }).length === 0);
    expect(taken).toEqual([]);
  });

  it("the longest, as many as the schema takes, fit the launchers' role", () => {
    const long = (index: number): string => `e${"x".repeat(28)}${String(index).padStart(3, "a")}`;
    const names = Array.from({ length: 16 }, (_, index) => long(index));
    const epic2op = etlsWith()["epic2op"] as EtlConfig;
    const etls = Object.fromEntries(names.map((etl) => [etl, { ...epic2op, functionName: undefined }]));
    const { stack } = synthEtls({}, etls);
    const { body } = stack.one("aws_iam_policy", { name: "opsdx-test-etl-launcher" });
    const policy = String(body["policy"]);
    const document = /^\$\{data\.(.+)\.json\}$/.exec(policy);
    const text = document === null ? policy : JSON.stringify(stack.statements(policy));
    expect(text.replaceAll("\\", "").length).toBeLessThan(6144);
    expect(problemsAfter({ "dev.etls": Object.fromEntries(names.map((etl) => [etl, LAB2OP])) })).toEqual([]);
    const [tooMany] = problemsAfter({
      "dev.etls": Object.fromEntries([...names, "one-more"].map((etl) => [etl, LAB2OP])),
    });
    expect(tooMany).toMatchObject({ path: "etls", received: "17" });
  });
});

describe("a name or a stream that is taken", () => {
  it.each(["all", "etl", "web", "k8s", "namespace-k8s-etl", "x".repeat(33), "Lab", "lab--op", "lab-2op", "lab-"])(
    "%s is no ETL's name",
    (name) => {
      expect(problemsAfter(addition(name)).map(({ path }) => path)).toEqual([`etls.${name}`]);
    },
  );

  it("is refused where config gives it", () => {
    const problems = problemsAfter({
      ...addition("lab2op"),
      "dev.etls.c2dw-daily.functionName": "opsdx-dev-etl-lambda",
      "dev.etls.op2dw.logStream": "kubernetes/default/epic2op/dev/copy",
    });
    expect(problems.map(({ path, rule }) => [path, rule])).toEqual([
      ["etls.c2dw-daily.functionName", "must differ from that of epic2op"],
      [
        "etls.op2dw.logStream",
        "must neither start with the stream of epic2op, kubernetes/default/epic2op/dev, nor be its start",
      ],
    ]);
  });
});

/** The change that adds an ETL of a name to dev. */
function addition(name: string): Record<string, unknown> {
  const dev = readConfigFiles().environments["dev"] as { readonly etls: object };
  return { "dev.etls": { ...dev.etls, [name]: LAB2OP } };
}

function without(etls: EtlsConfig, gone: string): EtlsConfig {
  return Object.fromEntries(Object.entries(etls).filter(([name]) => name !== gone));
}

const pascal = (name: string): string =>
  name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
const kebab = (id: string): string => id.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
