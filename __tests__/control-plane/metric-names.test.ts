import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import https from "node:https";
import getPort from "get-port";
import { expressionsOf, metricsIn, RECORD, scrapedNames, type ScrapedNames } from "../constructs/stage3/grafana/promql";
import { ClustersDashboard } from "../../constructs/stage3/grafana/clusters-dashboard";
import { dashboardsOf } from "../../constructs/shared/observability/dashboard";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { findProgram } from "../../tools/prometheus/programs";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { platformIn } from "../constructs/stage3/platform";
import { synth } from "../support";
import { describeOnCluster, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

/** Names of the series that a metrics page tells of: histograms have three. */
function namesIn(page: string): readonly string[] {
  return [
    ...new Set(
      [...page.matchAll(/^# TYPE (\S+) (\w+)/gm)].flatMap(([, name = "", type]) =>
        type === "histogram" ? ["bucket", "count", "sum"].map((part) => `${name}_${part}`) : [name],
      ),
    ),
  ].sort();
}

async function ofApiServer({ client }: TestCluster): Promise<string> {
  const options: https.RequestOptions = {};
  await client.config.applyToHTTPSOptions(options);
  const { server = "" } = client.config.getCurrentCluster() ?? {};
  return await new Promise((resolve, reject) => {
    https
      .get(`${server}/metrics`, options, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += String(chunk)));
        response.on("end", () => resolve(text));
      })
      .on("error", reject);
  });
}

const started: ChildProcess[] = [];

/** The names that a program tells, once it tells some of all that are waited for. */
async function ofProgram(
  file: string,
  argsFor: (port: number) => readonly string[],
  wanted: readonly string[] = [],
): Promise<readonly string[]> {
  const port = await getPort();
  const program = spawn(file, argsFor(port), { stdio: "ignore" });
  started.push(program);
  return await eventually(
    `${file} tells ${wanted.join(", ")}`,
    async () => {
      if (program.exitCode !== null) throw new Error(`${file} ended with ${program.exitCode}`);
      const page = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
      const names = namesIn((await page?.text()) ?? "");
      return names.length > 0 && wanted.every((name) => names.includes(name)) ? names : undefined;
    },
    60,
  );
}

/** Its own, not the one of Go, which it may tell as well. */
const versionOf = (file: string, ...args: readonly string[]): string =>
  /^(?:\S+ version|\S+) v?(\d+\.\d+\.\d+)/.exec(execFileSync(file, args, { encoding: "utf8" }))?.[1] ?? "unknown";

/** A Job that fails and an autoscaler: kube-state-metrics tells nothing of a kind that has no object. */
const PLANTED: readonly KubernetesObject[] = [
  {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "fails", namespace: "default" },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { annotations: { "opsdx.io/kwok-exit": "fail" } },
        spec: {
          restartPolicy: "Never",
          containers: [
            {
              name: "main",
              image: "example.com/none:1",
              resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "none", namespace: "default" },
    spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" } },
  },
];

describeOnCluster("names of the metrics that dashboards ask Prometheus for", () => {
  let cluster: TestCluster;
  beforeAll(async () => (cluster = await startTestCluster()), START_MS);
  afterAll(async () => {
    for (const program of started) program.kill();
    await removeControlPlane(cluster.props.directory);
  });

  it(
    "are those of __tests__/data/prometheus-metrics.json; OPSDX_RECORD=1 writes it anew",
    async () => {
      let used: readonly string[] = [];
      synth((stack) => {
        const { monitoring } = platformIn(stack);
        new ClustersDashboard(stack, "Dashboard", { monitoring, region: "us-east-1" });
        used = expressionsOf(dashboardsOf(stack)).flatMap(({ expression }) => metricsIn(expression));
      });
      const today = new Date().toISOString().slice(0, 10);
      const seen: Record<string, ScrapedNames[string]> = {
        "kube-apiserver": {
          version: versionOf(cluster.props.binaries["kube-apiserver"], "--version"),
          on: today,
          metrics: namesIn(await ofApiServer(cluster)),
        },
      };
      const state = findProgram("kube-state-metrics");
      if (state.kind === "found") {
        await applyAll(cluster.client, PLANTED);
        const telemetry = await getPort();
        const metrics = await ofProgram(
          state.file,
          (port) => [
            `--kubeconfig=${cluster.controlPlane.kubeconfig}`,
            ...["--host=127.0.0.1", `--port=${port}`],
            ...["--telemetry-host=127.0.0.1", `--telemetry-port=${telemetry}`],
          ],
          used.filter((name) => name.startsWith("kube_")),
        );
        seen["kube-state-metrics"] = { version: versionOf(state.file, "version"), on: today, metrics };
      }
      const node = findProgram("node_exporter");
      if (node.kind === "found") {
        const metrics = await ofProgram(node.file, (port) => [`--web.listen-address=127.0.0.1:${port}`]);
        seen["node-exporter"] = { version: versionOf(node.file, "--version"), on: today, metrics };
      }
      if (process.env["OPSDX_RECORD"] === "1") {
        writeFileSync(RECORD, `${JSON.stringify({ ...scrapedNames(), ...seen }, undefined, 2)}\n`);
      }
      const recorded = scrapedNames();
      for (const [program, { metrics }] of Object.entries(seen)) {
        const asked = used.filter((name) => recorded[program]?.metrics.includes(name));
        expect({ program, asked: asked.length > 0 }).toEqual({ program, asked: true });
        expect(metrics).toEqual(expect.arrayContaining(asked));
      }
    },
    START_MS,
  );
});
