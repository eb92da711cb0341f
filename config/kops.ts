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
  /** Name of its Deployment, DaemonSet or static pod. */
  readonly name: string;
  /** How many there are at least; of what stands on every node, one on each. */
  readonly pods: number;
  /** Thousandths of a processor that one asks for. */
  readonly cpuMillis: number;
  /** MiB that one asks for. */
  readonly memoryMib: number;
  /** Whether they must be spread evenly over nodes. @default false */
  readonly apart?: boolean;
}

/**
 * What kops places on any node without a taint, in every cluster: with what its manifests, and the defaults of its models, ask for. What
 * stands on control planes (cert-manager, the autoscaler, the termination handler, the EBS controller) finds its nodes whatever is
 * configured.
 * @see https://github.com/kubernetes/kops/tree/v1.36.2/upup/models/cloudup/resources/addons
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/components/kubedns.go
 */
export const ADDONS_ANYWHERE: readonly AddonPods[] = [
  { name: "coredns", pods: 2, cpuMillis: 100, memoryMib: 70, apart: true },
  { name: "coredns-autoscaler", pods: 1, cpuMillis: 20, memoryMib: 10 },
  { name: "metrics-server", pods: 2, cpuMillis: 100, memoryMib: 200, apart: true },
  { name: "pod-identity-webhook", pods: 2, cpuMillis: 0, memoryMib: 0, apart: true },
  { name: "aws-load-balancer-controller", pods: 1, cpuMillis: 100, memoryMib: 200 },
];

/**
 * What kops places on every node. Cilium's agent asks for 25m, but one of its init containers for 100m, and the scheduler takes the
 * larger; kube-proxy is there, since the manifest does not switch it off, and asks for no memory.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/upup/models/cloudup/resources/addons/networking.cilium.io/k8s-1.16-v1.15.yaml.template
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/upup/models/cloudup/resources/addons/aws-ebs-csi-driver.addons.k8s.io/k8s-1.17.yaml.template
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/components/kubeproxy.go
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/pkg/model/components/nodeproblemdetector.go
 */
export const ADDONS_EVERY_NODE: readonly AddonPods[] = [
  { name: "cilium", pods: 1, cpuMillis: 100, memoryMib: 128 },
  { name: "ebs-csi-node", pods: 1, cpuMillis: 30, memoryMib: 120 },
  { name: "kube-proxy", pods: 1, cpuMillis: 100, memoryMib: 0 },
  { name: "node-problem-detector", pods: 1, cpuMillis: 20, memoryMib: 100 },
];
