import { PINNED_ADDRESSES } from "../../stacks/stateful-addresses";
import { changesOf, typesOf } from "./changes";
import { build, edited, type Built } from "./support";

const STACK = "dev-stage3";
const moved = (etl: string, cluster: string): Built =>
  build(edited([[["dev", "etls", etl, "cluster"], cluster]]), ["dev"]);

/** The provider of a resource of a stack. */
function providerOf(built: Built, address: string): unknown {
  const [type = "", name = ""] = address.split(".");
  const all = built.stacks[STACK]?.["resource"] as Record<string, Record<string, Record<string, unknown>>>;
  return all[type]?.[name]?.["provider"];
}

describe("an ETL that goes to another cluster", () => {
  const before = build(edited([]), ["dev"]);

  it("is made there and destroyed where it was; nothing else goes", () => {
    const after = moved("op2dw", "k8s-ml");
    const { added, changed, removed } = changesOf(before, after, STACK);
    expect([...removed].sort()).toEqual([
      expect.stringContaining("kubernetes_cron_job_v1.Etl_Op2dw_TemplateK8s_"),
      expect.stringContaining("kubernetes_service_account_v1.Etl_Op2dw_TemplateK8s_"),
    ]);
    expect(removed.map((address) => providerOf(before, address))).toEqual(["kubernetes.k8s", "kubernetes.k8s"]);
    const own = added.filter((address) => address.includes(".Etl_Op2dw_TemplateK8sMl_"));
    expect(typesOf(own)).toEqual(["kubernetes_cron_job_v1", "kubernetes_service_account_v1"]);
    expect(added.filter((address) => !own.includes(address) && !address.includes(".Etl_NamespaceK8sMlEtl_"))).toEqual(
      [],
    );
    expect(new Set(added.map((address) => providerOf(after, address)))).toEqual(new Set(["kubernetes.k8s-ml"]));
    expect(changed.map((address) => address.replace(/_[0-9A-F]{8}$/, "")).sort()).toEqual([
      "aws_iam_role.Etl_Op2dw_JobRole",
      "aws_lambda_function.Etl_Op2dw_Launcher",
      // The rules on its Jobs.
      "helm_release.Prometheus_K8s",
      "helm_release.Prometheus_K8sMl",
      "kubernetes_resource_quota_v1.Etl_NamespaceK8sEtl_Quota",
    ]);
  });

  it("takes its namespace along where it was the last", () => {
    const { removed } = changesOf(before, moved("c2dw", "k8s"), STACK);
    const rest = removed.filter((address) => !address.includes("_C2dw_TemplateK8sMl_"));
    expect(rest.filter((address) => !address.includes(".Etl_NamespaceK8sMlC2dwEtl_"))).toEqual([]);
    expect(typesOf(rest)).toContain("kubernetes_namespace_v1");
  });

  it("never has one address in two clusters, whichever moves", () => {
    const clusters = { epic2op: "k8s-ml", "c2dw-daily": "k8s-ml", op2dw: "k8s-ml", c2dw: "k8s" };
    for (const [etl, cluster] of Object.entries(clusters)) {
      const after = moved(etl, cluster);
      const stay = changesOf(before, after, STACK).changed.filter((address) => address.startsWith("kubernetes_"));
      expect(stay.map((address) => providerOf(after, address))).toEqual(
        stay.map((address) => providerOf(before, address)),
      );
    }
  });

  it("loses nothing that is pinned", () => {
    const { removed } = changesOf(before, moved("op2dw", "k8s-ml"), STACK);
    expect(removed.filter((address) => PINNED_ADDRESSES[STACK]?.includes(address))).toEqual([]);
  });
});
