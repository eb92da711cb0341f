import { z } from "zod";
import { isArm64, MACHINE_TYPES } from "../machine-types";
import { dnsLabel, kubernetesVersion, MAX_NODES } from "./kubernetes-names";
import { cidr, zoneName, sentences } from "./primitives";

/** A Kubernetes label or taint key: an optional DNS prefix and a name of at most 63 characters. */
const labelKey = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    "must be a Kubernetes label key",
  );

/** A Kubernetes label value. */
const labelValue = z
  .string()
  .regex(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/, "must be a Kubernetes label value");

/** A taint as kops writes it, `key=value:Effect`. */
const taint = z
  .string()
  .regex(
    /^[A-Za-z0-9./_-]+(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/,
    "must be key=value:NoSchedule, :PreferNoSchedule or :NoExecute",
  );

/** An EC2 instance type whose size is known. */
const machineType = z
  .enum(Object.keys(MACHINE_TYPES) as [string, ...string[]], {
    error: ({ input }) =>
      typeof input === "string" && isArm64(input)
        ? "must be an x86_64 type of config/machine-types.ts: this one is arm64, and every machineImage is x86_64"
        : undefined,
  })
  .describe("instance types are listed in config/machine-types.ts");

/** An Amazon machine image. */
const machineImage = z.string().regex(/^ami-[0-9a-f]{8,17}$/, "must be an AMI id");

/** Label by which pods find their nodes: `opsdx_nodegroup=etl`, `=web`, … */
export const NODE_GROUP_LABEL = "opsdx_nodegroup";

/** A group of worker nodes: one kops instance group, one auto scaling group. */
export const nodeGroupSchema = z.strictObject({
  /** EC2 instance type; with `mixedInstances`, the one that the launch template names. */
  machineType,
  /** AMI of its nodes: Ubuntu 24.04 for x86_64, with what these nodes need more. @default - the cluster's */
  machineImage: machineImage.optional(),
  /** Fewest nodes. 0 lets the cluster autoscaler start the group from nothing. */
  minSize: z.int().min(0).max(MAX_NODES),
  /** Most nodes. */
  maxSize: z.int().min(1).max(MAX_NODES),
  /** Zones of the group. @default - every zone of the network */
  zones: z.array(zoneName).min(1).optional(),
  /** Node labels. */
  labels: z.record(labelKey, labelValue).default({}),
  /** Node taints. */
  taints: z.array(taint).default([]),
  /** Root volume in GiB. 128 is kops' own default for nodes. */
  rootVolumeGib: z.int().min(20).max(16384).default(128),
  /** Several instance types, on demand and Spot. @default - one type, on demand */
  mixedInstances: z
    .strictObject({
      /** Instance types, the preferred one first. */
      machineTypes: z.array(machineType).min(1),
      /** Nodes that are always on demand. */
      onDemandBase: z.int().min(0).max(MAX_NODES),
      /** Percentage on demand above the base; the rest is Spot. */
      onDemandAboveBasePercent: z.int().min(0).max(100),
      /** How Spot pools are chosen. */
      spotAllocationStrategy: z
        .enum(["capacity-optimized", "price-capacity-optimized", "lowest-price"])
        .default("price-capacity-optimized"),
    })
    .optional(),
  /**
   * Which group the cluster autoscaler grows first when several would do, the highest number first: a dearer group that stands in for Spot gets a
   * lower one. @default - 0; where no group of a cluster has one, the group in which the least is wasted
   */
  priority: z.int().min(1).max(100).optional(),
  /** Install the NVIDIA driver and runtime. kops adds the label and taint of GPU nodes by itself. */
  gpu: z.boolean().default(false),
  /** Replace nodes after this many days. @default - never */
  maxInstanceLifetimeDays: z.int().min(1).max(365).optional(),
});

/** One Kubernetes cluster, from which the kops manifest and the AWS resources are made. */
export const clusterSchema = z.strictObject({
  /** What it is for, in a sentence: the runbook's introduction. */
  purpose: sentences,
  /** Kubernetes version; its minor must be one that the pinned kops supports. */
  kubernetesVersion,
  /** AMI of every node whose group names none: Ubuntu 24.04 for x86_64. */
  machineImage,
  /** The control plane: one instance group and one etcd member of each cluster per zone. */
  controlPlane: z.strictObject({
    /** Zones; an odd number, so that etcd has a majority when one is lost. */
    zones: z.array(zoneName).min(1),
    /** EC2 instance type. */
    machineType,
    /** Root volume in GiB. 64 is kops' own default for control planes. */
    rootVolumeGib: z.int().min(20).max(16384).default(64),
  }),
  /** Worker groups by name. */
  nodeGroups: z.record(dnsLabel, nodeGroupSchema),
  /** Nodes of the general group that may be lost at once while everything that is always on still has its place. @default 0 */
  spareNodes: z.int().min(0).max(2).default(0),
  /** Networks that may reach the API. */
  apiAccess: z.array(cidr).min(1),
  /** Service accounts that get an AWS role with these customer-managed policies. */
  serviceAccounts: z.array(
    z.strictObject({
      /** Namespace. */
      namespace: dnsLabel,
      /** Service account. */
      name: dnsLabel,
      /** Names of policies of the environment's account. */
      policyNames: z.array(z.string().min(1).max(128)).min(1),
    }),
  ),
  /** etcd's volumes and backups. */
  etcd: z.strictObject({
    /** Size of each member's volume in GiB. 20 is kops' own default. */
    volumeGib: z.int().min(10).max(1024).default(20),
    /** Days that etcd-manager keeps hourly backups in the state store. */
    backupRetentionDays: z.int().min(1).max(3650),
  }),
});

/** Validated settings of one cluster. */
export type ClusterConfig = z.output<typeof clusterSchema>;
/** Validated settings of one node group. */
export type NodeGroupConfig = z.output<typeof nodeGroupSchema>;
