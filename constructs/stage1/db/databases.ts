import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import type { DatabaseConfig, DatabasesConfig } from "../../../config/schema/database";
import type { ITerraformDependable, TerraformProvider } from "../../shared/cdktf";
import { Construct } from "../../shared/cdktf";
import { backupServiceAccess } from "../../shared/encryption/backup-service-access";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { serviceTrust } from "../../shared/iam/policy-document";
import { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring, Severity } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { acknowledge } from "../../shared/policy/acknowledge";
import { BackupReplica } from "./backup-replica";
import { CopyFailure } from "./copy-failure";
import { EventNotifications } from "./event-notifications";
import { instanceClass } from "../../../config/instance-classes";
import { POSTGRES_PORT } from "../../shared/network/ports";
import type { DatabaseExports } from "../../shared/platform";
import { refuse } from "../../shared/props-error";
import { OLTP_PARAMETERS, statementParameters, WAREHOUSE_PARAMETERS, type ParameterValues } from "./parameters";
import { PerformanceDashboard, type DashboardDatabase } from "./performance-dashboard";
import { PostgresAlarms } from "./postgres-alarms";
import { PostgresInstance } from "./postgres-instance";
import { PostgresLogs } from "./postgres-logs";
import { RestoreTest, restoreTestName } from "./restore-test";
import { databaseFacts } from "./runbook";
import { SnapshotPlan, type CopyTarget } from "./snapshot-plan";

/** Properties of {@link Databases}. */
export interface DatabasesProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** The account and region that the stack works in. */
  readonly account: { readonly id: string; readonly region: string };
  /** Who answers for the databases. */
  readonly owner: string;
  /** Settings of the databases. */
  readonly databases: DatabasesConfig;
  /** Subnets of the role `db`, one per zone. */
  readonly subnetIds: readonly string[];
  /** Network of the databases. */
  readonly vpcId: string;
  /** Security group that decides who may connect. */
  readonly securityGroupId: string;
  /** Provider of the region that receives copies of the backups. @default - none; wrong where a database has a `replicaRegion` */
  readonly replicaProvider?: TerraformProvider;
  /** Where the copies of snapshots go that databases ask for. @default - none; wrong where one asks for some */
  readonly copyTarget?: CopyTarget;
  /** Refuse to delete instances and vaults; only a deployment that is thrown away as a whole does without. @default true */
  readonly deletionProtection?: boolean;
}

interface Role {
  readonly id: "Db" | "Dw" | "Services";
  readonly name: keyof DatabasesConfig;
  /** @default - each service gets a database of its own */
  readonly databaseName?: string;
  readonly parameters: ParameterValues;
  /** People wait for the operational database, jobs for the warehouse. */
  readonly saturation: Severity;
  /** Why it may do without a standby. @default - the configuration refuses it */
  readonly withoutStandby?: string;
}

const DB_NAME = "opsdx";
const DW_NAME = "opsdx_dw";

const DB: Role = { id: "Db", name: "db", databaseName: DB_NAME, parameters: OLTP_PARAMETERS, saturation: "page" };
const DW: Role = {
  id: "Dw",
  name: "dw",
  databaseName: DW_NAME,
  parameters: WAREHOUSE_PARAMETERS,
  saturation: "ticket",
  withoutStandby:
    "The warehouse is loaded from Clarity and can be loaded again; a standby would slow every load. A snapshot restores it in another zone.",
};
const SERVICES: Role = {
  id: "Services",
  name: "services",
  parameters: OLTP_PARAMETERS,
  saturation: "ticket",
  withoutStandby:
    "No clinician waits for Grafana, Redash or Concourse: where a standby is not worth its price, they wait until the automated backups are restored in another zone.",
};

type Database = DashboardDatabase & {
  readonly instance: PostgresInstance;
  readonly vaultArn: string;
  readonly vaultName: string;
};

