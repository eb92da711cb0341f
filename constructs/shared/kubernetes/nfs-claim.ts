import { PersistentVolumeClaimV1 } from "@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1";
import { PersistentVolumeV1 } from "@cdktf/provider-kubernetes/lib/persistent-volume-v1";
import { isUsedOn, NFS_USE_NAMES, type NfsUseName } from "../../../config/nfs-uses";
import type { ClusterName } from "../../../config/schema/environment";
import { Construct, type ITerraformDependable } from "../cdktf";
import type { Platform } from "../platform";
import { PropsError, refuse } from "../props-error";

/** Name of the driver that mounts EFS for pods. */
export const EFS_DRIVER = "efs.csi.aws.com";

/** Storage class of its volumes. It makes none: each is declared for one claim. */
export const NFS_STORAGE_CLASS = "nfs";

/** EFS has no size; Kubernetes wants one, and compares the claim's with the volume's. */
const NO_SIZE = "1Gi";

/** Properties of {@link NfsClaim}. */
export interface NfsClaimProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "clusters" | "nfs" | "nfsDrivers">;
  /** Short name of the cluster. @default "k8s" */
  readonly cluster?: ClusterName;
  /** The namespace whose pods mount it: no other can. */
  readonly namespace: { readonly name: string; readonly ready: readonly ITerraformDependable[] };
  /** Which folder of the shared file system. */
  readonly use: NfsUseName;
  /** Whether pods can only read. @default false */
  readonly readOnly?: boolean;
}

/**
 * A folder of the shared file system that the pods of a namespace may mount, from every node at once. It goes through the folder's access
 * point, so a pod of any user and group reads and writes, root or not; what it writes belongs to the access point's user. When the
 * claim goes, the files stay.
 */
export class NfsClaim extends Construct {
  /** Name of the claim, for a pod's `persistentVolumeClaim`. */
  public readonly claimName: string;
  /** Group of every file, for a program that compares it with its own: `supplementalGroups`. */
  public readonly gid: string;
  /** What must be there before a pod mounts it. */
  public readonly ready: readonly ITerraformDependable[];

  /** @throws PropsError when the environment has no shared file system, it has no such use, or the cluster does not use it */
  public constructor(scope: Construct, id: string, props: NfsClaimProps) {
    super(scope, id);
    const { cluster = "k8s", namespace, platform, readOnly = false, use } = props;
    const { nfs } = platform;
    const driver = platform.nfsDrivers[cluster];
    const uses = NFS_USE_NAMES;
    if (nfs === undefined || driver === undefined || !uses.includes(use)) {
      throw new PropsError(this, [
        nfs === undefined && "platform.nfs must be the shared file system, got none (nfs)",
        nfs !== undefined && driver === undefined && `platform.nfsDrivers must hold ${cluster}, got none`,
        !uses.includes(use) && `use must be one of ${uses.join(", ")}, got "${use}"`,
      ]);
    }
    refuse(this, [
      !isUsedOn(use, cluster) &&
        `use must be one whose clusters hold ${cluster} (config/nfs-uses.ts), got "${use}": the file system would refuse its pods`,
    ]);
    const { gid, id: accessPointId } = nfs.accessPoints[use];
    const { kubernetes: provider } = platform.clusters[cluster];
    this.claimName = `nfs-${use}${readOnly ? "-read-only" : ""}`;
    this.gid = gid;
    const volume = new PersistentVolumeV1(this, "Volume", {
      provider,
      metadata: { name: `${namespace.name}-${this.claimName}` },
      spec: [
        {
          capacity: { storage: NO_SIZE },
          // The driver knows no mode that only reads: https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/v3.4.1/pkg/driver/node.go
          accessModes: ["ReadWriteMany"],
          // Without `iam` the client is nobody, whom the file system refuses. kubelet passes on `ro` of a volume as an option only.
          mountOptions: ["iam", ...(readOnly ? ["ro"] : [])],
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: NFS_STORAGE_CLASS,
          claimRef: { name: this.claimName, namespace: namespace.name },
          persistentVolumeSource: {
            csi: {
              driver: EFS_DRIVER,
              volumeHandle: `${nfs.fileSystemId}:${ownRoot(namespace.name, this.claimName)}:${accessPointId}`,
            },
          },
        },
      ],
      dependsOn: [...namespace.ready],
    });
    const claim = new PersistentVolumeClaimV1(this, "Resource", {
      provider,
      metadata: { name: this.claimName, namespace: namespace.name },
      spec: {
        accessModes: ["ReadWriteMany"],
        storageClassName: NFS_STORAGE_CLASS,
        volumeName: volume.metadata.name,
        resources: { requests: { storage: NO_SIZE } },
      },
    });
    this.ready = [claim, ...driver];
  }
}

/**
 * The root of an access point, written so that each volume has a handle of its own: kubelet takes two volumes of one node with the same handle for one.
 * The driver cleans the path, `/a/b/../..` to `/`.
 * @see https://kubernetes.io/docs/concepts/storage/volumes/#csi (`volumeHandle`)
 * @see https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/v3.4.1/pkg/driver/node.go (`parseVolumeId`)
 */
function ownRoot(...names: readonly string[]): string {
  return `/${[...names, ...names.map(() => "..")].join("/")}`;
}
