import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import type { ClusterName } from "../../../../config/schema/environment";
import { ClusterFoundation } from "../../../../constructs/shared/kubernetes/cluster-foundation";
import type { BaseStack } from "../../../../stacks/base-stack";
import type { Synthesized } from "../../../support";

/** The clusters of an environment `test`, with what each has from the start. */
export function clustersIn(stack: BaseStack) {
  const cluster = (name: ClusterName) => {
    const kubernetes = new KubernetesProvider(stack, `Kubernetes-${name}`, { alias: name });
    return {
      name: `${name}.test.opsdx.io`,
      oidcIssuer: `discovery.example/${name}.test.opsdx.io`,
      oidcProviderArn: `arn:aws:iam::123456789012:oidc-provider/discovery.example/${name}.test.opsdx.io`,
      helm: new HelmProvider(stack, `Helm-${name}`, { alias: name }),
      kubernetes,
      foundation: new ClusterFoundation(stack, `Cluster-${name}`, { provider: kubernetes }),
    };
  };
  return { k8s: cluster("k8s"), "k8s-ml": cluster("k8s-ml"), "k8s-ml-tf": cluster("k8s-ml-tf") };
}

/** The release on a cluster of {@link clustersIn}, and its values as data. */
export function releaseOn(stack: Synthesized, cluster: ClusterName) {
  const { body } = stack.one("helm_release", { provider: `helm.${cluster}` });
  const values: unknown = JSON.parse((body["values"] as [string])[0]);
  return { body, values };
}
