import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import getPort from "get-port";
import { PrometheusAlarm } from "../../constructs/shared/observability/prometheus-alarm";
import { alertmanagerConfig } from "../../constructs/stage3/prometheus/alertmanager";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { findProgram, type PrometheusProgram } from "../../tools/prometheus/programs";
import { ruleFile } from "../../tools/prometheus/rule-files";
import { oneEnvironment } from "../config/support";
import { describeOnCluster, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

const ETL = "epic2op";
const ALERT = `opsdx-dev-${ETL}-job-failed`;
const TOPICS = {
  page: "arn:aws:sns:us-east-1:123456789012:page",
  ticket: "arn:aws:sns:us-east-1:123456789012:ticket",
  watchdog: "arn:aws:sns:us-east-1:123456789012:watchdog",
};
/** The rule holds a minute, and a minute passes before the notification of what was: several times both. */
const RINGS_SECONDS = 600;

const JOB: KubernetesObject = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: `${ETL}-planted`, namespace: "etl", labels: { etl: ETL } },
  spec: {
    backoffLimit: 0,
    template: {
      metadata: { annotations: { "opsdx.io/kwok-exit": "fail" } },
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.com/none:1" }] },
    },
  },
};

const PROGRAMS: readonly PrometheusProgram[] = ["alertmanager", "kube-state-metrics", "prometheus"];
const missing = PROGRAMS.map((name) => findProgram(name)).flatMap((one) => (one.kind === "missing" ? one.reason : []));

function onPrograms(title: string, tests: () => void): void {
  if (missing.length === 0) describeOnCluster(title, tests);
  else describe.skip(`${title} [skipped: ${missing.join("; ")}]`, tests);
}

onPrograms("a Job that fails", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "prometheus-"));
  const started: ChildProcess[] = [];
  const published: URLSearchParams[] = [];
  const sns = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      published.push(new URLSearchParams(body));
      const result = "<PublishResult><MessageId>1</MessageId></PublishResult>";
      response.end(`<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${result}</PublishResponse>`);
    });
  });
  let cluster: TestCluster;

  /** Starts a program, and gives its address once it says that it is ready. */
  async function start(
    name: PrometheusProgram,
    ready: string,
    argsFor: (port: number) => readonly string[],
  ): Promise<string> {
    const program = findProgram(name);
    const port = await getPort();
    const child = spawn(program.kind === "found" ? program.file : "", argsFor(port), {
      cwd: folder,
      env: { ...process.env, AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "example" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk) => (said = (said + String(chunk)).slice(-2000)));
    started.push(child);
    const target = `127.0.0.1:${port}`;
    await eventually(
      `${name} is ready`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
        const answer = await fetch(`http://${target}${ready}`).catch(() => undefined);
        return answer?.ok === true ? true : undefined;
      },
      60,
    );
    return target;
  }

  const file = (name: string, content: unknown): string => {
    const at = path.join(folder, name);
    writeFileSync(at, typeof content === "string" ? content : JSON.stringify(content));
    return at;
  };

  const notification = (status: "FIRING" | "RESOLVED"): Promise<URLSearchParams> =>
    eventually(
      `${ALERT} is told as ${status}`,
      () => Promise.resolve(published.find((one) => one.get("Message")?.includes(`${status} ${ALERT} `) === true)),
      RINGS_SECONDS,
    );

  beforeAll(async () => {
    cluster = await startTestCluster();
    await new Promise<void>((resolve) => sns.listen(0, "127.0.0.1", resolve));
    const config = oneEnvironment();
    const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
    const rules = stacks.flatMap((stack) =>
      stack.node.findAll().flatMap((one) => (one instanceof PrometheusAlarm ? [one.rule] : [])),
    );
    const alertmanager = file(
      "alertmanager.yml",
      alertmanagerConfig({
        region: "us-east-1",
        topics: TOPICS,
        causes: { nodeNotReady: "opsdx-dev-k8s-node-not-ready" },
        apiUrl: `http://127.0.0.1:${(sns.address() as AddressInfo).port}`,
        hurry: { groupWait: "1s", groupInterval: "1s" },
      }),
    );
    const alerts = await start("alertmanager", "/-/ready", (port) => [
      ...[`--config.file=${alertmanager}`, `--storage.path=${path.join(folder, "alertmanager")}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, "--cluster.listen-address="],
    ]);
    const telemetry = await getPort();
    const state = await start("kube-state-metrics", "/metrics", (port) => [
      `--kubeconfig=${cluster.controlPlane.kubeconfig}`,
      ...["--host=127.0.0.1", `--port=${port}`, "--metric-labels-allowlist=jobs=[etl]"],
      ...["--telemetry-host=127.0.0.1", `--telemetry-port=${telemetry}`],
    ]);
    file("rules.yml", ruleFile(rules));
    const prometheus = file("prometheus.yml", {
      global: {
        scrape_interval: "2s",
        evaluation_interval: "2s",
        external_labels: { environment: "dev", cluster: "k8s" },
      },
      rule_files: ["rules.yml"],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alerts] }] }] },
      scrape_configs: [{ job_name: "kube-state-metrics", honor_labels: true, static_configs: [{ targets: [state] }] }],
    });
    await start("prometheus", "/-/ready", (port) => [
      ...[`--config.file=${prometheus}`, `--storage.tsdb.path=${path.join(folder, "prometheus")}`],
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
  }, 3 * START_MS);
  afterAll(async () => {
    for (const program of started) program.kill();
    sns.close();
    await removeControlPlane(cluster.props.directory);
  });

  it(
    "is told to the topic of its severity, by its ETL's alarm, with its page of the runbook, and so is its end",
    async () => {
      await applyAll(cluster.client, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "etl" } }]);
      const core = cluster.client.config.makeApiClient(CoreV1Api);
      await eventually("the default service account is there", () =>
        core.readNamespacedServiceAccount({ name: "default", namespace: "etl" }).catch(() => undefined),
      );
      await applyAll(cluster.client, [JOB]);
      const rung = await notification("FIRING");
      expect(Object.fromEntries(rung)).toMatchObject({
        Action: "Publish",
        TopicArn: TOPICS.ticket,
        Subject: "FIRING: k8s (1)",
      });
      const message = rung.get("Message") ?? "";
      expect(message).toMatch(/^Runbook: \S+\/docs\/runbook\/etl\S*\.md#\S*job-failed$/m);
      expect(message).toContain(`job_name=${ETL}-planted `);
      await cluster.client.objects.delete(
        structuredClone(JOB),
        undefined,
        undefined,
        undefined,
        undefined,
        "Background",
      );
      expect((await notification("RESOLVED")).get("TopicArn")).toBe(TOPICS.ticket);
      // The Job is nobody else's: the alarm on Jobs that are no ETL's stays silent.
      expect(published.filter((one) => one.get("Message")?.includes("opsdx-dev-k8s-job-failed"))).toEqual([]);
    },
    2 * RINGS_SECONDS * 1000,
  );
});
