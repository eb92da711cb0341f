/**
 * The kops version that the manifest, the clusters' resources and their parity check are made for. It changes together with
 * `constructs/stage2/kops`, and every boot payload is rendered anew.
 * @see docs/kops.md
 */
export const KOPS_VERSION = "1.36.2";

/**
 * The Kubernetes minors that this kops accepts, oldest first.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/upup/pkg/fi/cloudup/apply_cluster.go
 */
export const KUBERNETES_MINORS = ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36"] as const;
