import { EfsReplicationConfiguration } from "@cdktf/provider-aws/lib/efs-replication-configuration";
import { Construct, type TerraformProvider } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { Alarm } from "../../shared/observability/alarm";
import { aws } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import { nfsCommands } from "./commands";

/** Properties of {@link FileReplica}. */
export interface FileReplicaProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Account that owns the key. */
  readonly accountId: string;
  /** Id of the file system. */
  readonly fileSystemId: string;
  /** Region that receives the copy. */
  readonly region: string;
  /** Provider of that region. */
  readonly provider: TerraformProvider;
}

/** Seconds that the copy may be behind. EFS aims at fifteen minutes: https://docs.aws.amazon.com/efs/latest/ug/efs-replication.html */
const BEHIND_SECONDS = 3600;

/** A copy of the shared file system in another region, which EFS makes and follows up, encrypted with a key of that region. */
export class FileReplica extends Construct {
  /** The alarm on a copy that falls behind. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: FileReplicaProps) {
    super(scope, id);
    const { fileSystemId, monitoring, provider, region } = props;
    const key = new EncryptionKey(this, "Key", {
      alias: `${monitoring.namePrefix}-nfs-replica`,
      description: `Copy of the shared file system of ${monitoring.namePrefix}`,
      accountId: props.accountId,
      provider,
    });
    const replication = new EfsReplicationConfiguration(this, "Resource", {
      sourceFileSystemId: fileSystemId,
      destination: { region, kmsKeyId: key.arn },
    });
    const { fileSystem } = nfsCommands(monitoring.environment);
    this.alarms = [
      new Alarm(this, "Behind", {
        monitoring,
        name: "nfs-replica-behind",
        intent: `The copy of the shared file system in ${region} is more than an hour old: so much is lost with the region. A new copy is in this state until it was filled.`,
        severity: "ticket",
        steps: [
          [
            "`ENABLED` copies, and `LastReplicatedTimestamp` moves; `ERROR` needs the replication made again:",
            aws(`efs describe-replication-configurations --file-system-id ${fileSystem}`),
          ],
          "Many small files, or a large one that is written all the time, take longer: it catches up when they stop.",
        ],
        metric: {
          namespace: "AWS/EFS",
          name: "TimeSinceLastSync",
          dimensions: {
            FileSystemId: fileSystemId,
            DestinationFileSystemId: replication.destination.fileSystemId,
          },
          statistic: "Maximum",
        },
        comparison: ">",
        threshold: BEHIND_SECONDS,
        periodSeconds: 900,
        periods: 4,
        missingData: "breaching",
      }),
    ];
  }
}
