import type { ClusterIdentity } from "../../../config/cluster-identities";
import { MACHINE_TYPES } from "../../../config/machine-types";
import type { ClusterConfig } from "../../../config/schema/cluster";
import { own } from "../../../config/schema/rule";

/** Everything a cluster is made from: what config decides, and what stage1 and `global` made. */
export interface KopsClusterSpec {
  /** Full name, for example `k8s.dev.opsdx.io`. */
  readonly name: string;
  /** What config decides. */
  readonly config: ClusterConfig;
  /** Who is let in. */
  readonly identities: readonly ClusterIdentity[];
  /** Account and region of the cluster. */
  readonly account: { readonly id: string; readonly region: string };
  /** Zone that holds the API's record: its name and its id. */
  readonly dnsZone: { readonly name: string; readonly id: string };
  /** The shared VPC. */
  readonly vpc: { readonly id: string; readonly cidr: string };
  /** Shared subnets by zone name: ids, and the CIDR blocks that the manifest repeats. */
  readonly subnets: Readonly<Record<"node" | "master" | "utility", Readonly<Record<string, SharedSubnet>>>>;
  /** Security groups of stage1 that are joined beside kops' own, for what stage1's matrix allows each. */
  readonly securityGroups: Readonly<Record<"api" | "master" | "node", readonly string[]>> & {
    /** Those of single worker groups, beside `node`, by the group's name. @default - none */
    readonly workers?: Readonly<Record<string, readonly string[]>>;
    /** Those of single worker groups that have them in place of `node`, by the group's name. @default - none */
    readonly apart?: Readonly<Record<string, readonly string[]>>;
  };
  /** ARN of the permissions boundary of the cluster's roles. */
  readonly permissionsBoundaryArn: string;
  /** ARN of the key that encrypts root and etcd volumes. */
  readonly volumeKeyArn: string;
  /** Name of the kops state bucket. */
  readonly stateBucket: string;
  /** Name of the bucket that publishes the service-account issuer's keys. */
  readonly discoveryBucket: string;
}

/** A subnet of stage1 as a cluster uses it. */
export interface SharedSubnet {
  /** Subnet id. */
  readonly id: string;
  /** Address block. */
  readonly cidr: string;
}

/** One kops instance group: a group of workers, or the control plane of one zone. */
export interface InstanceGroupSpec {
  /** Name, for example `etl` or `control-plane-us-east-1a`. */
  readonly name: string;
  /** Name of the auto scaling group and launch template. */
  readonly autoScalingGroup: string;
  /** What its nodes are. */
  readonly role: "control-plane" | "node";
  /** AMI of its nodes. */
  readonly machineImage: string;
  /** EC2 instance type. */
  readonly machineType: string;
  /** Fewest nodes. */
  readonly minSize: number;
  /** Most nodes. */
  readonly maxSize: number;
  /** Zones, in alphabetical order. */
  readonly zones: readonly string[];
  /** Node labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Node taints, `key=value:Effect`. */
  readonly taints: readonly string[];
  /** Root volume in GiB. */
  readonly rootVolumeGib: number;
  /** Several instance types, on demand and Spot. @default - one type, on demand */
  readonly mixedInstances?: ClusterConfig["nodeGroups"][string]["mixedInstances"];
  /** GPUs of a node; with any, the NVIDIA driver and runtime are installed. */
  readonly gpus: number;
  /** Replace nodes after this many days. @default - never */
  readonly maxInstanceLifetimeDays?: number;
  /** Security groups of stage1 that its instances join beside kops' own. */
  readonly securityGroups: readonly string[];
}

/** Label by which the cluster autoscaler knows nodes with GPUs. */
const ACCELERATOR_LABEL = "k8s.amazonaws.com/accelerator";

/** Start of the service-account issuer's URL, without `https://`. */
export function issuerHost(spec: KopsClusterSpec): string {
  return `${spec.discoveryBucket}.s3.${spec.account.region}.amazonaws.com/${spec.name}`;
}

/** Last letter of a zone's name: kops names etcd members after it. */
export function zoneLetter(zone: string): string {
  return zone.slice(-1);
}

/** The instance groups of a cluster: control planes by zone, then workers by name. */
export function instanceGroups({
  name,
  config,
  securityGroups,
  subnets,
}: KopsClusterSpec): readonly InstanceGroupSpec[] {
  const { controlPlane } = config;
  const allZones = Object.keys(subnets.node).sort();
  const masters = [...controlPlane.zones].sort().map((zone) => ({
    name: `control-plane-${zone}`,
    autoScalingGroup: `control-plane-${zone}.masters.${name}`,
    role: "control-plane" as const,
    machineImage: config.machineImage,
    machineType: controlPlane.machineType,
    minSize: 1,
    maxSize: 1,
    zones: [zone],
    labels: {},
    taints: [],
    rootVolumeGib: controlPlane.rootVolumeGib,
    gpus: 0,
    securityGroups: securityGroups.master,
  }));
  const workers = Object.entries(config.nodeGroups).map(([group, { gpu, machineImage, ...settings }]) => ({
    ...settings,
    machineImage: machineImage ?? config.machineImage,
    gpus: gpu ? (MACHINE_TYPES[settings.machineType]?.gpus ?? 0) : 0,
    name: group,
    autoScalingGroup: `${group}.${name}`,
    role: "node" as const,
    // kops labels and taints GPU nodes by itself when the driver is asked for. By its own label the autoscaler knows that a node whose driver
    // is not up yet will have a GPU, and starts no second one:
    // https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.36.0/cluster-autoscaler/cloudprovider/aws/aws_cloud_provider.go
    labels: gpu ? { "kops.k8s.io/gpu": "1", [ACCELERATOR_LABEL]: "nvidia", ...settings.labels } : settings.labels,
    taints: gpu ? ["nvidia.com/gpu:NoSchedule", ...settings.taints] : settings.taints,
    zones: [...(settings.zones ?? allZones)].sort(),
    securityGroups: [
      ...(own(securityGroups.apart ?? {}, group) ?? securityGroups.node),
      ...(own(securityGroups.workers ?? {}, group) ?? []),
    ],
  }));
  return [...masters, ...workers];
}
