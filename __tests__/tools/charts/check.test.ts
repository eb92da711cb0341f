import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import type { AcceptedRendering } from "../../../constructs/shared/helm/accepted-rendering";
import { checkRelease, judged, renderReleases, type ReleaseReport } from "../../../tools/charts/check";
import { documentsOf, kindsIn, objectsOf } from "../../../tools/charts/documents";
import { chartIn, findHelm, type Helm } from "../../../tools/charts/helm";
import { changed, leavesOf, pathText, shapeOf, withValue } from "../../../tools/charts/leaves";
import type { ChartRelease, Values } from "../../../tools/charts/releases";
import { chartsText, isWell } from "../../../tools/charts/report";
import { settle } from "../../../tools/charts/stand-ins";
import { ask } from "../../../tools/ask";

const CHARTS = path.join(__dirname, "../../data");
const config = loadConfig();

describe("leaves", () => {
  const values = { a: { b: [1, { c: "x" }], empty: {} }, gone: null, "dotted.key": true, absent: undefined };

  it("are all that has nothing below it, with the path that people write", () => {
    expect(leavesOf(values).map(({ path: at, value }) => [pathText(at), value])).toEqual([
      ["a.b[0]", 1],
      ["a.b[1].c", "x"],
      ["a.empty", {}],
      ["gone", null],
      ['["dotted.key"]', true],
    ]);
  });

  it.each([
    [true, false],
    [0, 1],
    ["50m", "51m"],
    ["5.1.1", "6.1.1"],
    ["false", "true"],
    ["Deployment", "Deploymentx"],
    ["", "x"],
    [[], ["changed"]],
    [null, undefined],
  ])("%j is changed to %j", (value, other) => expect(changed(value)).toEqual(other));

  it("are changed one at a time", () => {
    expect(withValue(values, ["a", "b", 1, "c"], "y")).toEqual({ ...values, a: { b: [1, { c: "y" }], empty: {} } });
    expect(JSON.stringify(withValue({ gone: null, kept: 1 }, ["gone"], undefined))).toBe('{"kept":1}');
  });

  it("of a release's own, such as an address, make no other shape; a mode and a number do", () => {
    const shape = (host: string, mode: string, size: number): string => shapeOf({ host, mode, size });
    expect(shape("a.dev.opsdx.io", "DaemonSet", 1)).toBe(shape("b.prod.opsdx.io", "DaemonSet", 1));
    expect(shape("a.b", "DaemonSet", 1)).not.toBe(shape("a.b", "Deployment", 1));
    expect(shape("a.b", "DaemonSet", 1)).not.toBe(shape("a.b", "DaemonSet", 2));
  });
});

describe("settle", () => {
  it("puts something of the right form in place of what only an apply knows, and leaves the rest as Terraform reads it", () => {
    const { expressions, text } = settle(
      '{"role":"${aws_iam_role.It.arn}","db":"${data.terraform_remote_state.s.outputs["x"].address}:${a.port}","literal":"$${grafana}","n":{"m":"${jsonencode({"a":1})}"}}',
    );
    expect(JSON.parse(text)).toEqual({
      role: "arn:aws:iam::123456789012:role/stand-in",
      db: "stand-in.example.internal:5432",
      literal: "${grafana}",
      n: { m: "stand-in" },
    });
    expect(expressions).toHaveLength(4);
  });
});

describe("documents", () => {
  const text = [
    "# Source: x",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one",
    "# only a comment",
    'apiVersion: v1\nkind: List\nitems: [{ apiVersion: v1, kind: Secret, metadata: { name: "two" } }]',
  ].join("\n---\n");

  it("are objects, those of lists too", () => {
    expect(documentsOf(text).map(({ source }) => source)).toEqual(["ConfigMap/one", "List/"]);
    expect(objectsOf(text).map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      "ConfigMap/one",
      "Secret/two",
    ]);
  });

  it("are read as Helm reads them: modes in octal, words as booleans, in quotes neither", () => {
    const text =
      'apiVersion: v1\nkind: A\nmetadata: { name: a }\nmode: 0600\non: yes\ntext: "0600"\nport: 8080\ntime: 22:22';
    expect(objectsOf(text)[0]).toMatchObject({ mode: 0o600, true: true, text: "0600", port: 8080, time: "22:22" });
  });

  it("that are no objects are named", () => {
    expect(() => objectsOf("kind: Pod\nmetadata: {}")).toThrow("Pod/ renders no object of Kubernetes");
    expect(() => objectsOf("a: [")).toThrow("renders no YAML");
  });

  it("tell which kinds they bring: those of versions that are served", () => {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "x" },
      spec: {
        group: "g.io",
        names: { kind: "Thing" },
        versions: [
          { name: "v1", served: true },
          { name: "v0", served: false },
        ],
      },
    };
    expect(kindsIn([crd])).toEqual(["g.io/v1/Thing"]);
  });
});

