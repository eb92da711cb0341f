import { PodNetworkPolicy } from "../../../../constructs/shared/kubernetes/pod-network-policy";
import { WorkloadNamespace } from "../../../../constructs/shared/kubernetes/workload-namespace";
import { providersOf, synth } from "../../../support";

const stack = synth((scope) => {
  const provider = providersOf(scope, "k8s").kubernetes;
  const namespace = new WorkloadNamespace(scope, "Etl", {
    provider,
    name: "etl",
    level: "restricted",
    quota: { "count/jobs.batch": "40" },
  });
  new WorkloadNamespace(scope, "Default", { provider, name: "default", level: "baseline", exists: true });
  new PodNetworkPolicy(scope, "Network", {
    provider,
    namespace,
    name: "etl",
    podLabels: { app: "x" },
    vpcCidr: "10.0.0.0/16",
    ingressPort: 8000,
  });
});
const spec = (type: string, name: string, namespace = "etl") =>
  stack.one(type, { metadata: { name, namespace } }).body["spec"];

describe("WorkloadNamespace", () => {
  it("refuses pods below its level, and warns below the strictest", () => {
    expect(stack.one("kubernetes_namespace_v1").body["metadata"]).toEqual({
      name: "etl",
      labels: {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
      },
    });
  });

  it("labels a namespace that is there already, and does not own it", () => {
    const { body } = stack.one("kubernetes_labels");
    expect(body).toMatchObject({ kind: "Namespace", metadata: { name: "default" } });
    expect(body["labels"]).toMatchObject({ "pod-security.kubernetes.io/enforce": "baseline" });
  });

  it("closes both ways, but for the name server", () => {
    for (const namespace of ["etl", "default"]) {
      expect(spec("kubernetes_network_policy_v1", "default-deny", namespace)).toEqual({
        pod_selector: {},
        policy_types: ["Ingress", "Egress"],
      });
      expect(spec("kubernetes_network_policy_v1", "allow-name-server", namespace)).toMatchObject({
        policy_types: ["Egress"],
        egress: [
          {
            ports: [
              { port: "53", protocol: "UDP" },
              { port: "53", protocol: "TCP" },
            ],
          },
        ],
      });
    }
  });

  it("has a quota where one is asked for", () => {
    expect(stack.ofType("kubernetes_resource_quota_v1").map(({ body }) => body["spec"])).toEqual([
      { hard: { "count/jobs.batch": "40" } },
    ]);
  });

  it("is complete before a pod may come: what stands in it waits for the policies and the quota", () => {
    const policy = stack.one("kubernetes_network_policy_v1", { metadata: { name: "etl", namespace: "etl" } });
    expect(policy.body["depends_on"]).toEqual(
      [
        "kubernetes_namespace_v1.Etl_B7C1F62C",
        "kubernetes_network_policy_v1.Etl_DefaultDeny",
        "kubernetes_network_policy_v1.Etl_NameServer",
        "kubernetes_resource_quota_v1.Etl_Quota",
      ].map((address) => expect.stringContaining(address.replace(/_[0-9A-F]{8}$/, "")) as string),
    );
  });
});

describe("PodNetworkPolicy", () => {
  it("opens HTTPS, PostgreSQL in the VPC, and the port", () => {
    expect(spec("kubernetes_network_policy_v1", "etl")).toMatchObject({
      pod_selector: { match_labels: { app: "x" } },
      ingress: [{ ports: [{ port: "8000", protocol: "TCP" }] }],
      egress: [
        { ports: [{ port: "443", protocol: "TCP" }] },
        { to: [{ ip_block: { cidr: "10.0.0.0/16" } }], ports: [{ port: "5432", protocol: "TCP" }] },
      ],
    });
  });
});
