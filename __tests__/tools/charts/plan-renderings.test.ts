import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { ask } from "../../../tools/ask";
import { planRenderings } from "../../../tools/charts/plan-renderings";
import type { Renderings } from "../../../tools/plan/report/renderings";
import { Children } from "../../../tools/terraform/children";
import type { ManifestStack } from "../../../tools/terraform/manifest";

const CHART = path.join(__dirname, "../../data/chart");
const helm = process.env["OPSDX_HELM"] ?? "helm";
const found = { helm: false };
let folder = "";

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "renderings-"));
  fs.cpSync(CHART, path.join(folder, "small"), { recursive: true });
  found.helm = (await ask(helm, ["version", "--short"], { env: process.env })).notStarted === undefined;
  if (!found.helm) console.warn(`no Helm at "${helm}": nothing is rendered for a plan (OPSDX_HELM names one)`);
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A release of the small chart, as it is synthesized. */
const release = (name: string, values: object, version = "1.2.3"): object => ({
  "//": { metadata: { path: `dev-stage3/${name}/Resource` } },
  provider: "helm.k8s",
  name,
  namespace: name,
  chart: "small",
  version,
  repository: "https://charts.example",
  values: [JSON.stringify(values)],
});

function program(...releases: readonly object[]): { stacks: readonly ManifestStack[] } {
  const directory = fs.mkdtempSync(path.join(folder, "stack-"));
  const resource = { helm_release: Object.fromEntries(releases.map((one, index) => [`R${index}`, one])) };
  fs.writeFileSync(path.join(directory, "cdk.tf.json"), JSON.stringify({ resource }));
  return { stacks: [{ name: "dev-stage3", directory, dependencies: [] }] };
}

const SAME = release("same", { replicas: 1 });

function rendered(
  base: readonly object[],
  head: readonly object[],
  more: { charts?: string; env?: NodeJS.ProcessEnv; environment?: string } = {},
): Promise<Renderings> {
  const programs = { base: program(SAME, ...base), head: program(SAME, ...head) };
  const { charts, env = process.env, environment } = more;
  const say = (): void => undefined;
  return planRenderings(programs, { config: loadConfig(), charts, env, environment, children: new Children(), say });
}

describe("what Helm renders otherwise, for a plan", () => {
  it("is nothing where no release differs, and is not looked for in other environments", async () => {
    expect(await rendered([], [])).toEqual({});
    expect(await rendered([], [release("more", {})], { environment: "prod" })).toEqual({});
  });

  it("is not told without charts, without Helm, or from a folder that has none, and says why", async () => {
    const [base, head] = [[release("a", { replicas: 1 })], [release("a", { replicas: 2 })]];
    const not = (reason: unknown) => ({ "dev-stage3": { releases: [], not: reason } });
    expect(await rendered(base, head)).toEqual(not("1 Helm release not rendered: --charts renders them"));
    expect(await rendered(base, head, { charts: folder, env: { OPSDX_HELM: "/nowhere/helm" } })).toEqual(
      not(expect.stringMatching(/^1 Helm release not rendered: Helm 3 or later must be on the PATH/)),
    );
  });

  it("is told object by object and line by line, new and gone releases as such, and no secret", async () => {
    if (!found.helm) return;
    const before = [release("gone", {}), release("other", { replicas: 1, password: "of-before" })];
    const after = [release("new", {}), release("other", { replicas: 2, password: "of-now" })];
    const told = await rendered(before, after, { charts: folder });
    expect(JSON.stringify(told)).not.toMatch(/of-before|of-now/);
    expect(told["dev-stage3"]?.releases).toEqual([
      { title: "dev k8s gone", change: "gone", objects: [{ on: "Deployment/gone", change: "removed" }] },
      {
        title: "dev k8s other",
        change: "changed",
        objects: [
          {
            on: "Deployment/other",
            change: "changed",
            lines: expect.arrayContaining(["-  replicas: 1", "+  replicas: 2"]) as unknown,
          },
          { on: "Secret/other", change: "changed", lines: ["(only what is not shown differs)"] },
        ],
      },
      { title: "dev k8s new", change: "new", objects: [{ on: "Deployment/new", change: "added" }] },
    ]);
  });

  it("leaves out what is new each time, and names the side that cannot be rendered", async () => {
    if (!found.helm) return;
    const random = (replicas: number): object => release("random", { replicas, password: "random" });
    const told = await rendered([random(1), release("older", {}, "1.0.0")], [random(2), release("older", {})], {
      charts: folder,
    });
    expect(told["dev-stage3"]?.releases).toEqual([
      expect.objectContaining({
        title: "dev k8s random",
        objects: [expect.objectContaining({ on: "Deployment/random" })],
      }),
      {
        title: "dev k8s older",
        change: "changed",
        objects: [],
        notRendered: expect.stringMatching(/^before: .* must hold small-1\.0\.0\.tgz/) as unknown,
      },
    ]);
  });
});
