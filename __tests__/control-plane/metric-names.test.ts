import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import { expressionsOf, metricsIn, RECORD, scrapedNames, type ScrapedNames } from "../constructs/stage3/grafana/promql";
import { ClustersDashboard } from "../../constructs/stage3/grafana/clusters-dashboard";
import { dashboardsOf } from "../../constructs/shared/observability/dashboard";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { platformIn } from "../constructs/stage3/platform";
import { synth } from "../support";
import { describeOnCluster, START_MS, startTestCluster, type TestCluster } from "./support";

/** Programs beside the control plane that are asked where they are there. */
const PROGRAMS = {
  "kube-state-metrics": ["kube-state-metrics"],
  "node-exporter": ["node_exporter", "prometheus-node-exporter"],
} as const;

function onPath(names: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => existsSync(file));
}

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

async function ofProgram(file: string, argsFor: (port: number) => readonly string[]): Promise<string> {
  const port = await getPort();
  const program = spawn(file, argsFor(port), { stdio: "ignore" });
  started.push(program);
  for (;;) {
    try {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      if (page.includes("# TYPE")) return page;
    } catch {
      if (program.exitCode !== null) throw new Error(`${file} ended with ${program.exitCode}`);
    }
    await delay(200);
  }
}

const versionOf = (file: string, ...args: readonly string[]): string =>
  /v?(\d+\.\d+\.\d+)/.exec(execFileSync(file, args, { encoding: "utf8" }))?.[1] ?? "unknown";

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
      const today = new Date().toISOString().slice(0, 10);
      const seen: Record<string, ScrapedNames[string]> = {
        "kube-apiserver": {
          version: versionOf(cluster.props.binaries["kube-apiserver"], "--version"),
          on: today,
          metrics: namesIn(await ofApiServer(cluster)),
        },
      };
      const state = onPath(PROGRAMS["kube-state-metrics"]);
      if (state !== undefined) {
        const telemetry = await getPort();
        const page = await ofProgram(state, (port) => [
          `--kubeconfig=${cluster.controlPlane.kubeconfig}`,
          ...["--host=127.0.0.1", `--port=${port}`],
          ...["--telemetry-host=127.0.0.1", `--telemetry-port=${telemetry}`],
        ]);
        seen["kube-state-metrics"] = { version: versionOf(state, "version"), on: today, metrics: namesIn(page) };
      }
      const node = onPath(PROGRAMS["node-exporter"]);
      if (node !== undefined) {
        const page = await ofProgram(node, (port) => [`--web.listen-address=127.0.0.1:${port}`]);
        seen["node-exporter"] = { version: versionOf(node, "--version"), on: today, metrics: namesIn(page) };
      }
      if (process.env["OPSDX_RECORD"] === "1") {
        writeFileSync(RECORD, `${JSON.stringify({ ...scrapedNames(), ...seen }, undefined, 2)}\n`);
      }
      const recorded = scrapedNames();
      let used: readonly string[] = [];
      synth((stack) => {
        const { monitoring } = platformIn(stack);
        new ClustersDashboard(stack, "Dashboard", { monitoring, region: "us-east-1" });
        used = expressionsOf(dashboardsOf(stack)).flatMap(({ expression }) => metricsIn(expression));
      });
      for (const [program, { metrics }] of Object.entries(seen)) {
        const asked = used.filter((name) => recorded[program]?.metrics.includes(name));
        expect({ program, asked: asked.length > 0 }).toEqual({ program, asked: true });
        expect(metrics).toEqual(expect.arrayContaining(asked));
      }
    },
    START_MS,
  );
});
