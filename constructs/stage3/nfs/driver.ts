import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1";
import { nfsDriverRole } from "../../../config/names";
import { isUsedOn, NFS_USE_NAMES } from "../../../config/nfs-uses";
import type { ClusterName } from "../../../config/schema/environment";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { HelmRelease } from "../../shared/helm/helm-release";
import { contextOf } from "../../shared/helm/watched-cluster";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { NFS_STORAGE_CLASS, NfsClaim } from "../../shared/kubernetes/nfs-claim";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { NfsExports, Platform } from "../../shared/platform";
import { mountsFailed } from "./alarms";
import { driverFacts, NFS_NAMESPACE } from "./facts";
import { EFS_CSI, EFS_CSI_ACCEPTED, EFS_CSI_ACCOUNT, EFS_CSI_CHART, efsCsiValues } from "./values";

/** Properties of {@link NfsDriver}. */
export interface NfsDriverProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "clusterLogs" | "clusters" | "clustersOwner" | "environment" | "monitoring">;
  /** The shared file system. */
  readonly nfs: NfsExports;
  /** Node groups that it stays off, by cluster: on those of builds anybody may be root, and so the driver. @default - none */
  readonly exceptGroups?: Readonly<Partial<Record<ClusterName, readonly string[]>>>;
}

/** What people keep in a pod that they opened by hand; nothing there stays. */
const CONTAINER_DEFAULTS = { cpu: "20m", memory: "64Mi" };

/**
 * The EFS CSI driver on each cluster, with a role that may mount the folders that the cluster uses and nothing else; a storage class
 * that makes no volumes; and a namespace in which people mount the shared folder in a pod.
 */
export class NfsDriver extends Construct {
  /** What must be there before a volume is mounted, by cluster. */
  public readonly ready: Platform["nfsDrivers"];

  public constructor(scope: Construct, id: string, props: NfsDriverProps) {
    super(scope, id);
    const { clusters, clustersOwner, environment, monitoring } = props.platform;
    const names = Object.keys(clusters) as ClusterName[];
    this.ready = Object.fromEntries(names.map((name) => [name, this.install(props, name)]));
    const claims = names.map((name) => this.shared(props, name));
    const on = contextOf(clusters);
    describeSystem(this, driverFacts(environment, clustersOwner, names, on, claims[0]?.claimName ?? ""));
    new SystemHealth(this, "Health", { monitoring, alarms: [mountsFailed(this, props.platform, names, on)] });
  }

  private install(
    { exceptGroups, nfs, platform: { clusters, environment } }: NfsDriverProps,
    name: ClusterName,
  ): readonly ITerraformDependable[] {
    const cluster = clusters[name];
    const namespace = cluster.foundation.nodeAgents;
    const role = new ServiceAccountRole(this, constructId(name, "role"), {
      name: nfsDriverRole(environment, name),
      description: `${EFS_CSI} on ${name}`,
      policyDescription: "Mounts folders of the shared file system through their access points",
      cluster,
      serviceAccount: { namespace: namespace.name, name: EFS_CSI_ACCOUNT },
      statements: [
        {
          sid: "Mount",
          actions: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
          resources: [nfs.fileSystemArn],
          conditions: {
            ArnEquals: {
              "elasticfilesystem:AccessPointArn": NFS_USE_NAMES.filter((use) => isUsedOn(use, name)).map(
                (use) => nfs.accessPoints[use].arn,
              ),
            },
          },
        },
      ],
    });
    const storageClass = new StorageClassV1(this, constructId(name, "class"), {
      provider: cluster.kubernetes,
      metadata: { name: NFS_STORAGE_CLASS },
      // Volumes are declared: https://kubernetes.io/docs/concepts/storage/storage-classes/#local
      storageProvisioner: "kubernetes.io/no-provisioner",
      reclaimPolicy: "Retain",
      allowVolumeExpansion: false,
    });
    const release = new HelmRelease(this, constructId(name), {
      provider: cluster.helm,
      releaseName: EFS_CSI,
      namespace: namespace.name,
      chart: EFS_CSI_CHART,
      values: efsCsiValues({
        roleArn: role.arn,
        exceptGroups: (exceptGroups?.[name] ?? []).flatMap((group) => cluster.nodeGroups[group]?.label ?? []),
      }),
      accepted: EFS_CSI_ACCEPTED,
      dependsOn: [...namespace.ready, role.permission],
    });
    return [release.resource, storageClass];
  }

  private shared({ nfs, platform: { clusters } }: NfsDriverProps, cluster: ClusterName): NfsClaim {
    const namespace = new WorkloadNamespace(this, constructId(cluster, "namespace"), {
      provider: clusters[cluster].kubernetes,
      name: NFS_NAMESPACE,
      level: "restricted",
      quota: { "count/pods": "10", "services.loadbalancers": "0", "services.nodeports": "0" },
      containerDefaults: CONTAINER_DEFAULTS,
    });
    return new NfsClaim(this, constructId(cluster, "shared"), {
      platform: { clusters, nfs, nfsDrivers: this.ready },
      cluster,
      namespace,
      use: "shared",
    });
  }
}
