/** What stands in a folder of the shared file system. */
export interface NfsUse {
  /** What for, as a part of a sentence. */
  readonly purpose: string;
  /** User and group that own every file, whoever writes it: the access point puts them in place of the client's. */
  readonly id: string;
}

/**
 * What the shared file system is used for: a folder and an access point each, and no other way in.
 * The numbers stay: files carry them. They are above those of people and below those that Kubernetes gives out.
 */
export const NFS_USES = {
  models: { purpose: "models that were trained, by version", id: "20001" },
  "task-graphs": { purpose: "task graphs of the ETLs", id: "20002" },
  shared: { purpose: "files that people and pods share", id: "20003" },
} as const satisfies Readonly<Record<string, NfsUse>>;

/** Name of a use of the shared file system. */
export type NfsUseName = keyof typeof NFS_USES;
