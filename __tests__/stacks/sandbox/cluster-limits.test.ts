import { clusterLimits, onSandboxClusters } from "../../../stacks/sandbox/cluster-limits";

const JSON_ = {
  terraform: { required_version: "1", required_providers: { aws: {}, kubernetes: {}, helm: {} } },
  provider: { aws: [{}], kubernetes: [{ alias: "k8s" }], helm: [{ alias: "k8s" }] },
  resource: {
    aws_iam_role: { Role: {} },
    kubernetes_namespace_v1: { Etl: {} },
    helm_release: {
      FluentBit: { chart: "fluent-bit", version: "0.58.1", repository: "https://example.com" },
      Own: { chart: "charts/own", version: "1.0.0" },
    },
  },
};
const directory = "/box/clusters";

describe("clusterLimits", () => {
  it("leaves out what there is no cluster for, and says how to get one", () => {
    const limits = clusterLimits(JSON_, undefined);
    expect(limits.map(({ type }) => type)).toEqual(["kubernetes_namespace_v1", "helm_release"]);
    expect(limits[0]?.reason).toContain("--cluster");
  });

  it("leaves out releases where there is no provider or no charts", () => {
    const limits = clusterLimits(JSON_, { directory, providers: ["kubernetes"] });
    expect(limits.map(({ type }) => type)).toEqual(["helm_release"]);
    expect(limits[0]?.reason).toContain("hashicorp/helm");
  });

  it("leaves out nothing where there is all", () => {
    expect(clusterLimits(JSON_, { directory, providers: ["kubernetes", "helm"] })).toEqual([]);
  });
});

describe("onSandboxClusters", () => {
  it("asks for no provider that is not there", () => {
    expect(onSandboxClusters(JSON_, { directory, providers: ["kubernetes"] })).toMatchObject({
      terraform: { required_version: "1", required_providers: { aws: {}, kubernetes: {} } },
      provider: { aws: [{}], kubernetes: [{ alias: "k8s" }] },
      resource: JSON_.resource,
    });
    expect(Object.keys(onSandboxClusters(JSON_, undefined)["provider"] ?? {})).toEqual(["aws"]);
  });

  it("takes charts of a repository from the folder, and leaves the others alone", () => {
    const { resource } = onSandboxClusters(JSON_, { directory, providers: ["kubernetes", "helm"], charts: "/charts" });
    expect((resource as typeof JSON_.resource).helm_release).toEqual({
      FluentBit: { chart: "/charts/fluent-bit-0.58.1.tgz", version: "0.58.1" },
      Own: { chart: "charts/own", version: "1.0.0" },
    });
  });

  it("lets through what pods that run nothing would have to judge", () => {
    const values = JSON.stringify({ webhook: { port: 10250 }, replicaCount: 1 });
    const json = { resource: { helm_release: { Operator: { name: "external-secrets", values: [values] } } } };
    const release = (charts?: string): unknown =>
      onSandboxClusters(json, { directory, providers: ["kubernetes", "helm"], charts })["resource"];
    expect(release("/charts")).toEqual({
      helm_release: {
        Operator: {
          name: "external-secrets",
          values: [JSON.stringify({ webhook: { port: 10250, failurePolicy: "Ignore" }, replicaCount: 1 })],
        },
      },
    });
    expect(release()).toEqual(json.resource);
  });
});
