import type { ClusterName } from "../../../../config/schema/environment";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import { LogShipping } from "../../../../constructs/stage3/fluent-bit/log-shipping";
import { hasCommand, synth } from "../../../support";
import { platformIn, releaseOn } from "../platform";

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

interface Values {
  readonly serviceAccount: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly config: Readonly<Record<string, string>>;
  readonly luaScripts: Readonly<Record<string, string>>;
  readonly daemonSetVolumes: readonly { readonly name: string; readonly hostPath: { readonly path: string } }[];
  readonly daemonSetVolumeMounts: readonly Mount[];
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
}

let made: LogShipping | undefined;
const stack = synth((scope) => {
  made = new LogShipping(scope, "LogShipping", { platform: platformIn(scope) });
});
const facts = made === undefined ? undefined : systemFacts(made);
const alarms = (made?.node.findAll() ?? [])
  .flatMap(({ node }) => node.metadata)
  .filter(({ type }) => type === ALARM_METADATA)
  .map(({ data }) => data as AlarmFacts);
const valuesOn = (cluster: ClusterName) => releaseOn(stack, cluster, "fluent-bit").values as Values;
const group = (name: string): string => stack.one("aws_cloudwatch_log_group", { name }).address;

describe("LogShipping", () => {
  it.each([
    ["k8s", "opsdx-test-k8s-logs", "kubernetes"],
    ["k8s-ml", "opsdx-ml-test-k8s-logs", "kubernetes"],
    ["k8s-ml-tf", "opsdx-ml-test-k8s-logs", "k8s-ml-tf"],
  ] as const)("ships %s to %s, below %s", (cluster, logGroup, root) => {
    const { body } = releaseOn(stack, cluster, "fluent-bit");
    const values = valuesOn(cluster);
    expect(body).toMatchObject({
      name: "fluent-bit",
      namespace: "node-agents",
      chart: "fluent-bit",
      version: "0.58.1",
      repository: "https://fluent.github.io/helm-charts",
    });
    expect(values.config["outputs"]).toContain(`log_group_name \${${group(logGroup)}.name}\n`);
    expect(Object.fromEntries(values.env.map(({ name, value }) => [name, value]))).toMatchObject({
      CLUSTER: `${cluster}.test.opsdx.io`,
      STREAM_ROOT: root,
    });
  });

  it("waits for the namespace and what guards it", () => {
    expect(releaseOn(stack, "k8s", "fluent-bit").body["depends_on"]).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^kubernetes_namespace_v1\.Cluster-k8s_NodeAgents_/),
        expect.stringMatching(/^kubernetes_network_policy_v1\.LogShipping_K8sNetwork_/),
      ]),
    );
  });

  it.each(["k8s", "k8s-ml", "k8s-ml-tf"] as const)("lets the pods of %s write lines, and nothing else", (cluster) => {
    const role = stack.one("aws_iam_role", { name: `opsdx-test-fluent-bit-${cluster}` });
    const trust = String(role.body["assume_role_policy"]);
    expect(trust).toContain("system:serviceaccount:node-agents:fluent-bit");
    expect(trust).toContain(`discovery.example/${cluster}.test.opsdx.io`);
    const policy = stack.one("aws_iam_policy", { name: `opsdx-test-fluent-bit-${cluster}` });
    const logGroup = group(cluster === "k8s" ? "opsdx-test-k8s-logs" : "opsdx-ml-test-k8s-logs");
    const records = ["audit", "nodes"].map((record) => group(`opsdx-test-kubernetes-${record}`));
    expect((JSON.parse(String(policy.body["policy"])) as { Statement: unknown }).Statement).toEqual([
      {
        Sid: "WriteLines",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        Resource: [
          `\${${logGroup}.arn}`,
          ...records.map((record) => `\${${record}.arn}`),
          `\${${logGroup}.arn}:log-stream:*`,
          ...records.map((record) => `\${${record}.arn}:log-stream:${cluster}.test.opsdx.io/*`),
        ],
      },
    ]);
    expect(valuesOn(cluster).serviceAccount).toMatchObject({
      name: "fluent-bit",
      annotations: { "eks.amazonaws.com/role-arn": `\${${role.address}.arn}` },
    });
  });

  it("runs on every node, first of all, and without rights that it does not need", () => {
    expect(releaseOn(stack, "k8s", "fluent-bit").values).toMatchObject({
      kind: "DaemonSet",
      tolerations: [{ operator: "Exists" }],
      priorityClassName: "system-node-critical",
      testFramework: { enabled: false },
      rbac: { create: true, nodeAccess: false, eventsAccess: false },
      securityContext: {
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
  });

  it.each(["k8s", "k8s-ml", "k8s-ml-tf"] as const)(
    "reaches AWS and the API server of %s, and lets watchers ask",
    (name) => {
      const policy = stack
        .ofType("kubernetes_network_policy_v1")
        .find(
          ({ body }) =>
            body["provider"] === `kubernetes.${name}` && (body["metadata"] as { name: string }).name === "fluent-bit",
        );
      expect(policy?.body).toMatchObject({
        metadata: { name: "fluent-bit", namespace: "node-agents" },
        spec: {
          pod_selector: { match_labels: { "app.kubernetes.io/name": "fluent-bit" } },
          policy_types: ["Ingress", "Egress"],
          ingress: [
            {
              from: [{ namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "monitoring" } } }],
              ports: [{ port: "2020", protocol: "TCP" }],
            },
          ],
          egress: [{ ports: [{ port: "443", protocol: "TCP" }] }],
        },
      });
    },
  );

  it("writes to one folder of the node, and only reads the logs", () => {
    const { daemonSetVolumeMounts: mounts, daemonSetVolumes: volumes } = valuesOn("k8s");
    const writable = mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath);
    expect(writable).toEqual(["/var/lib/fluent-bit"]);
    expect(mounts.map(({ name, mountPath }) => [name, mountPath])).toEqual(
      volumes.map(({ name, hostPath }) => [name, hostPath.path]),
    );
  });

  it("asks for memory and bounds it", () => {
    expect(valuesOn("k8s").resources).toEqual({
      requests: { cpu: "50m", memory: "96Mi" },
      limits: { memory: "384Mi" },
    });
  });

  it("brings the script that its pipeline calls", () => {
    const { config, luaScripts } = valuesOn("k8s");
    const [, script, call] = /script \/fluent-bit\/scripts\/(\S+)\n\s+call (\S+)/.exec(config["filters"] ?? "") ?? [];
    expect(luaScripts[script ?? ""]).toContain(`function ${call ?? "?"}(tag, timestamp, record)`);
  });

  it("holds nothing that Helm's templates or Terraform would take for theirs", () => {
    const { config, luaScripts } = valuesOn("k8s");
    const texts = [...Object.values(config), ...Object.values(luaScripts)].join("\n");
    // Terraform makes one dollar sign of two: fluent-bit reads the node's name from its environment.
    expect(texts.replaceAll("$${NODE}", "").replace(/\$\{aws_cloudwatch_log_group\.\w+\.name\}/g, "")).not.toMatch(
      /\{\{|\$\{|%\{/,
    );
  });

  it("tells when a log group falls silent, and counts missing data as silence", () => {
    expect(alarms.map(({ name, severity }) => [name, severity])).toEqual([
      ["secrets-read-by-people", "ticket"],
      ["pods-entered", "ticket"],
      ["api-forbidden-burst", "ticket"],
      ["api-anonymous-burst", "ticket"],
      ...["k8s", "k8s-ml", "k8s-ml-tf"].flatMap((cluster) =>
        ["audit", "nodes", "events"].map((record) => [`${cluster}-${record}-silent`, "ticket"]),
      ),
      ["k8s-logs-silent", "ticket"],
      ["k8s-ml-logs-silent", "ticket"],
    ]);
    expect(
      stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-k8s-ml-logs-silent" }).body,
    ).toMatchObject({
      namespace: "AWS/Logs",
      metric_name: "IncomingLogEvents",
      dimensions: { LogGroupName: `\${${group("opsdx-ml-test-k8s-logs")}.name}` },
      statistic: "Sum",
      comparison_operator: "LessThanThreshold",
      threshold: 1,
      period: 300,
      evaluation_periods: 6,
      treat_missing_data: "breaching",
    });
  });

  it("is one chapter of the runbook, with commands in every alarm and the wiki's way of reading", () => {
    expect(facts).toMatchObject({ name: "fluent-bit", owner: "Yanif" });
    const all = JSON.stringify(facts);
    expect(all).not.toMatch(/-n monitoring/);
    for (const text of [
      "-n node-agents debug node/<node>",
      "awslogs get opsdx-test-k8s-logs kubernetes/",
      "crictl logs",
      "rollout restart",
    ]) {
      expect(all).toContain(text);
    }
    for (const { name, steps } of alarms) {
      expect([name, steps.every(hasCommand)]).toEqual([name, true]);
    }
    expect(all + JSON.stringify(alarms.map(({ steps }) => steps))).not.toMatch(/<env>|Token\[|undefined|docker/);
  });

  it("leaves no policy finding open", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
