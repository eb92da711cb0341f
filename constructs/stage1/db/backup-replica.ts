import { DbInstanceAutomatedBackupsReplication } from "@cdktf/provider-aws/lib/db-instance-automated-backups-replication";
import type { TerraformProvider } from "../../shared/cdktf";
import { Construct } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import type { PostgresInstance } from "./postgres-instance";

/** Alias, without the prefix `alias/`, of the key of an instance's copies, in their region. */
export function backupReplicaAlias(identifier: string): string {
  return `${identifier}-backups`;
}

/** Properties of {@link BackupReplica}. */
export interface BackupReplicaProps {
  /** The instance whose automated backups are copied; it must have some. */
  readonly instance: PostgresInstance;
  /** Account that owns the key. */
  readonly accountId: string;
  /** Days that the copies are kept. */
  readonly retentionDays: number;
  /** Provider of the region that receives the copies. */
  readonly provider: TerraformProvider;
}

/**
 * Copies an instance's automated backups and their transaction logs to another region, encrypted with a key of that region,
 * so that the database can be restored to a point in time when its own region is lost.
 */
export class BackupReplica extends Construct {
  public constructor(scope: Construct, id: string, props: BackupReplicaProps) {
    super(scope, id);
    const { instance, provider } = props;
    const key = new EncryptionKey(this, "Key", {
      alias: backupReplicaAlias(instance.identifier),
      description: `Copies of the backups of ${instance.identifier}`,
      accountId: props.accountId,
      provider,
    });
    new DbInstanceAutomatedBackupsReplication(this, "Resource", {
      provider,
      sourceDbInstanceArn: instance.arn,
      kmsKeyId: key.arn,
      retentionPeriod: props.retentionDays,
      timeouts: { create: "60m", delete: "60m" },
    });
  }
}
