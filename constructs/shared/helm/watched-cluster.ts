import type { Cluster } from "../kubernetes/cluster";
import type { Procedure } from "../observability/system";

/**
 * The context of such clusters in kubectl, as the runbook writes it for all of an environment: `<cluster>.dev.opsdx.io`.
 * @param clusters - the clusters by their short names
 */
export function contextOf(clusters: Readonly<Record<string, Pick<Cluster, "name">>>): string {
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
