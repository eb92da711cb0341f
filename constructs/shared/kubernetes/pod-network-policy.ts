import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Construct } from "../cdktf";
import { POSTGRES_PORT } from "../../stage1/db/postgres-instance";
import type { WorkloadNamespace } from "./workload-namespace";

/** Properties of {@link PodNetworkPolicy}. */
export interface PodNetworkPolicyProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Namespace of the pods. */
  readonly namespace: WorkloadNamespace;
  /** Name of the policy. */
  readonly name: string;
  /** Labels of the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Address block of the VPC, in which the databases stand. */
  readonly vpcCidr: string;
  /** Port that takes requests. @default - none */
  readonly ingressPort?: number;
}

/**
 * What a program of this system needs: HTTPS anywhere (AWS, Epic), PostgreSQL in the VPC, and its own port.
 *
 * The port is open to every address: a load balancer's requests come from the addresses of nodes, which Cilium does not count
 * among address blocks. Security groups decide who reaches the nodes.
 * @see https://docs.cilium.io/en/stable/security/policy/language/#cidr-based
 */
export class PodNetworkPolicy extends Construct {
  public constructor(scope: Construct, id: string, props: PodNetworkPolicyProps) {
    super(scope, id);
    const { ingressPort, namespace } = props;
    const tcp = (port: number) => [{ port: `${port}`, protocol: "TCP" }];
    new NetworkPolicyV1(this, "Resource", {
      provider: props.provider,
      metadata: { name: props.name, namespace: namespace.name },
      spec: {
        podSelector: { matchLabels: { ...props.podLabels } },
        policyTypes: ingressPort === undefined ? ["Egress"] : ["Ingress", "Egress"],
        ...(ingressPort === undefined ? {} : { ingress: [{ ports: tcp(ingressPort) }] }),
        egress: [{ ports: tcp(443) }, { to: [{ ipBlock: { cidr: props.vpcCidr } }], ports: tcp(POSTGRES_PORT) }],
      },
      dependsOn: [...namespace.ready],
    });
  }
}
