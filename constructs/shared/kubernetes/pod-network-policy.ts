import { NetworkPolicyV1, type NetworkPolicyV1SpecEgress } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Construct, type ITerraformDependable } from "../cdktf";
import { POSTGRES_PORT } from "../network/ports";
import { portLabel, portRange, SECURITY_MATRIX, type Peer, type SecurityRule } from "../network/security-matrix";
import { refuse } from "../props-error";

/**
 * Who stands at the other end: every address, the machines of the cluster (every address, too: Cilium does not count them among address
 * blocks), the pods of the same namespace, an address block, less parts of it, or pods of a namespace that is named.
 */
export type PodPeer =
  | "anywhere"
  | "machines"
  | "namespace"
  | { readonly cidr: string; readonly except?: readonly string[] }
  | { readonly namespace: string; readonly podLabels?: Readonly<Record<string, string>> };

/** Connections between pods and a peer. */
export interface PodWay {
  /** The other end. */
  readonly peer: PodPeer;
  /** Ports of who is called: each, or the first and last of a range. */
  readonly ports: readonly (number | readonly [number, number])[];
  /** Protocol. @default "TCP" */
  readonly protocol?: "TCP" | "UDP";
}

/** Who may call some pods, and whom they may call. */
export interface PodWays {
  /** The pods. @default - every pod of the namespace */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Ways in. @default - none */
  readonly in?: readonly PodWay[];
  /** Ways out. @default - none */
  readonly out?: readonly PodWay[];
}

/** Properties of {@link PodNetworkPolicy}. */
export interface PodNetworkPolicyProps extends PodWays {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Namespace of the pods, which is closed. */
  readonly namespace: { readonly name: string; readonly ready: readonly ITerraformDependable[] };
  /** Name of the policy. */
  readonly name: string;
}

/**
 * AWS, Epic, and the API server. It is open to every address: Cilium does not count nodes, control planes among them, among address
 * blocks.
 * @see https://docs.cilium.io/en/stable/security/policy/language/#cidr-based
 */
export const HTTPS: PodWay = { peer: "anywhere", ports: [443] };

/** PostgreSQL in the VPC. */
export function postgresIn(vpcCidr: string): PodWay {
  return { peer: { cidr: vpcCidr }, ports: [POSTGRES_PORT] };
}

/**
 * A port that takes requests from every address: a load balancer's come from the addresses of nodes, which Cilium does not count
 * among address blocks. Security groups decide who reaches the nodes.
 */
export function fromNodes(port: number): PodWay {
  return { peer: "anywhere", ports: [port] };
}

/** Opens named ways in a closed namespace: for some pods, or for all of them. */
export class PodNetworkPolicy extends Construct {
  /** The policy: pods that cannot do without its ways wait for it. */
  public readonly resource: NetworkPolicyV1;

  /** @throws PropsError when no way is named, or one leads out by a port that security groups keep closed */
  public constructor(scope: Construct, id: string, props: PodNetworkPolicyProps) {
    super(scope, id);
    const { namespace, podLabels } = props;
    const ways = { in: props.in ?? [], out: props.out ?? [] };
    refuse(this, [
      ways.in.length + ways.out.length === 0 && "in or out must name a way, got none: the namespace is closed already",
      ...closedPorts(ways.out).map(
        (port) =>
          `out must name ports that SECURITY_MATRIX opens from node, services or builds, got ${port}: it would stay closed`,
      ),
    ]);
    this.resource = new NetworkPolicyV1(this, "Resource", {
      provider: props.provider,
      metadata: { name: props.name, namespace: namespace.name },
      spec: {
        podSelector: podLabels === undefined ? {} : { matchLabels: { ...podLabels } },
        policyTypes: [...(ways.in.length > 0 ? ["Ingress"] : []), ...(ways.out.length > 0 ? ["Egress"] : [])],
        ingress: ways.in.length === 0 ? undefined : ways.in.map((way) => ({ from: peersOf(way), ports: portsOf(way) })),
        egress: ways.out.length === 0 ? undefined : ways.out.map((way) => ({ to: peersOf(way), ports: portsOf(way) })),
      },
      dependsOn: [...namespace.ready],
    });
  }
}

/** Roles of the machines that pods run on: their security groups let a pod out of the cluster, or not. */
const POD_HOSTS: readonly Peer[] = ["node", "services", "builds"];

/** Ports by which ways lead out of the cluster and security groups do not: `tcp 25`. */
function closedPorts(out: readonly PodWay[]): readonly string[] {
  return out
    .filter(({ peer }) => peer === "anywhere" || (typeof peer === "object" && "cidr" in peer))
    .flatMap(({ ports, protocol = "TCP" }) =>
      ports.map((port) => ({ ports: port, protocol: protocol === "TCP" ? ("tcp" as const) : ("udp" as const) })),
    )
    .filter((way) => !SECURITY_MATRIX.some((rule) => POD_HOSTS.includes(rule.from) && holds(rule, way)))
    .map(portLabel);
}

/** Whether a rule opens every port of a way. */
function holds(rule: SecurityRule, way: Pick<SecurityRule, "ports" | "protocol">): boolean {
  const [first, last] = portRange(rule);
  const [from, to] = portRange(way);
  return rule.protocol === way.protocol && first <= from && to <= last;
}

function portsOf({ ports, protocol = "TCP" }: PodWay) {
  return ports.map((port) =>
    typeof port === "number" ? { port: `${port}`, protocol } : { port: `${port[0]}`, endPort: port[1], protocol },
  );
}

function peersOf({ peer }: PodWay): NetworkPolicyV1SpecEgress["to"] {
  if (peer === "anywhere" || peer === "machines") return undefined;
  if (peer === "namespace") return [{ podSelector: {} }];
  if ("cidr" in peer) return [{ ipBlock: { cidr: peer.cidr, except: peer.except && [...peer.except] } }];
  return [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": peer.namespace } },
      podSelector: peer.podLabels === undefined ? undefined : { matchLabels: { ...peer.podLabels } },
    },
  ];
}