describe("acceptances", () => {
  const finding = { rule: "RenderedPriority", on: "Deployment/grafana", problem: "has no priority" } as const;
  const accept = (on: string, rule: AcceptedRendering["rule"] = "RenderedPriority"): AcceptedRendering => ({
    on,
    rule,
    reason: "why not",
  });

  it.each(["Deployment/grafana", "Deployment/*", "*/grafana"])("on %s cover it", (on) => {
    expect(judged([finding], [accept(on)])).toEqual({
      faults: [],
      accepted: [{ ...finding, reason: "why not" }],
      unused: [],
    });
  });

  it.each([accept("Deployment/graf"), accept("Deployment/grafana", "RenderedProbes"), accept("Deployment/grafan.")])(
    "of something else cover nothing, and are named: %j",
    (one) => expect(judged([finding], [one])).toEqual({ faults: [finding], accepted: [], unused: [one] }),
  );
});

/** What there is of Helm on this machine: the tests of real renderings need it. */
const helmFile = process.env["OPSDX_HELM"] ?? "helm";
const withHelm = { found: false };
beforeAll(async () => {
  withHelm.found = (await ask(helmFile, ["version", "--short"], { env: process.env })).notStarted === undefined;
  if (!withHelm.found) console.warn(`no Helm at "${helmFile}": the real chart is not rendered (OPSDX_HELM names one)`);
});

