import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import type { Cluster } from "../../shared/kubernetes/cluster";
import { SECRETS_OPERATOR } from "../../shared/helm/service-secrets";
import { fromNodes, HTTPS, PodNetworkPolicy, type PodWays } from "../../shared/kubernetes/pod-network-policy";
import { ALERTMANAGER, PROMETHEUS, PROMETHEUS_SERVER } from "../../shared/kubernetes/prometheus-names";
import { DCGM_PORT } from "../../shared/network/ports";
import { PROBES } from "./charts";
import { GATE_PORT } from "./gate";
import { MACHINE_PORTS, SYSTEM_PORTS } from "./targets";

/** Properties of {@link PrometheusNetwork}. */
export interface PrometheusNetworkProps {
  /** The cluster. */
  readonly cluster: Pick<Cluster, "foundation" | "kubernetes">;
}

/** Ports of its own pods: Prometheus, Alertmanager and its gossip, what tells them of a changed configuration, and the exporters. */
const PORTS = {
  prometheus: PROMETHEUS_SERVER.port,
  alertmanager: ALERTMANAGER.port,
  gossip: 9094,
  reloader: 8080,
  metrics: 8080,
  probes: 9115,
};

/** fluent-bit's metrics, on nodes and of the events. */
const FLUENT_BIT_PORT = 2020;

const named = (name: string) => ({ "app.kubernetes.io/name": name });

/**
 * Who may call the pods of Prometheus, and whom they may call. Kubelets, control planes and node exporters are machines, which Cilium does not count
 * among address blocks: their ports are open to every address, and security groups decide.
 */
export class PrometheusNetwork extends Construct {
  /** What must be there before the pods. */
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, { cluster }: PrometheusNetworkProps) {
    super(scope, id);
    const { monitoring, nodeAgents } = cluster.foundation;
    const mesh = [PORTS.gossip];
    const ways: Readonly<Record<string, PodWays>> = {
      [PROMETHEUS]: {
        podLabels: named(PROMETHEUS),
        in: [{ peer: "namespace", ports: [PORTS.prometheus, PORTS.reloader] }, fromNodes(GATE_PORT)],
        out: [
          HTTPS,
          { peer: "machines", ports: MACHINE_PORTS },
          { peer: { namespace: "kube-system" }, ports: SYSTEM_PORTS },
          { peer: { namespace: SECRETS_OPERATOR.namespace }, ports: [SECRETS_OPERATOR.metricsPort] },
          { peer: { namespace: nodeAgents.name }, ports: [FLUENT_BIT_PORT, DCGM_PORT] },
          {
            peer: "namespace",
            ports: [PORTS.prometheus, PORTS.alertmanager, PORTS.metrics, PORTS.probes, FLUENT_BIT_PORT],
          },
        ],
      },
      alertmanager: {
        podLabels: named("alertmanager"),
        in: [
          { peer: "namespace", ports: [PORTS.alertmanager, PORTS.reloader, ...mesh] },
          { peer: "namespace", ports: mesh, protocol: "UDP" },
        ],
        out: [HTTPS, { peer: "namespace", ports: mesh }, { peer: "namespace", ports: mesh, protocol: "UDP" }],
      },
      "prometheus-operator": {
        podLabels: named("kube-prometheus-stack-prometheus-operator"),
        in: [{ peer: "namespace", ports: [PORTS.metrics] }],
        out: [HTTPS],
      },
      "kube-state-metrics": {
        podLabels: named("kube-state-metrics"),
        in: [{ peer: "namespace", ports: [PORTS.metrics] }],
        out: [HTTPS],
      },
      [PROBES]: {
        podLabels: named("prometheus-blackbox-exporter"),
        in: [{ peer: "namespace", ports: [PORTS.probes] }],
        out: [HTTPS],
      },
    };
    this.ready = Object.entries(ways).map(
      ([name, way]) =>
        new PodNetworkPolicy(this, constructId(name), {
          provider: cluster.kubernetes,
          namespace: monitoring,
          name,
          ...way,
        }).resource,
    );
  }
}
