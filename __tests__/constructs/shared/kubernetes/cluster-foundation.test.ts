import { ClusterFoundation } from "../../../../constructs/shared/kubernetes/cluster-foundation";
import { providersOf, synth } from "../../../support";

const stack = synth((scope) => {
  new ClusterFoundation(scope, "Cluster", { provider: providersOf(scope, "k8s-ml").kubernetes });
});

describe("ClusterFoundation", () => {
  it("lets clinicians' requests go before data, data before services, these before tools, which are the default", () => {
    const classes = stack
      .ofType("kubernetes_priority_class_v1")
      .map(({ body }) => ({ ...(body["metadata"] as { name: string }), ...body }))
      .map((priority: { name: string; value?: unknown; global_default?: unknown; preemption_policy?: unknown }) => [
        priority.name,
        priority.value,
        priority.global_default,
        priority.preemption_policy,
      ]);
    expect(classes).toEqual([
      ["opsdx-agent", 2_000_000, false, "Never"],
      ["opsdx-web", 1_000_000, false, undefined],
      ["opsdx-etl", 100_000, false, undefined],
      ["opsdx-service", 10_000, false, undefined],
      ["opsdx-tools", 1000, true, undefined],
    ]);
  });

  it("lets readers see everything that is declared, but no secret, and change nothing", () => {
    const bindings = stack.ofType("kubernetes_cluster_role_binding_v1");
    expect(bindings.map(({ body }) => [body["role_ref"], body["subject"]])).toEqual(
      [`\${${stack.one("kubernetes_cluster_role_v1").address}.metadata[0].name}`, "view"].map((name) => [
        { api_group: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        [{ api_group: "rbac.authorization.k8s.io", kind: "Group", name: "opsdx:readers" }],
      ]),
    );
    const rules = stack.one("kubernetes_cluster_role_v1").body["rule"] as { resources: string[]; verbs: string[] }[];
    expect(rules.flatMap(({ verbs }) => verbs).filter((verb) => !["get", "list", "watch"].includes(verb))).toEqual([]);
    expect(rules.flatMap(({ resources }) => resources)).not.toContain("secrets");
  });

  it("names the provider of its cluster everywhere", () => {
    expect(new Set(stack.resources.map(({ body }) => body["provider"]))).toEqual(new Set(["kubernetes.k8s-ml"]));
  });

  it("keeps what needs its node apart from what watches", () => {
    const enforced = stack
      .ofType("kubernetes_namespace_v1")
      .map(({ body }) => body["metadata"] as { name: string; labels: Record<string, string> })
      .map(({ name, labels }) => [name, labels["pod-security.kubernetes.io/enforce"]]);
    expect(enforced).toEqual([
      ["monitoring", "restricted"],
      ["node-agents", "privileged"],
    ]);
    const findings = stack.findings().filter(({ rule }) => rule === "KubernetesNamespaceRestricted");
    expect(findings.map(({ problem, acknowledged }) => [problem, acknowledged?.slice(0, 42)])).toEqual([
      ["lets pods of the standard privileged in", "Agents read files of their node and run as"],
    ]);
  });

  it("closes both, and opens no way by itself", () => {
    const policies = stack
      .ofType("kubernetes_network_policy_v1")
      .map(({ body }) => body["metadata"] as { name: string; namespace: string });
    expect(policies.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      "monitoring/default-deny",
      "monitoring/allow-name-server",
      "node-agents/default-deny",
      "node-agents/allow-name-server",
    ]);
  });

  it("lets no Service be an entrance of its own, and gives every container a limit", () => {
    expect(
      stack
        .ofType("kubernetes_resource_quota_v1")
        .map(({ body }) => [
          (body["metadata"] as { namespace: string }).namespace,
          (body["spec"] as { hard: object }).hard,
        ]),
    ).toEqual([
      ["monitoring", { "services.loadbalancers": "0" }],
      ["node-agents", { "services.loadbalancers": "0", "services.nodeports": "0" }],
    ]);
    expect(stack.ofType("kubernetes_limit_range_v1")).toHaveLength(2);
  });

  it("leaves no policy finding open", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
