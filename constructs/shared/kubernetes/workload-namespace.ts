import { Labels } from "@cdktf/provider-kubernetes/lib/labels";
import { LimitRangeV1 } from "@cdktf/provider-kubernetes/lib/limit-range-v1";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { ResourceQuotaV1 } from "@cdktf/provider-kubernetes/lib/resource-quota-v1";
import { Construct, type ITerraformDependable } from "../cdktf";
import { constructId } from "../construct-id";
import { acknowledge } from "../policy/acknowledge";
import { PodNetworkPolicy, type PodWays } from "./pod-network-policy";

/**
 * The pod security standard below which pods are refused: the strictest, or a lower one with the reason why.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export type PodSecurityLevel = "restricted" | { readonly standard: "baseline" | "privileged"; readonly reason: string };

/** What a container gets that states nothing itself. */
export interface ContainerDefaults {
  /** Processor that it asks for, for example `50m`. */
  readonly cpu: string;
  /** Memory that it asks for, and its limit, for example `256Mi`. */
  readonly memory: string;
}

/** Properties of {@link WorkloadNamespace}. */
export interface WorkloadNamespaceProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Name of the namespace. */
  readonly name: string;
  /** Pods below this level are refused; below `restricted` they are warned about. */
  readonly level: PodSecurityLevel;
  /** The namespace is there from the start, as `default` is: it is only labelled. @default false */
  readonly exists?: boolean;
  /** Most objects of a kind, such as `{ "count/jobs.batch": "40" }`. @default - no quota */
  readonly quota?: Readonly<Record<string, string>>;
  /** Requests and limits of containers that state none: charts, and pods that people make. @default - none */
  readonly containerDefaults?: ContainerDefaults;
  /** Ways in and out for pods of the namespace, by the name of their policy. @default - none: they stand beside the workloads */
  readonly ways?: Readonly<Record<string, PodWays>>;
}

/** Labels of the pod security admission. */
function securityLabels(standard: string): Record<string, string> {
  const prefix = "pod-security.kubernetes.io";
  return { [`${prefix}/enforce`]: standard, [`${prefix}/warn`]: "restricted", [`${prefix}/audit`]: "restricted" };
}

/**
 * A namespace of any system, in which nothing is open by default: pods reach the cluster's name server and nobody, nobody reaches
 * them, and those below the namespace's security level are refused. What a workload needs beyond that is a named way: beside the
 * workload, as a {@link PodNetworkPolicy}, or here, when it is for every pod.
 */
export class WorkloadNamespace extends Construct {
  /** Name of the namespace. */
  public readonly name: string;
  /** What must be there before a pod is. */
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: WorkloadNamespaceProps) {
    super(scope, id);
    const { level, name, provider } = props;
    this.name = name;
    const labels = securityLabels(level === "restricted" ? level : level.standard);
    const namespace =
      props.exists === true
        ? new Labels(this, "Resource", { provider, apiVersion: "v1", kind: "Namespace", metadata: { name }, labels })
        : new NamespaceV1(this, "Resource", { provider, metadata: { name, labels } });
    if (level !== "restricted") acknowledge(namespace, "KubernetesNamespaceRestricted", level.reason);
    const dependsOn = [namespace];
    const closed = new NetworkPolicyV1(this, "DefaultDeny", {
      provider,
      metadata: { name: "default-deny", namespace: name },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      dependsOn,
    });
    const names = new NetworkPolicyV1(this, "NameServer", {
      provider,
      metadata: { name: "allow-name-server", namespace: name },
      spec: {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
              },
            ],
            ports: [
              { port: "53", protocol: "UDP" },
              { port: "53", protocol: "TCP" },
            ],
          },
        ],
      },
      dependsOn,
    });
    const rest: ITerraformDependable[] = [];
    if (props.quota !== undefined) {
      rest.push(
        new ResourceQuotaV1(this, "Quota", {
          provider,
          metadata: { name: "objects", namespace: name },
          spec: { hard: { ...props.quota } },
          dependsOn,
        }),
      );
    }
    if (props.containerDefaults !== undefined) {
      const { cpu, memory } = props.containerDefaults;
      rest.push(
        new LimitRangeV1(this, "Defaults", {
          provider,
          metadata: { name: "container-defaults", namespace: name },
          spec: { limit: [{ type: "Container", defaultRequest: { cpu, memory }, default: { memory } }] },
          dependsOn,
        }),
      );
    }
    const closedNamespace = { name, ready: dependsOn };
    for (const [way, ways] of Object.entries(props.ways ?? {})) {
      const policy = { provider, namespace: closedNamespace, name: way, ...ways };
      rest.push(new PodNetworkPolicy(this, constructId("way", way), policy).resource);
    }
    this.ready = [namespace, closed, names, ...rest];
  }
}
