import type { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { WorkloadNamespace } from "../kubernetes/workload-namespace";
import type { Procedure } from "../observability/system";

/** A cluster on which services watch. */
export interface WatchedCluster {
  /** Full name, for example `k8s.dev.opsdx.io`. */
  readonly name: string;
  /** Helm on the cluster. */
  readonly helm: HelmProvider;
  /** The provider of what is in it. */
  readonly kubernetes: KubernetesProvider;
  /** What the cluster has from the start: its namespace of watchers, and that of agents that need their node. */
  readonly foundation: { readonly monitoring: WorkloadNamespace; readonly nodeAgents: WorkloadNamespace };
}

/**
 * The context of such clusters in kubectl, as the runbook writes it for all of an environment: `<cluster>.dev.opsdx.io`.
 * @param clusters - the clusters by their short names
 */
export function contextOf(clusters: Readonly<Record<string, Pick<WatchedCluster, "name">>>): string {
  const [[key, { name }] = ["", { name: "" }]] = Object.entries(clusters);
  return `<cluster>${name.slice(key.length)}`;
}

/** The command that deploys a service, as the runbook writes it. */
export const DEPLOY = "npx cdktf deploy <env>-stage3";

/** How a release goes back to what it was. */
export function rollback(releaseName: string, namespace: string, context: string): Procedure {
  return {
    title: "Go back to the release before",
    steps: [
      `\`HELM_DRIVER=configmap helm --kube-context ${context} -n ${namespace} history ${releaseName}\``,
      "A release whose pods don't become ready goes back by itself. Otherwise revert the commit and deploy:",
      DEPLOY,
    ],
  };
}
