import { imageParts, type PublicImageName } from "../../../config/images";
import { NFS_DRIVER_REQUESTS } from "../../../config/requests/nfs-driver";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import type { AcceptedRendering } from "../../shared/helm/accepted-rendering";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { ROLE_ANNOTATION } from "../../shared/kubernetes/pod";

/** The chart of the EFS CSI driver 3.4.1. */
export const EFS_CSI_CHART: PinnedChart = {
  name: "aws-efs-csi-driver",
  version: "4.4.1",
  repository: "https://kubernetes-sigs.github.io/aws-efs-csi-driver/",
};

/** Name of the system and of its release. */
export const EFS_CSI = "efs-csi-driver";
/** Name of its DaemonSet, as the chart calls it. */
export const EFS_CSI_NODE = "efs-csi-node";
/** Name of the service account of its pods. */
export const EFS_CSI_ACCOUNT = "efs-csi-node-sa";
/** Container that mounts. */
export const EFS_PLUGIN = "efs-plugin";

const MOUNTS =
  "A mount that pods see must be made as root, privileged, in the node's own tree: that is what the driver is for. It lives in node-agents, mounts what stage1's access points show and nothing else, and is not on nodes of builds.";

/** What a driver of storage is on its node, and `opsdx charts check` finds. */
export const EFS_CSI_ACCEPTED: readonly AcceptedRendering[] = [
  ...(["RenderedNoEscalation", "RenderedCapabilities", "RenderedSeccomp"] as const).map((rule) => ({
    rule,
    on: `DaemonSet/${EFS_CSI_NODE}/${EFS_PLUGIN}`,
    reason: MOUNTS,
  })),
  { rule: "RenderedNoHostPath", on: `DaemonSet/${EFS_CSI_NODE}`, reason: MOUNTS },
  {
    rule: "RenderedNoHostNamespace",
    on: `DaemonSet/${EFS_CSI_NODE}`,
    reason:
      "NFS is spoken by the node's kernel, through a proxy of the driver on the node's own loopback address, which a pod's network does not have.",
  },
  {
    rule: "RenderedReadOnlyRoot",
    on: `DaemonSet/${EFS_CSI_NODE}/${EFS_PLUGIN}`,
    reason: "The mount helper writes certificates and logs among its own files. The pod keeps none of them.",
  },
  {
    rule: "RenderedNonRoot",
    on: `DaemonSet/${EFS_CSI_NODE}/*`,
    reason:
      "Kubelet's folder and the driver's socket belong to root. The containers beside the driver have no capability, so they are no more than the owner of the socket.",
  },
];

/** What the values are made from. */
export interface EfsCsiValuesProps {
  /** ARN of the role of the service account. */
  readonly roleArn: string;
  /** Labels of node groups that it stays off. */
  readonly exceptGroups: readonly string[];
}

/**
 * The chart's values: what mounts, on each node, and no controller. That one makes access points for claims, with the right to make and delete any;
 * here stage1 declares them.
 * @see https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/helm-chart-aws-efs-csi-driver-4.4.1/charts/aws-efs-csi-driver/values.yaml
 */
export function efsCsiValues({ exceptGroups, roleArn }: EfsCsiValuesProps): Readonly<Record<string, HelmValue>> {
  return {
    image: image("efs-csi-driver"),
    // As a hook it would be made anew with each upgrade, and left behind.
    useHelmHooksForCSIDriver: false,
    sidecars: {
      livenessProbe: sidecar("csi-liveness-probe", "liveness-probe"),
      nodeDriverRegistrar: sidecar("csi-node-driver-registrar", "csi-driver-registrar"),
    },
    controller: { create: false, serviceAccount: { create: false } },
    node: {
      priorityClassName: PRIORITY_CLASSES.agent.name,
      resources: { requests: NFS_DRIVER_REQUESTS[EFS_PLUGIN], limits: { memory: "512Mi" } },
      rollingUpdate: { maxUnavailable: "25%" },
      serviceAccount: {
        create: true,
        name: EFS_CSI_ACCOUNT,
        annotations: { [ROLE_ANNOTATION]: roleArn },
        // It would patch nodes to take a taint away that nobody sets.
        disableMutation: true,
      },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" },
                  ...(exceptGroups.length === 0
                    ? []
                    : [{ key: NODE_GROUP_LABEL, operator: "NotIn", values: exceptGroups }]),
                ],
              },
            ],
          },
        },
      },
    },
  };
}

function image(name: PublicImageName): { readonly repository: string; readonly tag: string } {
  const { pinnedTag, registry, repository } = imageParts(name);
  return { repository: `${registry}/${repository}`, tag: pinnedTag };
}

/** A container beside the driver: it talks to the driver's socket, which belongs to root, and needs nothing else. */
function sidecar(name: PublicImageName, container: keyof typeof NFS_DRIVER_REQUESTS): HelmValue {
  return {
    image: image(name),
    resources: { requests: NFS_DRIVER_REQUESTS[container], limits: { memory: "64Mi" } },
    securityContext: {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}
