/** Nodes that pods can ask for. */
export interface GroundNodes {
  /** Name of the group. */
  readonly name: string;
  /** Labels of its nodes. */
  readonly labels: Readonly<Record<string, string>>;
  /** Their taints, `key=value:Effect`. */
  readonly taints: readonly string[];
}

/** What a release finds on its cluster. */
export interface Ground {
  /** Namespace of the release. */
  readonly namespace: string;
  /** Pod security standard that the namespace enforces. */
  readonly standard: "restricted" | "baseline" | "privileged";
  /** Groups of the cluster's nodes. */
  readonly nodes: readonly GroundNodes[];
  /** Groups and versions with kinds that the cluster knows beside Kubernetes' own: `monitoring.coreos.com/v1/PrometheusRule`. */
  readonly customKinds: ReadonlySet<string>;
  /** Priority classes of the cluster beside Kubernetes' own. */
  readonly priorities: ReadonlySet<string>;
}

/**
 * Groups and versions that a Kubernetes 1.36 API server serves by itself.
 * @see https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/
 */
export const BUILT_IN: ReadonlySet<string> = new Set([
  "v1",
  "admissionregistration.k8s.io/v1",
  "apiextensions.k8s.io/v1",
  "apiregistration.k8s.io/v1",
  "apps/v1",
  "authentication.k8s.io/v1",
  "authorization.k8s.io/v1",
  "autoscaling/v1",
  "autoscaling/v2",
  "batch/v1",
  "certificates.k8s.io/v1",
  "coordination.k8s.io/v1",
  "discovery.k8s.io/v1",
  "events.k8s.io/v1",
  "flowcontrol.apiserver.k8s.io/v1",
  "networking.k8s.io/v1",
  "node.k8s.io/v1",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "resource.k8s.io/v1",
  "scheduling.k8s.io/v1",
  "storage.k8s.io/v1",
]);

/** Labels that every Linux node of these clusters has, whatever its group. */
const EVERY_NODE: Readonly<Record<string, string>> = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** Whether a group's nodes have these labels. */
export function hasLabels({ labels }: GroundNodes, wanted: Readonly<Record<string, unknown>>): boolean {
  const all: Readonly<Record<string, string>> = { ...EVERY_NODE, ...labels };
  return Object.entries(wanted).every(([key, value]) => all[key] === value);
}

interface Expression {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

/** Whether a group's nodes meet an expression of node affinity. */
export function meets({ labels }: GroundNodes, { key = "", operator, values = [] }: Expression): boolean {
  // Zones are the network's, and none of a group's labels.
  if (key.startsWith("topology.")) return true;
  const all: Readonly<Record<string, string>> = { ...EVERY_NODE, ...labels };
  const value = all[key];
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  return operator === "DoesNotExist" ? value === undefined : true;
}

/** The taints of a group that keep a pod with these tolerations away. */
export function untolerated({ taints }: GroundNodes, tolerations: readonly Toleration[]): readonly string[] {
  return taints.filter((taint) => {
    const [pair = "", effect] = taint.split(":");
    const [key, value = ""] = pair.split("=");
    if (effect === "PreferNoSchedule") return false;
    return !tolerations.some((one) =>
      (one.effect ?? "") === "" || one.effect === effect
        ? (one.key ?? "") === ""
          ? one.operator === "Exists"
          : one.key === key && (one.operator === "Exists" || (one.value ?? "") === value)
        : false,
    );
  });
}
