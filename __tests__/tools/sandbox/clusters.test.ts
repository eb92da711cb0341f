import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chooseClusters, clusterChoice, clusterVariables, startClusters } from "../../../tools/sandbox/clusters";
import type { ProviderMirror } from "../../../tools/terraform/providers";
import { Children } from "../../../tools/terraform/children";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();
const mirror = (providers: ProviderMirror["providers"]): ProviderMirror => ({ directory: "/mirror", providers });
const BOTH = mirror({ "hashicorp/kubernetes": ["2.38.0"], "hashicorp/helm": ["3.1.2"] });

function choose(props: { mirrors?: readonly ProviderMirror[]; network?: boolean; charts?: string }) {
  const paths = freshPaths(folder);
  const said: string[] = [];
  const { network = false } = props;
  chooseClusters({
    paths,
    mirrors: props.mirrors ?? [],
    otherSources: network,
    network,
    charts: props.charts,
    say: (message) => said.push(message),
  });
  return { paths, said, choice: clusterChoice(paths) };
}

describe("chooseClusters", () => {
  it("takes everything from the network", () => {
    expect(choose({ network: true })).toMatchObject({ said: [], choice: { providers: ["kubernetes", "helm"] } });
  });

  it("takes providers from mirrors, and charts from a folder", () => {
    const { choice, said } = choose({ mirrors: [BOTH], charts: folder });
    expect(choice).toEqual({ providers: ["kubernetes", "helm"], charts: folder });
    expect(said).toEqual([]);
  });

  it.each([
    ["no provider at all", [], "hashicorp/kubernetes", []],
    ["an old kubernetes provider", [mirror({ "hashicorp/kubernetes": ["2.30.0"] })], "hashicorp/kubernetes", []],
    ["a newer one", [mirror({ "hashicorp/kubernetes": ["2.38.1"] })], "hashicorp/kubernetes = 2\\.38\\.0\\.$", []],
    [
      "a newer helm provider",
      [mirror({ "hashicorp/kubernetes": ["2.38.0"], "hashicorp/helm": ["3.1.3"] })],
      "hashicorp/helm = 3\\.1\\.2\\.$",
      ["kubernetes"],
    ],
    ["no helm provider", [mirror({ "hashicorp/kubernetes": ["2.38.0"] })], "hashicorp/helm", ["kubernetes"]],
    ["no charts", [BOTH], "--charts", ["kubernetes"]],
  ])("goes without what there is not, and says so: %s", (_, mirrors, word, providers) => {
    const { choice, said } = choose({ mirrors });
    expect(said).toEqual([expect.stringMatching(new RegExp(`^Skipped: .*${word}`))]);
    expect(choice).toEqual({ providers });
  });

  it("refuses charts that are not whole, and keeps no choice", () => {
    const charts = path.join(folder, "charts");
    mkdirSync(charts, { recursive: true });
    writeFileSync(path.join(charts, "fluent-bit-0.58.1.tgz"), "");
    const paths = freshPaths(folder);
    const props = { paths, mirrors: [BOTH], otherSources: false, network: false, charts, say: () => undefined };
    expect(() => chooseClusters(props)).toThrow(
      `--charts: ${charts}/fluent-bit-0.58.1.tgz is not whole (0 bytes): unexpected end of file`,
    );
    expect(clusterChoice(paths)).toBeUndefined();
  });

  it("refuses a folder of charts that is none, and keeps no choice", () => {
    const file = path.join(folder, "chart");
    writeFileSync(file, "");
    expect(() => choose({ mirrors: [BOTH], charts: file })).toThrow(
      `--charts: must be a folder with <chart>-<version>.tgz files, got "${file}"`,
    );
  });
});

describe("clusterVariables", () => {
  it("are none without a choice, or where nothing can be done", () => {
    expect(clusterVariables(freshPaths(folder))).toEqual({});
    expect(clusterVariables(choose({}).paths)).toEqual({});
  });

  it("tell the program what it can use, and kubectl where the clusters are", () => {
    const { paths } = choose({ mirrors: [BOTH], charts: folder });
    const files = ["k8s.dev.opsdx.io", "k8s-ml.dev.opsdx.io"].map((name) => {
      mkdirSync(paths.cluster(name), { recursive: true });
      const file = path.join(paths.cluster(name), "admin.kubeconfig");
      writeFileSync(file, "");
      return file;
    });
    expect(clusterVariables(paths)).toEqual({
      OPSDX_SANDBOX_PROVIDERS: "kubernetes,helm",
      OPSDX_SANDBOX_CHARTS: folder,
      KUBECONFIG: files.sort().join(path.delimiter),
    });
  });
});

describe("startClusters", () => {
  it("says why there can be no control plane", async () => {
    const { paths } = choose({ network: true });
    const { loadConfig } = await import("../../../config/load");
    const start = startClusters({
      paths,
      environments: loadConfig().environments.slice(0, 1),
      stsEndpoint: "http://127.0.0.1:1",
      env: { PATH: "/absent", HOME: folder },
      children: new Children(),
      say: () => undefined,
    });
    await expect(start).rejects.toThrow(/^--cluster: .*Go is not on the PATH/);
  });

  it("starts none that nobody asked for", async () => {
    const paths = freshPaths(folder);
    await startClusters({
      paths,
      environments: [],
      stsEndpoint: "",
      env: {},
      children: new Children(),
      say: () => undefined,
    });
    expect(clusterVariables(paths)).toEqual({});
  });
});
