import { Labels } from "@cdktf/provider-kubernetes/lib/labels";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { ResourceQuotaV1 } from "@cdktf/provider-kubernetes/lib/resource-quota-v1";
import { Construct } from "../cdktf";
import type { ITerraformDependable } from "../cdktf";

/** Pod security standards. @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

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
}

/** Labels of the pod security admission. */
function securityLabels(level: PodSecurityLevel): Record<string, string> {
  const prefix = "pod-security.kubernetes.io";
  return { [`${prefix}/enforce`]: level, [`${prefix}/warn`]: "restricted", [`${prefix}/audit`]: "restricted" };
}

/**
 * A namespace in which nothing is open by default: pods reach the cluster's name server and nobody, nobody reaches them, and those
 * below the namespace's security level are refused. What a workload needs beyond that stands beside the workload.
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
    const labels = securityLabels(level);
    const namespace =
      props.exists === true
        ? new Labels(this, "Resource", { provider, apiVersion: "v1", kind: "Namespace", metadata: { name }, labels })
        : new NamespaceV1(this, "Resource", { provider, metadata: { name, labels } });
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
    const quota =
      props.quota === undefined
        ? []
        : [
            new ResourceQuotaV1(this, "Quota", {
              provider,
              metadata: { name: "objects", namespace: name },
              spec: { hard: { ...props.quota } },
              dependsOn,
            }),
          ];
    this.ready = [namespace, closed, names, ...quota];
  }
}
