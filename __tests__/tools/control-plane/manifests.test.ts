import { manifestsOf } from "../../../tools/control-plane/manifests";
import type { Resolve } from "../../../tools/control-plane/references";

type Resource = Record<string, Record<string, Record<string, unknown>>>;

/** The objects of a stack, all providers together. */
function objects(resource: Resource, resolve?: Resolve): Record<string, unknown>[] {
  return [...manifestsOf({ stack: { resource }, resolve }).values()].flat();
}

function one(type: string, body: Record<string, unknown>, resolve?: Resolve): Record<string, unknown> | undefined {
  return objects({ [type]: { Resource: body } }, resolve)[0];
}

const meta = { name: "a", namespace: "etl" };

describe("manifestsOf", () => {
  it("gives a kind its API version, and leaves out what is Terraform's own", () => {
    expect(
      one("kubernetes_namespace_v1", {
        "//": { metadata: { path: "x" } },
        provider: "kubernetes.k8s",
        depends_on: ["kubernetes_role.x"],
        lifecycle: { ignore_changes: ["metadata"] },
        wait_for_default_service_account: true,
        metadata: { name: "etl", labels: { snake_case: "kept" } },
      }),
    ).toEqual({ apiVersion: "v1", kind: "Namespace", metadata: { name: "etl", labels: { snake_case: "kept" } } });
  });

  it("takes types with and without a version", () => {
    const [first, second] = ["kubernetes_config_map", "kubernetes_config_map_v1"].map((type) =>
      one(type, { metadata: meta }),
    );
    expect(first).toEqual(second);
  });

  it("sorts objects by provider, in an order that a cluster can take", () => {
    const all = manifestsOf({
      stack: {
        resource: {
          aws_s3_bucket: { Bucket: { bucket: "b" } },
          helm_release: { Chart: { name: "c" } },
          kubernetes_role_binding_v1: { Binding: { provider: "kubernetes.k8s", metadata: meta } },
          kubernetes_namespace_v1: {
            Ml: { provider: "kubernetes.k8s-ml", metadata: { name: "ml" } },
            Etl: { provider: "kubernetes.k8s", metadata: { name: "etl" } },
            Plain: { metadata: { name: "plain" } },
          },
          kubernetes_service_account_v1: { Account: { provider: "kubernetes.k8s", metadata: meta } },
        },
      },
    });
    expect(Object.fromEntries([...all].map(([provider, list]) => [provider, list.map(({ kind }) => kind)]))).toEqual({
      "kubernetes.k8s": ["Namespace", "ServiceAccount", "RoleBinding"],
      "kubernetes.k8s-ml": ["Namespace"],
      kubernetes: ["Namespace"],
    });
  });

  it("has nothing to say about a stack without clusters", () => {
    expect(objects({ aws_s3_bucket: { Bucket: {} } })).toEqual([]);
    expect([...manifestsOf({ stack: {} })]).toEqual([]);
  });

  it("turns repeated blocks into lists, whether they stand once or often", () => {
    const rule = { api_groups: ["batch"], resources: ["jobs"], verbs: ["get"] };
    const rules = [{ apiGroups: ["batch"], resources: ["jobs"], verbs: ["get"] }];
    expect(one("kubernetes_role_v1", { metadata: meta, rule: [rule] })).toMatchObject({ rules });
    expect(one("kubernetes_role_v1", { metadata: meta, rule })).toMatchObject({ rules });
  });

  it("turns lists of one block into the object that the API wants", () => {
    const spec = {
      suspend: true,
      job_template: [{ metadata: [{}], spec: [{ template: [{ spec: [{ restart_policy: "Never" }] }] }] }],
    };
    expect(one("kubernetes_cron_job_v1", { metadata: [meta], spec: [spec] })).toEqual({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: meta,
      spec: { suspend: true, jobTemplate: { metadata: {}, spec: { template: { spec: { restartPolicy: "Never" } } } } },
    });
  });

  it("keeps apart what has one name and two meanings", () => {
    const service = one("kubernetes_service_v1", {
      metadata: meta,
      spec: { selector: { app_name: "a" }, port: [{ port: 80, target_port: "8080" }], cluster_ip: "None" },
    });
    expect(service?.["spec"]).toEqual({
      selector: { app_name: "a" },
      ports: [{ port: 80, targetPort: 8080 }],
      clusterIP: "None",
    });
    const budget = one("kubernetes_pod_disruption_budget_v1", {
      metadata: meta,
      spec: { min_available: "50%", selector: { match_labels: { app_name: "a" } } },
    });
    expect(budget?.["spec"]).toEqual({ minAvailable: "50%", selector: { matchLabels: { app_name: "a" } } });
    const autoscaler = one("kubernetes_horizontal_pod_autoscaler_v2", {
      metadata: meta,
      spec: { metric: [{ type: "Pods", pods: { metric: { name: "m", selector: [{ match_labels: { a: "b" } }] } } }] },
    });
    expect(autoscaler?.["spec"]).toEqual({
      metrics: [{ type: "Pods", pods: { metric: { name: "m", selector: { matchLabels: { a: "b" } } } } }],
    });
    const account = one("kubernetes_service_account_v1", { metadata: meta, secret: [{ name: "s" }] });
    expect(account).toMatchObject({ secrets: [{ name: "s" }] });
  });

  it("turns text into the numbers that the API wants", () => {
    const template = {
      spec: {
        security_context: { run_as_user: "1000", fs_group: "2000", supplemental_groups: [3000] },
        toleration: [{ key: "k", toleration_seconds: "300" }],
        volume: [{ name: "v", config_map: { name: "c", default_mode: "0440" } }],
        container: [
          { name: "1000", liveness_probe: { http_get: { port: "http" } }, env: [{ name: "PORT", value: "5432" }] },
        ],
      },
    };
    const deployment = one("kubernetes_deployment_v1", {
      metadata: meta,
      spec: { replicas: "2", strategy: { rolling_update: { max_surge: "1", max_unavailable: "25%" } }, template },
    });
    expect(deployment?.["spec"]).toEqual({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: "25%" } },
      template: {
        spec: {
          securityContext: { runAsUser: 1000, fsGroup: 2000, supplementalGroups: [3000] },
          tolerations: [{ key: "k", tolerationSeconds: 300 }],
          volumes: [{ name: "v", configMap: { name: "c", defaultMode: 0o440 } }],
          containers: [
            { name: "1000", livenessProbe: { httpGet: { port: "http" } }, env: [{ name: "PORT", value: "5432" }] },
          ],
        },
      },
    });
  });

  it("leaves maps as they are, but for values that are no text", () => {
    const quota = one("kubernetes_resource_quota_v1", {
      metadata: meta,
      spec: { hard: { "count/jobs.batch": 5, pods: "10" } },
    });
    expect(quota?.["spec"]).toEqual({ hard: { "count/jobs.batch": "5", pods: "10" } });
    const limits = one("kubernetes_limit_range_v1", {
      metadata: meta,
      spec: { limit: [{ type: "Container", default_request: { cpu: "1" } }] },
    });
    expect(limits?.["spec"]).toEqual({ limits: [{ type: "Container", defaultRequest: { cpu: "1" } }] });
  });

  it("keeps blocks that say something by being empty", () => {
    const policy = one("kubernetes_network_policy_v1", {
      metadata: meta,
      spec: { pod_selector: {}, policy_types: ["Ingress"] },
    });
    expect(policy?.["spec"]).toEqual({ podSelector: {}, policyTypes: ["Ingress"] });
  });

  it("gives a secret its keys, and none of its values", () => {
    const placeholder = Buffer.from("placeholder").toString("base64");
    const secret = one("kubernetes_secret_v1", {
      metadata: meta,
      type: "Opaque",
      data_wo: { password: "${ephemeral.x.y.z}" },
      data_wo_revision: 3,
      binary_data: { key: "AAAA" },
    });
    expect(secret).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: meta,
      type: "Opaque",
      data: { password: placeholder, key: placeholder },
    });
    expect(() => one("kubernetes_secret_v1", { metadata: meta, data: "${local.all}" })).toThrow(
      "kubernetes_secret_v1.Resource.data: must be a map with known keys",
    );
  });

  it("labels an object of something else", () => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    const body = { api_version: "v1", kind: "Namespace", metadata: { name: "default" }, labels };
    expect(one("kubernetes_labels", body)).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "default", labels },
    });
  });

  it("names every type it does not know, every block too many and every expression without a value, at once", () => {
    const resource = {
      kubernetes_manifest: { Own: { manifest: {} } },
      kubernetes_deployment_v1: { Web: { metadata: meta, spec: { template: [{}, {}] } } },
      kubernetes_config_map_v1: {
        One: { metadata: meta, data: { a: "${aws_db_instance.Db.address}" } },
        Two: {
          metadata: meta,
          data: { a: "x${aws_db_instance.Db.address}", b: "${kubernetes_role_v1.Absent.metadata[0].name}" },
        },
      },
    };
    expect(() => objects(resource)).toThrow(
      [
        "4 problems with the stack's Kubernetes objects:",
        "kubernetes_manifest.Own: this type is not known here; add it to KINDS in tools/control-plane/manifests.ts",
        "kubernetes_deployment_v1.Web.spec.template: may stand once, got 2",
        '${aws_db_instance.Db.address} has no value here; it stands in kubernetes_config_map_v1.One.data["a"], kubernetes_config_map_v1.Two.data["a"]',
        '${kubernetes_role_v1.Absent.metadata[0].name} has no value here; it stands in kubernetes_config_map_v1.Two.data["b"]',
      ].join("\n"),
    );
  });
});

