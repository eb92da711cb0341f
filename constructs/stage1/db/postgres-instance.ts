import { DbInstance } from "@cdktf/provider-aws/lib/db-instance";
import { DbParameterGroup } from "@cdktf/provider-aws/lib/db-parameter-group";
import type { DatabaseConfig } from "../../../config/schema/database";
import { POSTGRES_PORT } from "../../shared/network/ports";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { AUTOMATED_BACKUPS } from "../../shared/audit/config-rules";
import { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { isPostgresDefault } from "../../shared/postgres-defaults";
import { STATIC_PARAMETERS, type ParameterValues } from "./parameters";

/** The master user; its password is kept and rotated by RDS. */
export const MASTER_USER = "opsdx_root";

/** The logs that RDS exports to CloudWatch; the first says who read PHI. */
export const LOG_EXPORTS = ["postgresql", "upgrade"] as const;

/** No version is kept for its price once its support ends: RDS upgrades instead. */
export const ENGINE_LIFECYCLE = "open-source-rds-extended-support-disabled";

/** Properties of {@link PostgresInstance}. */
export interface PostgresInstanceProps {
  /** What the stack's log groups share. */
  readonly monitoring: Monitoring;
  /** Name after the environment's prefix, for example `db`. */
  readonly name: string;
  /** Name of the first database inside the instance. @default - none beside PostgreSQL's own */
  readonly databaseName?: string;
  /** Size, availability, backups and windows. */
  readonly settings: DatabaseConfig;
  /** Values of the parameter group; RDS's defaults hold for the rest. */
  readonly parameters: ParameterValues;
  /** Name of the subnet group, as a reference. */
  readonly subnetGroupName: string;
  /** Security group that decides who may connect. */
  readonly securityGroupId: string;
  /** Key of storage, backups, insights and the master secret. */
  readonly keyArn: string;
  /** Role that enhanced monitoring writes with. */
  readonly monitoringRoleArn: string;
  /** What must stand before the instance. @default - only what it refers to */
  readonly after?: readonly ITerraformDependable[];
  /**
   * Refuse to delete the instance, in AWS and in Terraform, and leave a final snapshot should it be deleted all the same.
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/**
 * Days that Database Insights keeps its data, per mode: `advanced` takes 15 months and nothing else.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.TurningOnAdvanced.html
 */
const INSIGHTS_DAYS = { standard: 7, advanced: 465 } as const;

/**
 * A PostgreSQL instance on RDS with its parameter group and its log groups. Standby, backups and size come from the settings;
 * what PHI demands does not vary: encrypted with a customer-managed key, closed to the public, TLS only, no password in
 * Terraform's state.
 *
 * It takes no `blue_green_update`: RDS does not offer blue/green deployments where it manages the master password, nor without
 * automated backups.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/blue-green-deployments-considerations.html
 */
export class PostgresInstance extends Construct {
  /** The instance's identifier, as a plain string. */
  public readonly identifier: string;
  /** Host name. */
  public readonly address: string;
  /** ARN of the instance. */
  public readonly arn: string;
  /** The id that IAM policies of `rds-db:connect` name. */
  public readonly resourceId: string;
  /** ARN of the secret that holds the master user's password. */
  public readonly masterSecretArn: string;
  /** PostgreSQL's log. */
  public readonly log: LogGroup;
  /** The instance: what names it in plain text depends on it. */
  public readonly resource: DbInstance;

  public constructor(scope: Construct, id: string, props: PostgresInstanceProps) {
    super(scope, id);
    const { monitoring, settings } = props;
    const protect = props.deletionProtection ?? true;
    this.identifier = `${monitoring.namePrefix}-${props.name}`;

    // RDS would make the groups itself, without key and retention.
    // PostgreSQL's own says who read PHI.
    this.log = this.logGroup("PostgresqlLog", "postgresql", monitoring, true);
    const upgradeLog = this.logGroup("UpgradeLog", "upgrade", monitoring);

    this.resource = new DbInstance(this, "Resource", {
      identifier: this.identifier,
      engine: "postgres",
      engineVersion: settings.engineVersion,
      engineLifecycleSupport: ENGINE_LIFECYCLE,
      // The version in config is the major one, so a change of it is meant.
      allowMajorVersionUpgrade: true,
      autoMinorVersionUpgrade: true,
      applyImmediately: settings.applyImmediately,
      instanceClass: settings.instanceClass,
      multiAz: settings.multiAz,
      parameterGroupName: this.parameterGroup(props),

      storageType: "gp3",
      allocatedStorage: settings.allocatedStorageGib,
      maxAllocatedStorage: settings.maxAllocatedStorageGib,
      storageEncrypted: true,
      kmsKeyId: props.keyArn,

      dbName: props.databaseName,
      username: MASTER_USER,
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: props.keyArn,
      iamDatabaseAuthenticationEnabled: true,
      caCertIdentifier: "rds-ca-rsa2048-g1",

      port: POSTGRES_PORT,
      publiclyAccessible: false,
      dbSubnetGroupName: props.subnetGroupName,
      vpcSecurityGroupIds: [props.securityGroupId],

      backupRetentionPeriod: settings.backupRetentionDays,
      backupWindow: settings.backupWindow,
      maintenanceWindow: settings.maintenanceWindow,
      copyTagsToSnapshot: true,
      tags: settings.backupRetentionDays === 0 ? undefined : { [AUTOMATED_BACKUPS.key]: AUTOMATED_BACKUPS.value },
      deleteAutomatedBackups: !protect,
      deletionProtection: protect,
      skipFinalSnapshot: !protect,
      finalSnapshotIdentifier: protect ? `${this.identifier}-final` : undefined,

      monitoringInterval: settings.monitoringIntervalSeconds,
      monitoringRoleArn: props.monitoringRoleArn,
      databaseInsightsMode: settings.insights,
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: props.keyArn,
      performanceInsightsRetentionPeriod: INSIGHTS_DAYS[settings.insights],
      enabledCloudwatchLogsExports: [...LOG_EXPORTS],

      timeouts: { create: "60m", update: "60m", delete: "60m" },
      dependsOn: [this.log.resource, upgradeLog.resource, ...(props.after ?? [])],
    });
    this.address = this.resource.address;
    this.arn = this.resource.arn;
    this.resourceId = this.resource.resourceId;
    this.masterSecretArn = this.resource.masterUserSecret.get(0).secretArn;
  }

  private logGroup(id: string, log: string, monitoring: Monitoring, audit = false): LogGroup {
    return new LogGroup(this, id, { monitoring, audit, name: `/aws/rds/instance/${this.identifier}/${log}` });
  }

  /** A major upgrade needs a group of the new family beside the old one, hence the generated name. */
  private parameterGroup(props: PostgresInstanceProps): string {
    const family = `postgres${props.settings.engineVersion}`;
    return new DbParameterGroup(this, "Parameters", {
      namePrefix: `${this.identifier}-${family}-`,
      family,
      description: `PostgreSQL settings of ${this.identifier}`,
      parameter: Object.entries(props.parameters).map(([name, value]) => ({
        name,
        value,
        applyMethod: STATIC_PARAMETERS.has(name) || isPostgresDefault(name, value) ? "pending-reboot" : "immediate",
      })),
      lifecycle: { createBeforeDestroy: true },
    }).name;
  }
}
