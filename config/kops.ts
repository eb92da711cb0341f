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

/**
 * The newest Kubernetes that this program was tested with: the control plane of its tests is of this version. Which patches there are
 * cannot be known here, so none above it is taken. Raise it when that version is out and the tests have passed with it.
 * @see https://kubernetes.io/releases/
 */
export const KUBERNETES_TESTED = "1.36.3";

/** Pods of an addon, and what each asks for. */
interface AddonPods {
  /** Name of its Deployment. */
  readonly name: string;
  /** How many there are at least. */
  readonly pods: number;
  /** Thousandths of a processor that one asks for. */
  readonly cpuMillis: number;
  /** MiB that one asks for. */
  readonly memoryMib: number;
}

/**
 * What kops places on any node without a taint, in every cluster. What bears every taint (Cilium, drivers) finds its nodes whatever is
 * configured, and what stands on control planes (cert-manager, the autoscaler, the termination handler) does, too.
 * @see https://github.com/kubernetes/kops/tree/v1.36.2/upup/models/cloudup/resources/addons
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/components/kubedns.go
 */
export const ADDONS_ANYWHERE: readonly AddonPods[] = [
  { name: "coredns", pods: 2, cpuMillis: 100, memoryMib: 70 },
  { name: "coredns-autoscaler", pods: 1, cpuMillis: 20, memoryMib: 10 },
  { name: "metrics-server", pods: 2, cpuMillis: 100, memoryMib: 200 },
  { name: "pod-identity-webhook", pods: 2, cpuMillis: 0, memoryMib: 0 },
  { name: "aws-load-balancer-controller", pods: 1, cpuMillis: 100, memoryMib: 200 },
];
