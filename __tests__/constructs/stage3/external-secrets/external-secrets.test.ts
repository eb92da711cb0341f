import type { ServiceSecret } from "../../../../config/service-secrets";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import { ExternalSecrets } from "../../../../constructs/stage3/external-secrets/external-secrets";
import { synth } from "../../../support";
import { matches } from "../../shared/audit/filter-pattern";
import { platformIn, releaseOn } from "../platform";

const on = (cluster: "k8s" | "k8s-ml" | "k8s-ml-tf"): ServiceSecret => ({
  service: "pump",
  reference: `admin-${cluster}`,
  recipe: { kind: "password" },
  readers: [{ service: "pump", cluster }, { role: "opsdx-test-pump" }],
  afterRotation: [],
});

function made(secrets: readonly ServiceSecret[]) {
  let system: ExternalSecrets | undefined;
  const stack = synth((scope) => {
    system = new ExternalSecrets(scope, "ExternalSecrets", {
      platform: { ...platformIn(scope), serviceSecrets: secrets },
    });
  });
  return { stack, ready: system?.ready ?? {}, facts: system === undefined ? undefined : systemFacts(system) };
}
const { facts, ready, stack } = made([on("k8s"), on("k8s-ml"), on("k8s-ml-tf")]);

describe("ExternalSecrets", () => {
  it("stands on the clusters that a service's secret is read on, and nowhere else", () => {
    expect(Object.keys(ready)).toEqual(["k8s", "k8s-ml", "k8s-ml-tf"]);
    const one = made([on("k8s-ml")]);
    expect(Object.keys(one.ready)).toEqual(["k8s-ml"]);
    expect(one.stack.ofType("helm_release").map(({ body }) => body["provider"])).toEqual(["helm.k8s-ml"]);
    const none = made([]);
    expect(none.ready).toEqual({});
    expect(none.stack.resources.filter(({ path }) => path.includes("/ExternalSecrets"))).toEqual([]);
    expect(none.facts).toBeUndefined();
  });

  it("is the operator's own chart with its definitions, at one version, by restricted pods with bounded memory", () => {
    const { body, values } = releaseOn(stack, "k8s");
    expect(body).toMatchObject({
      name: "external-secrets",
      namespace: "external-secrets",
      chart: "external-secrets",
      version: "2.9.0",
      repository: "https://charts.external-secrets.io",
      wait: true,
    });
    const parts = values as Record<string, Record<string, unknown>>;
    for (const part of [parts, parts["webhook"], parts["certController"]]) {
      expect(part).toMatchObject({
        priorityClassName: "opsdx-service",
        image: {
          repository: "ghcr.io/external-secrets/external-secrets",
          tag: expect.stringMatching(/^v2\.9\.0/) as string,
        },
        podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        livenessProbe: { enabled: true },
      });
      const { limits, requests } = part?.["resources"] as Record<string, { memory: string }>;
      expect(limits?.memory).toBe(requests?.memory);
    }
  });

  it("may take on no account by itself, and knows nothing cluster-wide", () => {
    expect(releaseOn(stack, "k8s").values).toMatchObject({
      rbac: { serviceAccountTokenCreate: false, aggregateToEdit: false, aggregateToAdmin: false },
      processClusterStore: false,
      processClusterExternalSecret: false,
      processPushSecret: false,
    });
  });

  it("lets the API server reach the webhook, Prometheus the metrics, and nobody else in", () => {
    const policies = stack
      .ofType("kubernetes_network_policy_v1")
      .filter(({ body }) => body["provider"] === "kubernetes.k8s")
      .map(({ body }) => body)
      .filter((body) => (body["metadata"] as { name: string }).name.startsWith("external-secrets"));
    const ingress = policies.map((body) => (body["spec"] as { ingress: unknown }).ingress);
    expect(ingress).toEqual([
      [
        {
          from: [{ namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "monitoring" } } }],
          ports: [{ port: "8080", protocol: "TCP" }],
        },
      ],
      [{ ports: [{ port: "10250", protocol: "TCP" }] }],
    ]);
    const { body } = releaseOn(stack, "k8s");
    expect((body["depends_on"] as string[]).filter((address) => address.includes("network_policy"))).toHaveLength(4);
  });

  it("leaves no policy finding open, and says what people need", () => {
    const open = stack
      .findings()
      .filter(({ acknowledged, path }) => acknowledged === undefined && path.includes("/ExternalSecrets"));
    expect(open).toEqual([]);
    expect(facts).toMatchObject({ name: "external-secrets", owner: "Yanif" });
  });
});

describe("external-secrets-not-synced", () => {
  const filters = stack.ofType("aws_cloudwatch_log_metric_filter").map(({ body }) => body);
  const pattern = String(filters[0]?.["pattern"]);
  // What controller-runtime 0.24.1 writes when a reconciler returns an error, as fluent-bit carries it.
  const line = {
    level: "error",
    ts: 1764403200.1,
    msg: "Reconciler error",
    controller: "externalsecret",
    controllerGroup: "external-secrets.io",
    controllerKind: "ExternalSecret",
    ExternalSecret: { name: "pump-admin", namespace: "pumps" },
    namespace: "pumps",
    name: "pump-admin",
    error: "error processing spec.data[0] (key: opsdx/test/pump/admin), err: Secret does not exist",
    kubernetes: { namespace: "external-secrets", container: "external-secrets", cluster: "k8s.test.opsdx.io" },
  };

  it("counts a try that failed, on each cluster, and nothing else", () => {
    expect(filters.map((filter) => filter["log_group_name"])).toHaveLength(2);
    expect(new Set(filters.map((filter) => filter["pattern"])).size).toBe(1);
    expect(matches(pattern, line)).toBe(true);
    expect(matches(pattern, { ...line, controller: "secretstore" })).toBe(false);
    expect(matches(pattern, { ...line, level: "info", msg: "reconciled secret" })).toBe(false);
    expect(matches(pattern, { ...line, kubernetes: { namespace: "pumps" } })).toBe(false);
  });

  it("fires when tries fail for two periods, in each of which one must come", () => {
    const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-external-secrets-not-synced" });
    expect(body).toMatchObject({
      namespace: "OpsDX/Kubernetes",
      metric_name: "ExternalSecretsFailed",
      comparison_operator: "GreaterThanOrEqualToThreshold",
      threshold: 1,
      evaluation_periods: 2,
      treat_missing_data: "notBreaching",
    });
    // The operator waits 7 minutes at most: pkg/controllers/common/common.go.
    expect(Number(body["period"])).toBeGreaterThan(7 * 60);
  });
});