describe("a real chart", () => {
  let folder = "";
  let helm: Helm | undefined;
  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "charts-"));
    fs.cpSync(path.join(CHARTS, "chart"), path.join(folder, "small"), { recursive: true });
    if (withHelm.found) helm = await findHelm(helmFile, process.env);
  });
  afterEach(() => {
    helm?.close();
    fs.rmSync(folder, { recursive: true });
  });

  const release = (values: Values, more: Partial<ChartRelease> = {}): ChartRelease => ({
    stack: "dev-stage3",
    path: "dev-stage3/Small",
    cluster: "k8s",
    name: "small",
    namespace: "small",
    chart: { name: "small", version: "1.2.3", repository: "https://charts.example" },
    values,
    standIns: 0,
    standard: "privileged",
    accepted: [],
    ...more,
  });

  async function check(values: Values, more: Partial<ChartRelease> = {}): Promise<ReleaseReport | string | undefined> {
    if (helm === undefined) return undefined;
    const props = { helm, config, charts: folder, say: () => undefined };
    const { not, rendered } = await renderReleases([release(values, more)], props);
    const [one] = rendered;
    if (one === undefined) return not[0]?.reason;
    return checkRelease(one, { helm, env: { ...process.env, XDG_CACHE_HOME: folder } });
  }
  const rulesOf = (report: ReleaseReport | string | undefined): readonly string[] =>
    typeof report === "object" ? report.faults.map(({ on, rule }) => `${rule} ${on}`) : [String(report)];

  it("tells the values that it reads from the one that it ignores, twice the same", async () => {
    const values = { replicas: 2, mode: "loud", priority: "opsdx-service", replicaCount: 3, ports: [] };
    const first = await check(values);
    if (first === undefined) return;
    // What it refuses it has read: another mode fails.
    expect(rulesOf(first).filter((fault) => fault.startsWith("ChartReadsValue"))).toEqual([
      "ChartReadsValue replicaCount",
    ]);
    expect(first).toMatchObject({ values: 5, objects: 1 });
    expect(await check(values)).toEqual(first);
  });

  it("reads a value that decides on nothing but kinds beside its templates", async () => {
    const small = path.join(folder, "small");
    fs.mkdirSync(path.join(small, "charts/kinds/crds"), { recursive: true });
    fs.writeFileSync(path.join(small, "charts/kinds/Chart.yaml"), "apiVersion: v2\nname: kinds\nversion: 1.0.0\n");
    const kind =
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: things.x.y }\n";
    fs.writeFileSync(path.join(small, "charts/kinds/crds/things.yaml"), kind);
    const needs = "dependencies: [{ name: kinds, version: 1.0.0, condition: kinds.enabled }]\n";
    fs.appendFileSync(path.join(small, "Chart.yaml"), needs);
    const report = await check({ kinds: { enabled: false }, unknown: { enabled: false } });
    if (report === undefined) return;
    expect(rulesOf(report).filter((fault) => fault.startsWith("ChartReadsValue"))).toEqual([
      "ChartReadsValue unknown.enabled",
    ]);
  });

  it("is held against the policy", async () => {
    const report = await check({ image: "busybox:latest", password: "random" });
    if (report === undefined) return;
    expect([...rulesOf(report)].sort()).toEqual([
      // Only what is new each time reads it: nobody can tell.
      "ChartReadsValue password",
      "RenderedCapabilities Deployment/small/main",
      "RenderedImage Deployment/small/main",
      "RenderedNoEscalation Deployment/small/main",
      "RenderedNoSecret Secret/small",
      "RenderedNonRoot Deployment/small/main",
      "RenderedPriority Deployment/small",
      "RenderedReadOnlyRoot Deployment/small/main",
      "RenderedResources Deployment/small/main",
      "RenderedSeccomp Deployment/small/main",
      "RenderedStable Secret/small",
    ]);
  });

  it("that does not render, or is not there, is named with Helm's words", async () => {
    const refused = await check({ mode: "quiet" });
    if (refused === undefined) return;
    expect(refused).toMatch(/^Helm refuses it: .*mode must be plain or loud/);
    const chart = { name: "other", version: "1.0.0", repository: "https://charts.example" };
    expect(await check({}, { chart })).toContain(`${folder} must hold other-1.0.0.tgz, or the chart's folder`);
    const version = { name: "small", version: "1.2.4", repository: "https://charts.example" };
    expect(await check({}, { chart: version })).toContain("must hold small-1.2.4.tgz");
  });

  it("is found unpacked, by its version", () => {
    expect(chartIn(folder, { name: "small", version: "1.2.3" })).toBe(path.join(folder, "small"));
    expect(chartIn(folder, { name: "small", version: "9.9.9" })).toBeUndefined();
  });
});

it("a machine without Helm is told how to get it", async () => {
  await expect(findHelm("/nowhere/helm", process.env)).rejects.toThrow('got nothing at "/nowhere/helm"');
  await expect(findHelm("true", process.env)).rejects.toThrow('got another program at "true"');
});

it("the report says what several releases have in common once, and what is by tag", () => {
  const fault = { rule: "RenderedPriority", on: "Deployment/x", problem: "has no priority" } as const;
  const one = {
    chart: "x 1",
    objects: 1,
    values: 2,
    accepted: [],
    unused: [],
    standIns: 1,
    images: [{ reference: "a.io/b:1", standing: "not locked" }],
  } as const;
  const report = {
    helm: "3",
    notRendered: [],
    notChecked: [],
    releases: ["dev k8s x", "prod k8s x"].map((title) => ({ ...one, title, faults: [fault] })),
  };
  const text = chartsText(report);
  expect(text.match(/RenderedPriority/g)).toHaveLength(1);
  expect(text).toContain("    dev k8s x, prod k8s x");
  expect(text).toContain("1 image by tag until npx opsdx images lock ran: a.io/b:1");
  expect(text).toContain("not checked: 2 values of 2 releases that only an apply knows");
  expect(isWell(report)).toBe(false);
  expect(isWell({ ...report, releases: [{ ...one, title: "x", faults: [] }] })).toBe(true);
});
