import { EfsAccessPoint } from "@cdktf/provider-aws/lib/efs-access-point";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system";
import { EfsFileSystemPolicy } from "@cdktf/provider-aws/lib/efs-file-system-policy";
import { EfsMountTarget } from "@cdktf/provider-aws/lib/efs-mount-target";
import { NFS_USE_NAMES, NFS_USES, type NfsUseName } from "../../../config/nfs-uses";
import type { NfsConfig } from "../../../config/schema/nfs";
import { Construct, type ITerraformDependable, type TerraformProvider } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import type { Monitoring } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { ByZone, NfsAccessPoint, NfsExports } from "../../shared/platform";
import { refuse } from "../../shared/props-error";
import { nfsAlarms } from "./alarms";
import { FileBackup, type Vault } from "./backup";
import { nfsDashboard } from "./dashboard";
import { nfsFacts } from "./facts";
import { fileSystemPolicy, type WayIn } from "./policy";
import { FileReplica } from "./replica";

/** Properties of {@link Nfs}. */
export interface NfsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** Its settings. */
  readonly config: NfsConfig;
  /** Subnets of the nodes, by zone: it has an address in each. */
  readonly subnetIds: ByZone;
  /** Security group that decides who reaches it. */
  readonly securityGroupId: string;
  /** ARNs of the roles that may mount each folder. They need not exist yet. */
  readonly mounterArns: Readonly<Record<NfsUseName, readonly string[]>>;
  /** Where its backups lie. */
  readonly vault: Vault;
  /** Provider of the region that receives a copy. @default - none; wrong where the settings have a `replicaRegion` */
  readonly replicaProvider?: TerraformProvider;
}

/** Days without a reader after which a file moves to cheaper storage; the first reader brings it back. */
const INFREQUENT_ACCESS = "AFTER_30_DAYS";

/** The shared file system: EFS with an address in each zone, a folder and an access point per use, backups, and a copy elsewhere where it is wanted. */
export class Nfs extends Construct {
  /** What later stages and other programs may know. */
  public readonly exports: NfsExports;
  /** What must be there before anybody mounts it: its addresses, and the policy that lets somebody in. */
  public readonly ready: readonly ITerraformDependable[];

  /** @throws PropsError when the settings ask for a copy and there is no provider of its region, or a folder that nobody may mount */
  public constructor(scope: Construct, id: string, props: NfsProps) {
    super(scope, id);
    const { account, config, monitoring, mounterArns, replicaProvider } = props;
    const { replicaRegion } = config;
    refuse(this, [
      replicaRegion !== undefined &&
        replicaProvider === undefined &&
        `replicaProvider must be given where config.replicaRegion is set (${replicaRegion}), got nothing`,
      ...NFS_USE_NAMES.map(
        (use) =>
          mounterArns[use].length === 0 && `mounterArns.${use} must name a role, got none: nobody could mount it`,
      ),
    ]);
    describeSystem(this, nfsFacts({ environment: monitoring.environment, account, config, vault: props.vault.name }));
    const name = `${monitoring.namePrefix}-nfs`;
    const key = new EncryptionKey(this, "Key", {
      alias: name,
      description: `Shared file system of ${monitoring.namePrefix}`,
      accountId: account.id,
    });
    const fileSystem = new EfsFileSystem(this, "Resource", {
      encrypted: true,
      kmsKeyId: key.arn,
      performanceMode: "generalPurpose",
      throughputMode: "elastic",
      lifecyclePolicy: [{ transitionToIa: INFREQUENT_ACCESS }, { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }],
      tags: { Name: name },
    });
    const targets = Object.entries(props.subnetIds).map(
      ([zone, subnetId]) =>
        new EfsMountTarget(this, constructId("mount", zone), {
          fileSystemId: fileSystem.id,
          subnetId,
          securityGroups: [props.securityGroupId],
        }),
    );
    const accessPoints = Object.fromEntries(
      NFS_USE_NAMES.map((use) => [use, this.accessPoint(fileSystem.id, name, use)]),
    ) as Record<NfsUseName, NfsAccessPoint>;
    const policy = new EfsFileSystemPolicy(this, "Policy", {
      fileSystemId: fileSystem.id,
      policy: fileSystemPolicy({
        fileSystemArn: fileSystem.arn,
        waysIn: Object.fromEntries(
          NFS_USE_NAMES.map((use) => [use, { accessPointArn: accessPoints[use].arn, mounterArns: mounterArns[use] }]),
        ) as Record<NfsUseName, WayIn>,
      }),
    });
    this.ready = [...targets, policy];
    const backup = new FileBackup(this, "Backup", {
      monitoring,
      account,
      backup: config.backup,
      fileSystemArn: fileSystem.arn,
      keyArn: key.arn,
      vault: props.vault,
    });
    const replica =
      replicaRegion === undefined || replicaProvider === undefined
        ? undefined
        : new FileReplica(this, "Replica", {
            monitoring,
            accountId: account.id,
            fileSystemId: fileSystem.id,
            region: replicaRegion,
            provider: replicaProvider,
          });
    const alarms = [
      ...nfsAlarms(this, { monitoring, fileSystemId: fileSystem.id, growth: config.growth }),
      ...backup.alarms,
      ...(replica?.alarms ?? []),
    ];
    new SystemHealth(this, "Health", { monitoring, alarms });
    nfsDashboard(this, { monitoring, region: account.region, alarms });
    this.exports = {
      fileSystemId: fileSystem.id,
      fileSystemArn: fileSystem.arn,
      keyArn: key.arn,
      accessPoints,
    };
  }

  private accessPoint(fileSystemId: string, name: string, use: NfsUseName): NfsAccessPoint {
    const { id: owner } = NFS_USES[use];
    const path = `/${use}`;
    const numbers = { uid: Number(owner), gid: Number(owner) };
    const point = new EfsAccessPoint(this, constructId("access", use), {
      fileSystemId,
      posixUser: numbers,
      rootDirectory: {
        path,
        creationInfo: { ownerUid: numbers.uid, ownerGid: numbers.gid, permissions: "0770" },
      },
      tags: { Name: `${name}-${use}` },
    });
    return { id: point.id, arn: point.arn, path, uid: owner, gid: owner };
  }
}