/** The operational database `db`, the warehouse `dw`, and `services` where it is wanted, with everything that keeps, watches and explains them. */
export class Databases extends Construct {
  /** What later stages and applications may know. */
  public readonly exports: DatabaseExports;
  /** The plan of the restore tests, and what it restores. */
  public readonly restoreTests: { readonly planName: string; readonly databaseArns: readonly string[] };
  /** The vault of the operational database's snapshots, for what else is backed up. */
  public readonly vault: { readonly name: string; readonly keyArn: string };
  private readonly key: EncryptionKey;
  private readonly monitoringRole: IamRole;
  private readonly subnetGroup: DbSubnetGroup;
  private readonly beforeInstances: readonly ITerraformDependable[];

  /** @throws PropsError when a database has a `replicaRegion` and there is no provider for it */
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: DatabasesProps,
  ) {
    super(scope, id);
    const { account, copyTarget, databases, monitoring, replicaProvider } = props;
    refuse(
      this,
      [DB, DW, SERVICES].map(({ name }) => {
        const replicaRegion = databases[name]?.replicaRegion;
        if (replicaRegion === undefined || replicaProvider !== undefined) return false;
        return `replicaProvider must be given where databases.${name}.replicaRegion is set (${replicaRegion}), got nothing`;
      }),
    );
    const prefix = monitoring.namePrefix;
    describeSystem(
      this,
      databaseFacts({
        environment: monitoring.environment,
        account,
        owner: props.owner,
        db: databases.db,
        copyAccountId: copyTarget?.accountId,
        services: databases.services,
      }),
    );
    if (props.deletionProtection === false) {
      acknowledge(
        this,
        "RDSInstanceDeletionProtectionEnabled",
        "This deployment is thrown away as a whole; wherever data is kept the protection is on by default.",
      );
    }

    this.key = new EncryptionKey(this, "Key", {
      alias: `${prefix}-db`,
      description: `Storage, backups, insights and master secrets of the databases of ${prefix}`,
      accountId: account.id,
      statements: copyTarget && backupServiceAccess("Copies", copyTarget.accountId),
    });
    this.subnetGroup = new DbSubnetGroup(this, "SubnetGroup", {
      name: `${prefix}-db`,
      description: `Database subnets of ${prefix}`,
      subnetIds: [...props.subnetIds],
    });
    this.monitoringRole = new IamRole(this, "MonitoringRole", {
      name: `${prefix}-rds-monitoring`,
      description: "RDS enhanced monitoring writes its measurements to CloudWatch Logs",
      assumeRolePolicy: serviceTrust("monitoring.rds.amazonaws.com", account.id),
    });
    this.beforeInstances = [
      new IamRolePolicyAttachment(this, "MonitoringRolePolicy", {
        role: this.monitoringRole.name,
        policyArn: "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
      }),
      // Enhanced monitoring of the whole account writes here, and would make the group without a key.
      new LogGroup(this, "EnhancedMonitoringLog", { monitoring, name: "RDSOSMetrics" }).resource,
    ];

    const db = this.database(DB, databases.db);
    const dw = this.database(DW, databases.dw);
    const services = databases.services && this.database(SERVICES, databases.services);
    const all = [db, dw, ...(services === undefined ? [] : [services])];
    new EventNotifications(this, "Events", { monitoring, instances: all.map(({ instance }) => instance) });
    const databaseArns = all.map(({ instance }) => instance.arn);
    this.vault = { name: db.vaultName, keyArn: this.key.arn };
    this.restoreTests = { planName: restoreTestName(prefix), databaseArns };
    const restores = new RestoreTest(this, "RestoreTest", {
      monitoring,
      account,
      databaseArns,
      vaultArns: all.map(({ vaultArn }) => vaultArn),
      vpcId: props.vpcId,
      subnetGroupName: this.subnetGroup.name,
      keyArn: this.key.arn,
    });
    const copies = copyTarget === undefined ? [] : new CopyFailure(this, "CopyFailure", { monitoring }).alarms;
    new SystemHealth(this, "Health", {
      monitoring,
      alarms: [...all.flatMap(({ alarms }) => alarms), ...restores.alarms, ...copies],
    });
    new PerformanceDashboard(this, "Dashboard", { monitoring, region: account.region, databases: all });

    this.exports = {
      dbAddress: db.instance.address,
      dbPort: String(POSTGRES_PORT),
      dbIdentifier: db.instance.identifier,
      dbName: DB_NAME,
      dbResourceId: db.instance.resourceId,
      dbMasterSecretArn: db.instance.masterSecretArn,
      dwAddress: dw.instance.address,
      dwPort: String(POSTGRES_PORT),
      dwIdentifier: dw.instance.identifier,
      dwName: DW_NAME,
      dwResourceId: dw.instance.resourceId,
      dwMasterSecretArn: dw.instance.masterSecretArn,
      ...(services && {
        servicesAddress: services.instance.address,
        servicesPort: String(POSTGRES_PORT),
        servicesIdentifier: services.instance.identifier,
        servicesResourceId: services.instance.resourceId,
        servicesMasterSecretArn: services.instance.masterSecretArn,
      }),
      securityGroupId: props.securityGroupId,
      keyArn: this.key.arn,
    };
  }

  private database(role: Role, settings: DatabaseConfig): Database {
    const { account, copyTarget, deletionProtection, monitoring } = this.props;
    const { allocatedStorageGib } = settings;
    const shape = instanceClass(settings.instanceClass);
    const instance = new PostgresInstance(this, role.id, {
      monitoring,
      name: role.name,
      databaseName: role.databaseName,
      settings,
      parameters: { ...role.parameters, ...statementParameters(settings.logStatements) },
      subnetGroupName: this.subnetGroup.name,
      securityGroupId: this.props.securityGroupId,
      keyArn: this.key.arn,
      monitoringRoleArn: this.monitoringRole.arn,
      after: this.beforeInstances,
      deletionProtection,
    });
    this.replicate(role, settings, instance);
    acknowledgeAvailability(role, settings, instance);
    const { identifier, log } = instance;
    const metrics = new PostgresAlarms(this, `${role.id}Alarms`, {
      monitoring,
      name: role.name,
      identifier,
      shape,
      allocatedStorageGib,
      saturation: role.saturation,
    });
    const logs = new PostgresLogs(this, `${role.id}Logs`, { monitoring, name: role.name, identifier, log });
    const snapshots = new SnapshotPlan(this, `${role.id}Snapshots`, {
      monitoring,
      account,
      name: role.name,
      instance,
      snapshots: settings.snapshots,
      copyTarget: settings.snapshots.copies && copyTarget,
      keyArn: this.key.arn,
      deletionProtection,
    });
    const alarms = [...metrics.alarms, ...logs.alarms, ...snapshots.alarms];
    return {
      name: role.name,
      identifier,
      shape,
      log,
      alarms,
      instance,
      vaultArn: snapshots.vaultArn,
      vaultName: snapshots.vaultName,
    };
  }

  private replicate(role: Role, settings: DatabaseConfig, instance: PostgresInstance): void {
    const { replicaProvider: provider } = this.props;
    if (settings.replicaRegion === undefined || provider === undefined) return;
    new BackupReplica(this, `${role.id}BackupReplica`, {
      instance,
      accountId: this.props.account.id,
      retentionDays: settings.backupRetentionDays,
      provider,
    });
  }
}

/** The wiki runs the warehouse without standby and automated backups, for fast loading. */
function acknowledgeAvailability(role: Role, settings: DatabaseConfig, instance: PostgresInstance): void {
  if (!settings.multiAz && role.withoutStandby !== undefined) {
    acknowledge(instance, "RDSMultiAZSupport", role.withoutStandby);
  }
  if (role === DW && settings.backupRetentionDays === 0) {
    acknowledge(
      instance,
      "RDSInstanceBackupEnabled",
      "Automated backups slow the bulk load. Instead AWS Backup takes a snapshot twice a week into a locked vault, one is taken before each load, and the alarm dw-snapshot-age fires when none was finished in seven days.",
    );
  }
}
