import {
  fromNodes,
  HTTPS,
  PodNetworkPolicy,
  postgresIn,
  type PodWay,
} from "../../../../constructs/shared/kubernetes/pod-network-policy";
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
  new WorkloadNamespace(scope, "Default", {
    provider,
    name: "default",
    level: { standard: "baseline", reason: "A test of what it is labelled with." },
    exists: true,
  });
  new WorkloadNamespace(scope, "Pingpong", {
    provider,
    name: "pingpong",
    level: "restricted",
    containerDefaults: { cpu: "50m", memory: "256Mi" },
    ways: {
      players: { podLabels: { role: "player" }, in: [{ peer: "namespace", ports: [7000, 7001] }] },
      "watched-by": {
        in: [{ peer: { namespace: "monitoring", podLabels: { app: "prometheus" } }, ports: [9090] }],
        out: [HTTPS],
      },
    },
  });
  new PodNetworkPolicy(scope, "Network", {
    provider,
    namespace,
    name: "etl",
    podLabels: { app: "x" },
    in: [fromNodes(8000)],
    out: [HTTPS, postgresIn("10.0.0.0/16")],
  });
});
const spec = (type: string, name: string, namespace = "etl") =>
  stack.one(type, { metadata: { name, namespace } }).body["spec"];

describe("WorkloadNamespace", () => {
  it("refuses pods below its level, and warns below the strictest", () => {
    const labels = {
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
      "pod-security.kubernetes.io/audit": "restricted",
    };
    expect(stack.ofType("kubernetes_namespace_v1").map(({ body }) => body["metadata"])).toEqual([
      { name: "etl", labels },
      { name: "pingpong", labels },
    ]);
  });

  it("labels a namespace that is there already, and does not own it", () => {
    const { body } = stack.one("kubernetes_labels");
    expect(body).toMatchObject({ kind: "Namespace", metadata: { name: "default" } });
    expect(body["labels"]).toMatchObject({ "pod-security.kubernetes.io/enforce": "baseline" });
  });

  it("closes both ways, but for the name server", () => {
    for (const namespace of ["etl", "default", "pingpong"]) {
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

  it("gives requests and a limit to containers that state none, where told so", () => {
    expect(stack.one("kubernetes_limit_range_v1").body).toMatchObject({
      metadata: { name: "container-defaults", namespace: "pingpong" },
      spec: {
        limit: [{ type: "Container", default_request: { cpu: "50m", memory: "256Mi" }, default: { memory: "256Mi" } }],
      },
    });
  });

  it("opens its named ways, and only those, to whom they name", () => {
    const tcp = (port: string) => ({ port, protocol: "TCP" });
    expect(spec("kubernetes_network_policy_v1", "players", "pingpong")).toEqual({
      pod_selector: { match_labels: { role: "player" } },
      policy_types: ["Ingress"],
      ingress: [{ from: [{ pod_selector: {} }], ports: [tcp("7000"), tcp("7001")] }],
    });
    expect(spec("kubernetes_network_policy_v1", "watched-by", "pingpong")).toEqual({
      pod_selector: {},
      policy_types: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            {
              namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "monitoring" } },
              pod_selector: { match_labels: { app: "prometheus" } },
            },
          ],
          ports: [tcp("9090")],
        },
      ],
      egress: [{ ports: [tcp("443")] }],
    });
    expect(
      stack
        .ofType("kubernetes_network_policy_v1")
        .map(({ body }) => body["metadata"] as { name: string; namespace: string })
        .filter(({ namespace }) => namespace === "pingpong")
        .map(({ name }) => name),
    ).toEqual(["default-deny", "allow-name-server", "players", "watched-by"]);
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

  it("leaves parts of a block closed, and opens a range of ports", () => {
    const made = synth((scope) => {
      const provider = providersOf(scope, "k8s").kubernetes;
      const namespace = new WorkloadNamespace(scope, "Etl", { provider, name: "etl", level: "restricted" });
      new PodNetworkPolicy(scope, "Network", {
        provider,
        namespace,
        name: "builds",
        out: [
          { peer: { cidr: "0.0.0.0/0", except: ["10.0.8.0/24"] }, ports: [443, 80] },
          { peer: "namespace", ports: [[1024, 65_535]] },
        ],
      });
    });
    expect(
      made.one("kubernetes_network_policy_v1", { metadata: { name: "builds", namespace: "etl" } }).body["spec"],
    ).toMatchObject({
      egress: [
        {
          to: [{ ip_block: { cidr: "0.0.0.0/0", except: ["10.0.8.0/24"] } }],
          ports: [
            { port: "443", protocol: "TCP" },
            { port: "80", protocol: "TCP" },
          ],
        },
        { to: [{ pod_selector: {} }], ports: [{ port: "1024", end_port: 65_535, protocol: "TCP" }] },
      ],
    });
  });

  it("refuses a way out of the cluster that security groups keep closed, and leaves those to machines of the cluster", () => {
    const policyWith = (...out: readonly PodWay[]) =>
      synth((scope) => {
        const provider = providersOf(scope, "k8s").kubernetes;
        const namespace = new WorkloadNamespace(scope, "Etl", { provider, name: "etl", level: "restricted" });
        new PodNetworkPolicy(scope, "Network", { provider, namespace, name: "mail", out });
      });
    const closed = (port: string): string =>
      `test/Network: out must name ports that SECURITY_MATRIX opens from node, services or builds, got ${port}: it would stay closed`;
    expect(() => policyWith({ peer: "anywhere", ports: [443, 25] })).toThrow(closed("tcp 25"));
    expect(() => policyWith({ peer: { cidr: "10.0.0.0/16" }, ports: [[5432, 5433]] })).toThrow(closed("tcp 5432-5433"));
    expect(() => policyWith({ peer: "anywhere", ports: [443], protocol: "UDP" })).toThrow(closed("udp 443"));
    expect(() => policyWith({ peer: "machines", ports: [10250] }, { peer: "anywhere", ports: [587] })).not.toThrow();
  });

  it("refuses a policy that opens nothing: it would look like one that does", () => {
    expect(() =>
      synth((scope) => {
        const provider = providersOf(scope, "k8s").kubernetes;
        const namespace = new WorkloadNamespace(scope, "Etl", { provider, name: "etl", level: "restricted" });
        new PodNetworkPolicy(scope, "Network", { provider, namespace, name: "none", out: [] });
      }),
    ).toThrow("test/Network: in or out must name a way, got none: the namespace is closed already");
  });
});
