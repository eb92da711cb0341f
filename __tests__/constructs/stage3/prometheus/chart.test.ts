import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { loadConfig } from "../../../../config/load";
import { ALERTMANAGER, PROMETHEUS_SERVER } from "../../../../constructs/shared/kubernetes/prometheus-names";
import { alertmanagerConfig } from "../../../../constructs/stage3/prometheus/alertmanager";
import { STACK_CHART } from "../../../../constructs/stage3/prometheus/charts";
import { ALERTS_OFF, alertsThatAre, DEFAULT_ALERTS } from "../../../../constructs/stage3/prometheus/default-rules";
import { TARGETS } from "../../../../constructs/stage3/prometheus/targets";
import { stackValues } from "../../../../constructs/stage3/prometheus/values";
import { findProgram } from "../../../../tools/prometheus/programs";

const prometheus = loadConfig().environments.find(({ name }) => name === "prod")?.prometheus;
if (prometheus === undefined) throw new Error("prod has no Prometheus");

const topics = {
  page: "arn:aws:sns:us-east-1:1:page",
  ticket: "arn:aws:sns:us-east-1:1:ticket",
  watchdog: "arn:aws:sns:us-east-1:1:dog",
};
const alertmanager = alertmanagerConfig({ region: "us-east-1", topics, causes: { nodeNotReady: "node-not-ready" } });
const values = stackValues({
  environment: "prod",
  cluster: "k8s",
  clusterName: "k8s.prod.opsdx.io",
  config: prometheus,
  instance: prometheus.clusters.k8s,
  namespace: "monitoring",
  nodeAgents: "node-agents",
  alertmanagerRoleArn: "arn:aws:iam::1:role/alertmanager",
  alertmanager,
  rules: [],
  dashboards: false,
});

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly groups?: readonly { readonly name: string; readonly rules: readonly { readonly alert?: string }[] }[];
    readonly jobLabel?: string;
    readonly ports?: readonly { readonly port: number }[];
  };
  readonly items?: readonly Rendered[];
}

const folder = mkdtempSync(path.join(tmpdir(), "chart-"));
const archive = path.join(process.env["OPSDX_CHARTS"] ?? "", `${STACK_CHART.name}-${STACK_CHART.version}.tgz`);
const charts = existsSync(archive);

function render(changes: object = {}): readonly Rendered[] {
  const file = path.join(folder, "values.json");
  writeFileSync(file, JSON.stringify({ ...values, ...changes }));
  const text = execFileSync(
    "helm",
    ["template", "prometheus", archive, "-n", "monitoring", "--kube-version", "1.36.3", "-f", file],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .flatMap((one) => one?.items ?? one ?? [])
    .map((one) => ({ ...one, spec: (one as Partial<Rendered>).spec ?? {} }));
}

const alertsIn = (objects: readonly Rendered[]): Map<string, string> =>
  new Map(
    objects.flatMap(({ spec }) =>
      (spec.groups ?? []).flatMap(({ name, rules }) =>
        rules.flatMap(({ alert }) => (alert === undefined ? [] : [[alert, name] as const])),
      ),
    ),
  );

const title = charts ? "the chart" : "the chart [skipped: OPSDX_CHARTS names no folder with it]";

(charts ? describe : describe.skip)(title, () => {
  it("brings exactly the default alerts that are listed, each in its group, less those that are off", () => {
    const rendered = alertsIn(render());
    expect([...rendered.keys()].sort()).toEqual([...alertsThatAre("here"), ...alertsThatAre("elsewhere")].sort());
    for (const { alerts, group } of DEFAULT_ALERTS) {
      for (const alert of alerts.filter((name) => !Object.hasOwn(ALERTS_OFF, name)))
        expect(rendered.get(alert)).toBe(group);
    }
  }, 60_000);

  it("has each of those that are off, so that none is listed in vain", () => {
    const all = alertsIn(render({ defaultRules: {} }));
    expect(Object.keys(ALERTS_OFF).filter((alert) => !all.has(alert))).toEqual([]);
  }, 60_000);

  it("names Services and custom resources as people and programs call them", () => {
    const rendered = render();
    for (const { port, resource, service } of [PROMETHEUS_SERVER, ALERTMANAGER]) {
      const found = rendered.find(({ kind, metadata }) => kind === "Service" && metadata.name === service);
      expect([service, found?.spec.ports?.map((one) => one.port)]).toEqual([service, expect.arrayContaining([port])]);
      const resources = rendered.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
      expect(resources).toContain(resource);
    }
  }, 60_000);

  it("asks what is listed, and nothing else", () => {
    const monitors = render().filter(({ kind }) => kind === "ServiceMonitor");
    const names = monitors.map(({ metadata }) => metadata.name.replace(/^prometheus-/, "")).sort();
    expect(names).toEqual(
      [
        ...[
          "alertmanager",
          "apiserver",
          "cluster-autoscaler",
          "coredns",
          "dcgm-exporter",
          "external-secrets",
          "fluent-bit",
        ],
        ...[
          "kube-controller-manager",
          "kube-etcd",
          "kube-scheduler",
          "kube-state-metrics",
          "kubelet",
          "node-exporter",
          "operator",
          "prometheus",
          "services",
        ],
      ].sort(),
    );
    // Beside those: events of etcd by the monitor of etcd, the probes by their own release, and what is off.
    const listed = TARGETS.map(({ job }) => job.replace(/^prometheus-/, ""));
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((job) => !names.includes(job)).sort()).toEqual([
      "blackbox-exporter",
      "kube-etcd-events",
      "kube-proxy",
    ]);
  }, 60_000);
});

it("every default alert is listed once, and what is off is one of them", () => {
  const all = DEFAULT_ALERTS.flatMap(({ alerts }) => alerts);
  expect(new Set(all).size).toBe(all.length);
  expect(Object.keys(ALERTS_OFF).filter((alert) => !all.includes(alert))).toEqual([]);
});

const amtool = findProgram("amtool");

(amtool.kind === "found" ? describe : describe.skip)(
  amtool.kind === "found" ? "amtool" : `amtool [skipped: ${amtool.reason}]`,
  () => {
    const file = path.join(folder, "alertmanager.yml");
    const run = (...args: readonly string[]): string =>
      execFileSync(amtool.kind === "found" ? amtool.file : "", args, { encoding: "utf8", stdio: "pipe" });
    beforeAll(() => writeFileSync(file, JSON.stringify(alertmanager)));

    it("takes the configuration", () => {
      expect(run("check-config", file)).toContain("SUCCESS");
    });

    it.each([
      [["severity=page", "alertname=x"], "page"],
      [["severity=critical", "alertname=KubeAPIDown"], "page"],
      [["severity=ticket"], "ticket"],
      [["severity=warning"], "ticket"],
      [["severity=info"], "null"],
      [["severity=none", "alertname=Watchdog"], "watchdog"],
      // What somebody forgot to give a severity is looked at.
      [["alertname=x"], "ticket"],
    ])("sends %j to %s", (labels, receiver) => {
      expect(run("config", "routes", "test", `--config.file=${file}`, ...labels).trim()).toBe(receiver);
    });
  },
);
