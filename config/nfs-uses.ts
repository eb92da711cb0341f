/** What stands in a folder of the shared file system. */
export interface NfsUse {
  /** What for, as a part of a sentence. */
  readonly purpose: string;
  /** User and group that own every file, whoever writes it: the access point puts them in place of the client's. */
  readonly id: string;
  /** Short names of the clusters whose pods have claims of it. */
  readonly clusters: readonly string[];
  /** Whether controllers mount it as who they are. */
  readonly controllers: boolean;
}

/**
 * What the shared file system is used for: a folder and an access point each, and no other way in. Nobody else than is named mounts it, but for people who
 * are administrators of the clusters.
 * The numbers stay: files carry them. They are above those of people and below those that Kubernetes gives out.
 */
export const NFS_USES = {
  models: { purpose: "models that were trained, by version", id: "20001", clusters: ["k8s-ml-tf"], controllers: false },
  "task-graphs": { purpose: "task graphs of the ETLs", id: "20002", clusters: [], controllers: false },
  shared: {
    purpose: "files that people and pods share",
    id: "20003",
    clusters: ["k8s", "k8s-ml", "k8s-ml-tf"],
    controllers: true,
  },
} as const satisfies Readonly<Record<string, NfsUse>>;

/** Name of a use of the shared file system. */
export type NfsUseName = keyof typeof NFS_USES;

/** All uses of the shared file system. */
export const NFS_USE_NAMES = Object.keys(NFS_USES) as NfsUseName[];

/** Whether pods of a cluster may mount a folder. */
export function isUsedOn(use: NfsUseName, cluster: string): boolean {
  return (NFS_USES[use].clusters as readonly string[]).includes(cluster);
}
