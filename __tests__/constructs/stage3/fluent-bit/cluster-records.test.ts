import { AUDIT_WATCHES } from "../../../../constructs/stage3/fluent-bit/cluster-records";
import { LogShipping } from "../../../../constructs/stage3/fluent-bit/log-shipping";
import { synth } from "../../../support";
import { matches } from "../../shared/audit/filter-pattern";
import { platformIn, releaseOn } from "../platform";

const stack = synth((scope) => {
  new LogShipping(scope, "LogShipping", { platform: platformIn(scope) });
});
const group = (name: string) => stack.one("aws_cloudwatch_log_group", { name: `opsdx-test-kubernetes-${name}` });
const filter = (name: string) => stack.one("aws_cloudwatch_log_metric_filter", { name: `kubernetes-${name}` }).body;
const alarm = (name: string) => stack.one("aws_cloudwatch_metric_alarm", { alarm_name: `opsdx-test-${name}` }).body;
const CLUSTERS = ["k8s", "k8s-ml", "k8s-ml-tf"] as const;

describe("what is recorded of the clusters", () => {
  it("is kept with a key: the audit log as long as audits are, the rest as long as logs", () => {
    expect(["audit", "nodes", "events"].map((name) => group(name).body["retention_in_days"])).toEqual([365, 30, 30]);
    for (const name of ["audit", "nodes", "events"]) expect(group(name).body["kms_key_id"]).toBeDefined();
  });

  it.each([
    ["audit", "AuditEvents", '{ $.auditID = "*" }'],
    ["nodes", "NodeLines", '{ $.message = "*" }'],
    ["events", "ReaderAlive", '{ $.event = "reader.alive" }'],
  ])("%s of each cluster has an alarm on its silence", (record, metric, pattern) => {
    expect(filter(metric)).toMatchObject({
      pattern,
      log_group_name: `\${${group(record).address}.name}`,
      metric_transformation: { namespace: "OpsDX/Kubernetes", name: metric, dimensions: { Cluster: "$.cluster" } },
    });
    for (const cluster of CLUSTERS) {
      expect(alarm(`${cluster}-${record}-silent`)).toMatchObject({
        namespace: "OpsDX/Kubernetes",
        metric_name: metric,
        dimensions: { Cluster: `${cluster}.test.opsdx.io` },
        comparison_operator: "LessThanThreshold",
        threshold: 1,
        period: 300,
        evaluation_periods: 6,
        treat_missing_data: "breaching",
      });
    }
  });

  it("has saved queries", () => {
    const names = stack.ofType("aws_cloudwatch_query_definition").map(({ body }) => body["name"]);
    expect(names.sort()).toEqual(
      [
        "Secrets read by people",
        "events of an object",
        "journal of a node",
        "requests by nobody",
        "requests that were forbidden",
        "shells and ports into pods",
        "warnings by reason",
      ].map((title) => `opsdx-test/kubernetes/${title}`),
    );
  });
});

