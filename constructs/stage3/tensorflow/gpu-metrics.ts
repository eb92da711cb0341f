import { imageParts } from "../../../config/images";
import { DCGM_REQUESTS } from "../../../config/requests/dcgm";
import { Construct } from "../../shared/cdktf";
import type { AcceptedRendering } from "../../shared/helm/accepted-rendering";
import { HelmRelease, type HelmValue, type PinnedChart } from "../../shared/helm/helm-release";
import type { Cluster } from "../../shared/kubernetes/cluster";
import { MONITORING_NAMESPACE, PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { GPU_NODES } from "../../shared/kubernetes/pod";
import { ROOT_CONTAINER } from "../../shared/kubernetes/pod-security";
import { PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { DCGM_PORT } from "../../shared/network/ports";

/** The chart of DCGM exporter 4.8.2. */
export const DCGM_CHART: PinnedChart = {
  name: "dcgm-exporter",
  version: "4.8.2",
  repository: "https://nvidia.github.io/dcgm-exporter/helm-charts",
};

/** Name of the release, its DaemonSet and its Service. */
export const DCGM = "dcgm-exporter";

/** What of a GPU is told, by DCGM's name of the field: nothing that needs the right to profile. */
export const GPU_FIELDS = {
  DCGM_FI_DEV_GPU_UTIL: "GPU utilization (in %).",
  DCGM_FI_DEV_MEM_COPY_UTIL: "Memory utilization (in %).",
  DCGM_FI_DEV_FB_USED: "Framebuffer memory used (in MiB).",
  DCGM_FI_DEV_FB_FREE: "Framebuffer memory free (in MiB).",
  DCGM_FI_DEV_GPU_TEMP: "GPU temperature (in C).",
  DCGM_FI_DEV_POWER_USAGE: "Power draw (in W).",
  DCGM_FI_DEV_XID_ERRORS: "Value of the last XID error encountered.",
} as const;

/** What `opsdx charts check` finds in it and cannot be otherwise. */
const ACCEPTED: readonly AcceptedRendering[] = [
  {
    rule: "RenderedNonRoot",
    on: `DaemonSet/${DCGM}/exporter`,
    reason:
      "Which pod has which GPU it asks the kubelet, whose socket belongs to root. It has no capability, so it is no more than the socket's owner.",
  },
  {
    rule: "RenderedNoHostPath",
    on: `DaemonSet/${DCGM}`,
    reason: "The kubelet's socket that tells which pod has which GPU, mounted read-only.",
  },
];

/** The chart's values. */
export function dcgmValues(): Readonly<Record<string, HelmValue>> {
  const { pinnedTag, registry, repository } = imageParts("dcgm-exporter");
  return {
    fullnameOverride: DCGM,
    image: { repository: `${registry}/${repository}`, tag: pinnedTag },
    runtimeClassName: GPU_NODES.runtimeClassName,
    nodeSelector: GPU_NODES.nodeSelector,
    // Nodes with GPUs, whatever else keeps pods off them.
    tolerations: [{ operator: "Exists" }],
    priorityClassName: PRIORITY_CLASSES.agent.name,
    // The chart's own capability would stay beside those that are dropped.
    securityContext: { ...ROOT_CONTAINER, capabilities: { ...ROOT_CONTAINER.capabilities, add: null } },
    resources: { requests: DCGM_REQUESTS, limits: { cpu: null, memory: "256Mi" } },
    // Prometheus finds it by its labels, as it finds the other agents: there is no kind that must be there first.
    serviceMonitor: { enabled: false },
    customMetrics: Object.entries(GPU_FIELDS)
      .map(([field, help]) => `\n${field}, gauge, ${help}`)
      .join(""),
  };
}

/** Properties of {@link GpuMetrics}. */
export interface GpuMetricsProps {
  /** The cluster whose GPUs are told of. */
  readonly cluster: Pick<Cluster, "foundation" | "helm" | "kubernetes">;
}

/** What NVIDIA's Data Center GPU Manager knows of each GPU, told to Prometheus: one pod on each node that has any. */
export class GpuMetrics extends Construct {
  public constructor(scope: Construct, id: string, { cluster }: GpuMetricsProps) {
    super(scope, id);
    const namespace = cluster.foundation.nodeAgents;
    const ways = new PodNetworkPolicy(this, "Network", {
      provider: cluster.kubernetes,
      namespace,
      name: DCGM,
      podLabels: { "app.kubernetes.io/name": DCGM },
      in: [{ peer: { namespace: MONITORING_NAMESPACE }, ports: [DCGM_PORT] }],
    });
    new HelmRelease(this, "Resource", {
      provider: cluster.helm,
      releaseName: DCGM,
      namespace: namespace.name,
      chart: DCGM_CHART,
      values: dcgmValues(),
      accepted: ACCEPTED,
      dependsOn: [...namespace.ready, ways.resource],
    });
  }
}
