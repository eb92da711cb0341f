import { cpSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadConfig } from "../../config/load";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { ask } from "../../tools/ask";
import { renderReleases, type RenderedRelease } from "../../tools/charts/check";
import { findHelm } from "../../tools/charts/helm";
import type { ChartRelease, Values } from "../../tools/charts/releases";

const release = (name: string, values: Values = {}): ChartRelease => ({
  stack: "dev-stage3",
  path: `dev-stage3/${name}`,
  cluster: "k8s",
  name,
  namespace: name,
  chart: { name: "small", version: "1.2.3", repository: "https://charts.example" },
  values,
  standIns: 0,
  standard: "privileged",
  accepted: [],
});

/** Releases of the small chart of the test data, rendered with some values; none where there is no Helm. */
export async function smallReleases(values: Readonly<Record<string, Values>>): Promise<readonly RenderedRelease[]> {
  const file = process.env["OPSDX_HELM"] ?? "helm";
  if ((await ask(file, ["version", "--short"], { env: process.env })).notStarted !== undefined) {
    console.warn(`no Helm at "${file}": the API server is sent nothing that it renders (OPSDX_HELM names one)`);
    return [];
  }
  const charts = mkdtempSync(path.join(os.tmpdir(), "charts-"));
  cpSync(path.join(__dirname, "../data/chart"), path.join(charts, "small"), { recursive: true });
  const helm = await findHelm(file, process.env);
  try {
    const releases = Object.entries(values).map(([name, own]) => release(name, own));
    const config = loadConfig();
    return (await renderReleases(releases, { helm, config, charts, say: () => undefined })).rendered;
  } finally {
    helm.close();
  }
}

/** A release that brings a definition, whose conversion nobody runs, and one that has objects of its kind, and a test of Helm's. */
export function planted(): Readonly<Record<"custom" | "definition", RenderedRelease>> {
  const rendered = (name: string, objects: readonly KubernetesObject[]): RenderedRelease => ({
    release: release(name),
    chart: "",
    text: "",
    objects,
    unstable: new Set(),
    kinds: [],
    cluster: { kubernetes: "1.34.0", nodes: [] },
  });
  const properties = { spec: { type: "object", properties: { color: { type: "string" } } } };
  const schema = { openAPIV3Schema: { type: "object", properties } };
  const webhook = { service: { name: "nobody", namespace: "nowhere" } };
  const thing = (name: string, spec: object): KubernetesObject => ({
    apiVersion: "charts.example/v1",
    kind: "Thing",
    metadata: { name },
    spec,
  });
  return {
    definition: rendered("definition", [
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "things.charts.example" },
        spec: {
          group: "charts.example",
          scope: "Namespaced",
          names: { kind: "Thing", plural: "things" },
          conversion: { strategy: "Webhook", webhook: { clientConfig: webhook, conversionReviewVersions: ["v1"] } },
          versions: [
            { name: "v1", served: true, storage: false, schema },
            { name: "v2", served: true, storage: true, schema },
          ],
        },
      },
    ]),
    custom: rendered("custom", [
      thing("good", { color: "red" }),
      thing("wrong", { color: "red", colour: "red" }),
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "test", annotations: { "helm.sh/hook": "test" } },
        spec: { containers: [{ name: "main", image: "none" }] },
      },
    ]),
  };
}