/** Audit events as the API server writes them. @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
const event = (
  username: string,
  verb: string,
  [resource, subresource]: readonly [string, string?],
  code = 200,
): Record<string, unknown> => ({
  kind: "Event",
  auditID: "4f1c",
  stage: "ResponseComplete",
  verb,
  user: { username },
  objectRef: { resource, namespace: "etl", ...(subresource !== undefined && { subresource }) },
  responseStatus: { code },
  cluster: "k8s.test.opsdx.io",
});
const counted = (audited: Record<string, unknown>): string[] =>
  AUDIT_WATCHES.filter(({ metric }) => matches(String(filter(metric)["pattern"]), audited)).map(({ metric }) => metric);

describe("the audit log is counted where", () => {
  it.each([
    ["a person lists Secrets", event("admin", "list", ["secrets"]), ["SecretsRead"]],
    ["CI gets one", event("ci-apply", "get", ["secrets"]), ["SecretsRead"]],
    ["an addon reads one", event("system:serviceaccount:kube-system:cert-manager", "get", ["secrets"]), []],
    ["a person makes one", event("admin", "create", ["secrets"]), []],
    ["a person opens a shell", event("admin", "create", ["pods", "exec"], 101), ["PodsEntered"]],
    [
      "a service account opens one",
      event("system:serviceaccount:default:x", "get", ["pods", "exec"], 101),
      ["PodsEntered"],
    ],
    ["a person opens a port", event("admin", "create", ["pods", "portforward"], 101), ["PodsEntered"]],
    ["a person puts a debugger into a pod", event("admin", "patch", ["pods", "ephemeralcontainers"]), ["PodsEntered"]],
    ["a person reads a pod's log", event("admin", "get", ["pods", "log"]), []],
    ["a person is refused", event("admin", "delete", ["pods"], 403), ["Forbidden"]],
    ["a person is refused Secrets", event("admin", "list", ["secrets"], 403), ["SecretsRead", "Forbidden"]],
    ["nobody asks", event("system:anonymous", "get", ["pods"], 403), ["Forbidden", "Anonymous"]],
    ["a token is out of date", event("", "get", ["pods"], 401), ["Anonymous"]],
    ["the launcher makes a Job", event("etl-launcher", "create", ["jobs"], 201), []],
  ])("%s", (_, audited, metrics) => {
    expect(counted(audited)).toEqual(metrics);
  });

  it.each(AUDIT_WATCHES.map(({ metric, name, threshold }) => [name, metric, threshold] as const))(
    "%s, of all clusters, with an alarm",
    (name, metric, threshold) => {
      expect(filter(metric)).toMatchObject({
        log_group_name: `\${${group("audit").address}.name}`,
        metric_transformation: { namespace: "OpsDX/Kubernetes", name: metric, value: "1", default_value: "0" },
      });
      expect(alarm(name)).toMatchObject({
        metric_name: metric,
        statistic: "Sum",
        comparison_operator: "GreaterThanOrEqualToThreshold",
        threshold,
        period: 300,
        evaluation_periods: 1,
        treat_missing_data: "notBreaching",
      });
    },
  );
});

describe("the reader of events", () => {
  it.each(CLUSTERS)("is one pod on %s, which may write one stream of one group", (cluster) => {
    const { body, values } = releaseOn(stack, cluster, "event-reader");
    expect(body).toMatchObject({ namespace: "monitoring", chart: "fluent-bit", version: "0.58.1" });
    const role = stack.one("aws_iam_role", { name: `opsdx-test-event-reader-${cluster}` });
    expect(values).toMatchObject({
      kind: "Deployment",
      replicaCount: 1,
      updateStrategy: { type: "Recreate" },
      fullnameOverride: "event-reader",
      rbac: { create: true, nodeAccess: false, eventsAccess: true },
      serviceAccount: { annotations: { "eks.amazonaws.com/role-arn": `\${${role.address}.arn}` } },
    });
    expect(String(role.body["assume_role_policy"])).toContain("system:serviceaccount:monitoring:event-reader");
    const policy = String(stack.one("aws_iam_policy", { name: `opsdx-test-event-reader-${cluster}` }).body["policy"]);
    const arn = `\${${group("events").address}.arn}`;
    expect(stack.statements(policy)).toMatchObject([
      {
        actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources: [arn, `${arn}:log-stream:${cluster}.test.opsdx.io`],
      },
    ]);
  });

  it("runs as nobody, as its namespace demands, and writes into a folder of its own", () => {
    const { values } = releaseOn(stack, "k8s", "event-reader");
    expect(values).toMatchObject({
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65534,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
      extraVolumes: [{ name: "state", emptyDir: { sizeLimit: "200Mi" } }],
      extraVolumeMounts: [{ name: "state", mountPath: "/var/lib/fluent-bit" }],
    });
    expect(JSON.stringify(values)).not.toContain("hostPath");
  });

  it("reaches AWS and the API server, and lets watchers ask", () => {
    const policies = stack
      .ofType("kubernetes_network_policy_v1")
      .filter(({ body }) => (body["metadata"] as { name: string }).name === "event-reader");
    expect(policies).toHaveLength(3);
    for (const { body } of policies) {
      expect(body).toMatchObject({
        metadata: { namespace: "monitoring" },
        spec: {
          pod_selector: { match_labels: { "app.kubernetes.io/name": "event-reader" } },
          ingress: [{ ports: [{ port: "2020", protocol: "TCP" }] }],
          egress: [{ ports: [{ port: "443", protocol: "TCP" }] }],
        },
      });
    }
  });
});