describe("references", () => {
  const others = {
    kubernetes_namespace_v1: { Etl: { metadata: { name: "etl" } } },
    kubernetes_service_account_v1: {
      Account: { metadata: { name: "job", namespace: "${kubernetes_namespace_v1.Etl.metadata[0].name}" } },
    },
    kubernetes_deployment_v1: {
      Web: {
        metadata: [{ name: "web" }],
        spec: { replicas: 2, template: { spec: { container: [{ name: "first" }, { name: "second" }] } } },
      },
    },
  };
  const text = (value: string, resolve?: Resolve): unknown => {
    const all = objects({ ...others, kubernetes_config_map_v1: { Map: { metadata: meta, data: { value } } } }, resolve);
    return (all.find(({ kind }) => kind === "ConfigMap")?.["data"] as { value: string } | undefined)?.value;
  };

  it.each([
    ["${kubernetes_namespace_v1.Etl.metadata[0].name}", "etl"],
    ["${kubernetes_namespace_v1.Etl.metadata.0.name}", "etl"],
    ["${kubernetes_deployment_v1.Web.metadata[0].name}", "web"],
    ["${kubernetes_service_account_v1.Account.metadata[0].namespace}", "etl"],
    ["a/${kubernetes_namespace_v1.Etl.metadata[0].name}/${kubernetes_deployment_v1.Web.spec[0].replicas}", "a/etl/2"],
    ["${kubernetes_deployment_v1.Web.spec[0].template[0].spec[0].container[1].name}", "second"],
    ["${kubernetes_namespace_v1.Etl.id}", "etl"],
    ["$${HOME} and $(NAME) and %%{x}", "${HOME} and $(NAME) and %{x}"],
    ["no expression: $ { } $x", "no expression: $ { } $x"],
  ])("%s is %s", (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it("come from elsewhere when the stack does not have them", () => {
    const resolve: Resolve = (expression) => (expression.startsWith("data.") ? `<${expression}>` : undefined);
    expect(text('x ${data.terraform_remote_state.Global.outputs.urls["a}b"]} y', resolve)).toBe(
      'x <data.terraform_remote_state.Global.outputs.urls["a}b"]> y',
    );
  });

  it("that go in a circle have no value", () => {
    const loop = { metadata: { name: "${kubernetes_namespace_v1.Loop.metadata[0].name}" } };
    expect(() => objects({ kubernetes_namespace_v1: { Loop: loop } })).toThrow("has no value here");
  });

  it("that do not end are an error", () => {
    expect(() => text("${data.x")).toThrow('"${data.x" has an expression that does not end');
  });
});
