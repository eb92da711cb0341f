import { stackName } from "../../../config/names";
import type { Cluster } from "../kubernetes/cluster";
import { cdktf, helm, type KubernetesPlace } from "../observability/command";
import { placeholder } from "../observability/placeholders";
import type { Procedure } from "../observability/system";

/**
 * The context of such clusters in kubectl, as the runbook writes it for all of an environment: `<cluster>.dev.opsdx.io`.
 * @param clusters - the clusters by their short names
 */
export function contextOf(clusters: Readonly<Record<string, Pick<Cluster, "name">>>): string {
  const [[key, { name }] = ["", { name: "" }]] = Object.entries(clusters);
  return `${placeholder("cluster")}${name.slice(key.length)}`;
}

/**
 * How a release goes back to what it was.
 * @param releaseName - name of the release
 * @param place - cluster and namespace
 * @param environment - name of the environment
 */
export function rollback(releaseName: string, place: KubernetesPlace, environment: string): Procedure {
  return {
    title: "Go back to the release before",
    steps: [
      helm(place, `history ${releaseName}`),
      [
        "A release whose pods don't become ready goes back by itself. Otherwise revert the commit and deploy:",
        cdktf("deploy", stackName(environment, "stage3")),
      ],
    ],
  };
}
