import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ClusterRoleV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-v1";
import { PriorityClassV1 } from "@cdktf/provider-kubernetes/lib/priority-class-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { CLUSTER_GROUPS } from "../../../config/cluster-groups";
import { Construct } from "../cdktf";
import { WorkloadNamespace } from "./workload-namespace";

/** Properties of {@link ClusterFoundation}. */
export interface ClusterFoundationProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
}

/** Namespace of what watches the cluster. */
export const MONITORING_NAMESPACE = "monitoring";

/** Namespace of agents that need their node: its logs, its devices, its counters. A node is debugged from there, too. */
export const NODE_AGENTS_NAMESPACE = "node-agents";

/** Terraform owns load balancers, and nobody reaches an agent through a port of its node. */
const NO_LOAD_BALANCER = { "services.loadbalancers": "0" };
const NO_ENTRANCE = { ...NO_LOAD_BALANCER, "services.nodeports": "0" };

/** Enough for a chart's helper, and a leak in it takes no node along. */
const CONTAINER_DEFAULTS = { cpu: "50m", memory: "256Mi" };

/** A priority of pods. */
interface PriorityClass {
  /** Name in the cluster, for a chart's `priorityClassName`. */
  readonly name: string;
  /** Rank: who has more evicts who has less when there is no room. */
  readonly value: number;
  /** Who is meant. */
  readonly description: string;
  /** Given for pods that wait rather than evict others. @default - they evict whom they outrank */
  readonly preemptionPolicy?: "Never";
}

/**
 * Who goes first when there is no room: clinicians' requests, then data, then what people look at, then the tools around them. Below
 * the system's own classes, which start at two thousand millions. Agents of nodes are evicted by none of these, and evict none: one
 * that waits for room is a gap in a graph, a web pod that goes is not.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
export const PRIORITY_CLASSES = {
  agent: { name: "opsdx-agent", value: 2_000_000, description: "One on each node", preemptionPolicy: "Never" },
  web: { name: "opsdx-web", value: 1_000_000, description: "Clinicians wait for it" },
  etl: { name: "opsdx-etl", value: 100_000, description: "Data that decisions are made of" },
  service: { name: "opsdx-service", value: 10_000, description: "People and alarms look through it" },
  tools: { name: "opsdx-tools", value: 1000, description: "Everything else; the default" },
} as const satisfies Readonly<Record<string, PriorityClass>>;

/** What every cluster has before anything runs on it: priorities, readers, and the namespaces of its watchers and of its agents. */
export class ClusterFoundation extends Construct {
  /** The namespace `monitoring`: as closed and as strict as any other. */
  public readonly monitoring: WorkloadNamespace;
  /** The namespace `node-agents`: pods in it may reach into their node. */
  public readonly nodeAgents: WorkloadNamespace;

  public constructor(scope: Construct, id: string, { provider }: ClusterFoundationProps) {
    super(scope, id);
    for (const [use, { name, ...priority }] of Object.entries<PriorityClass>(PRIORITY_CLASSES)) {
      new PriorityClassV1(this, `Priority-${use}`, {
        provider,
        metadata: { name },
        ...priority,
        globalDefault: use === "tools",
      });
    }
    this.readers(provider);
    this.monitoring = new WorkloadNamespace(this, "Monitoring", {
      provider,
      name: MONITORING_NAMESPACE,
      level: "restricted",
      quota: NO_LOAD_BALANCER,
      containerDefaults: CONTAINER_DEFAULTS,
    });
    this.nodeAgents = new WorkloadNamespace(this, "NodeAgents", {
      provider,
      name: NODE_AGENTS_NAMESPACE,
      level: {
        standard: "privileged",
        reason:
          "Agents read files of their node and run as their owner, which even the standard baseline forbids. Nothing else lives here, no way in is open by default, and each agent drops every capability that it doesn't need.",
      },
      quota: NO_ENTRANCE,
      containerDefaults: CONTAINER_DEFAULTS,
    });
  }

  /** Kubernetes' own role `view`, and what it lacks of the kinds that this program declares. No secrets. */
  private readers(provider: KubernetesProvider): void {
    const subject = [{ kind: "Group", name: CLUSTER_GROUPS.readers, apiGroup: "rbac.authorization.k8s.io" }];
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
