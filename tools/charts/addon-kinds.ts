/**
 * Kinds that kops' addons bring to every cluster, as far as charts may use them.
 * @see https://cert-manager.io/docs/reference/api-docs/
 * @see https://docs.cilium.io/en/stable/network/kubernetes/policy/#ciliumnetworkpolicy
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/
 */
export const ADDON_KINDS: readonly string[] = [
  ...["Certificate", "CertificateRequest", "ClusterIssuer", "Issuer"].map((kind) => `cert-manager.io/v1/${kind}`),
  ...["CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy"].map((kind) => `cilium.io/v2/${kind}`),
  "elbv2.k8s.aws/v1beta1/TargetGroupBinding",
];
