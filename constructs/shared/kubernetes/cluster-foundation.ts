import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { PriorityClassV1 } from "@cdktf/provider-kubernetes/lib/priority-class-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Construct } from "../cdktf";
import { WorkloadNamespace } from "./workload-namespace";

/** Properties of {@link ClusterFoundation}. */
export interface ClusterFoundationProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
}

/** Namespace of what watches the cluster. */
export const MONITORING_NAMESPACE = "monitoring";

/** Group of those who may look at everything but secrets: the role that plans in CI, and people. */
export const READER_GROUP = "opsdx:readers";

/**
 * Who goes first when there is no room: clinicians' requests, then data, then the tools around them. Below the system's own classes,
 * which start at two thousand millions.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
export const PRIORITY_CLASSES = {
  web: { name: "opsdx-web", value: 1_000_000, description: "Clinicians wait for it" },
  etl: { name: "opsdx-etl", value: 100_000, description: "Data that decisions are made of" },
  tools: { name: "opsdx-tools", value: 1000, description: "Everything else; the default" },
} as const;

/** What every cluster has before anything runs on it: priorities, readers, and the namespace of its watchers. */
export class ClusterFoundation extends Construct {
  /** The namespace `monitoring`. Open to host paths: log shippers and exporters read their node. */
  public readonly monitoring: WorkloadNamespace;

  public constructor(scope: Construct, id: string, { provider }: ClusterFoundationProps) {
    super(scope, id);
    for (const [use, { name, value, description }] of Object.entries(PRIORITY_CLASSES)) {
      new PriorityClassV1(this, `Priority-${use}`, {
        provider,
        metadata: { name },
        value,
        description,
        globalDefault: use === "tools",
      });
    }
    this.readers(provider);
    this.monitoring = new WorkloadNamespace(this, "Monitoring", {
      provider,
      name: MONITORING_NAMESPACE,
      level: { standard: "privileged", reason: "log shippers and exporters read their node" },
    });
    new NetworkPolicyV1(this, "MonitoringNetwork", {
      provider,
      metadata: { name: "watch", namespace: MONITORING_NAMESPACE },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        // Watchers ask everything, and each other; nobody else asks them.
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{}],
      },
      dependsOn: [...this.monitoring.ready],
    });
  }

  /** Kubernetes' own role `view`, and what it lacks of the kinds that this program declares. No secrets. */
  private readers(provider: KubernetesProvider): void {
    const subject = [{ kind: "Group", name: READER_GROUP, apiGroup: "rbac.authorization.k8s.io" }];
    const more = new ClusterRoleV1(this, "ReaderRole", {
      provider,
      metadata: { name: "opsdx-reader" },
      rule: [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["clusterroles", "clusterrolebindings", "roles", "rolebindings"],
          verbs: ["get", "list", "watch"],
        },
        { apiGroups: ["scheduling.k8s.io"], resources: ["priorityclasses"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
      ],
    });
    new ClusterRoleBindingV1(this, "Readers", {
      provider,
      metadata: { name: "opsdx-readers" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: more.metadata.name },
      subject,
    });
    new ClusterRoleBindingV1(this, "Viewers", {
      provider,
      metadata: { name: "opsdx-viewers" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subject,
    });
  }
}
