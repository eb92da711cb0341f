import type { SystemFacts } from "../../shared/observability/system";

const DEPLOY = "npx cdktf deploy <env>-stage1";
const snapshotJob = (database: string): string =>
  `aws backup start-backup-job --backup-vault-name opsdx-<env>-${database} --resource-arn "$(aws rds describe-db-instances --db-instance-identifier opsdx-<env>-${database} --query 'DBInstances[0].DBInstanceArn' --output text)" --iam-role-arn "$(aws iam get-role --role-name opsdx-<env>-${database}-backup --query Role.Arn --output text)" --lifecycle DeleteAfterDays=14`;
const pending = (database: string): string =>
  `aws rds describe-db-instances --db-instance-identifier opsdx-<env>-${database} --query "DBInstances[0].[DBInstanceStatus,PendingModifiedValues,DBParameterGroups]"`;

/** What people need to know of the databases: the wiki's page "RDS", with its blanks filled. */
export function databaseFacts(owner: string): SystemFacts {
  return {
    name: "db",
    title: "RDS: DB and DW",
    owner,
    purpose:
      "DB is the operational PostgreSQL database (Multi-AZ, restored to any second of its retention). DW is the warehouse (one zone and no automated backups, for fast loading; snapshots instead).",
    launch: [
      "Settings: `databases` in `config/environments/<env>.ts`, for DB and DW.",
      DEPLOY,
      "Take DW's first snapshot; until then `dw-snapshot-age` is red:",
      snapshotJob("dw"),
      "Follow `First steps in a new database` below.",
    ],
    stop: [
      "aws rds stop-db-instance --db-instance-identifier opsdx-<env>-dw",
      "RDS starts it again after seven days; `start-db-instance` does so before. Its alarms fire meanwhile: silence them with `aws cloudwatch disable-alarm-actions --alarm-names $(aws cloudwatch describe-alarms --alarm-name-prefix opsdx-<env>-dw- --query 'MetricAlarms[].AlarmName' --output text)`.",
      "Deleting one for good is refused in AWS and in Terraform: it takes `deletionProtection: false` where the stack makes `Databases`, a deploy, and then the removal. RDS leaves the snapshot `opsdx-<env>-db-final`.",
    ],
    status: [
      'aws rds describe-db-instances --query "DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,DBInstanceClass,EngineVersion,AvailabilityZone,MultiAZ]" --output table',
      "aws rds describe-events --source-type db-instance --source-identifier opsdx-<env>-db --duration 1440",
      "aws rds describe-pending-maintenance-actions",
    ],
    logs: [
      "aws logs tail /aws/rds/instance/opsdx-<env>-db/postgresql --since 1h --follow",
      "DW: `/aws/rds/instance/opsdx-<env>-dw/postgresql`. Major upgrades: `.../upgrade`. Enhanced monitoring, the processes of the machine: `RDSOSMetrics`.",
      "Every line reads `time UTC:client(port):user@database:[pid]:LEVEL:  text`. Statements in it can hold PHI: don't paste them into tickets.",
      "Saved queries in CloudWatch > Logs Insights > Queries > `opsdx-<env>/db` and `opsdx-<env>/dw`: slow statements, lock waits, temporary files, autovacuum, errors, failed logins, connections by user, schema and role changes.",
    ],
    metrics: [
      "CloudWatch > Dashboards > `opsdx-<env>-performance`; Grafana: `OpsDX Performance`.",
      "CloudWatch > Metrics > RDS > Per-Database Metrics; counted log lines in `OpsDX/Database`.",
      "Per statement: CloudWatch > Database Insights > `opsdx-<env>-db`.",
      "The alarms and their thresholds are in the alarm table, under `db-` and `dw-`.",
    ],
    procedures: [
      {
        title: "Increase RDS space (in place, no downtime; irreversible: storage never shrinks)",
        steps: [
          "Raise `databases.db.allocatedStorageGib` (and `maxAllocatedStorageGib`) in `config/environments/<env>.ts`; set `applyImmediately: true` when it cannot wait for the maintenance window.",
          DEPLOY,
          'aws rds describe-db-instances --db-instance-identifier opsdx-<env>-db --query "DBInstances[0].[DBInstanceStatus,AllocatedStorage]"',
          "The instance works while it shows `storage-optimization`, a little slower. Another change of storage is refused for six hours, or until that ends.",
          "Storage autoscaling grows it up to `maxAllocatedStorageGib` by itself; Terraform accepts that, but write the new size into the config so that the alarms' thresholds follow.",
        ],
      },
      {
        title:
          "Change the instance type: cores and memory (DB: 60 to 120 seconds of failover; DW: 5 to 15 minutes down; reversible)",
        steps: [
          "Set `databases.db.instanceClass` in `config/environments/<env>.ts` to a class of `config/instance-classes.ts`; connection limit and alarm thresholds follow.",
          DEPLOY,
          "It happens in the maintenance window; to have it now, set `applyImmediately: true` before the deploy.",
          pending("db"),
          "DW: not between 9:00 and 11:30 Eastern, when it is loaded.",
        ],
      },
      {
        title: "Change high availability (in place, no downtime; reversible)",
        steps: [
          "Set `databases.db.multiAz` in `config/environments/<env>.ts`.",
          DEPLOY,
          "To `true`: RDS copies a snapshot to the other zone, and writes are slower until the standby has caught up: choose a quiet hour. It also needs `backupRetentionDays` of at least 1.",
          "Prove the failover, 60 to 120 seconds without service: `aws rds reboot-db-instance --db-instance-identifier opsdx-<env>-db --force-failover`",
        ],
      },
      {
        title: "Change the backup window (in place, no downtime; reversible)",
        steps: [
          "Set `databases.db.backupWindow` in `config/environments/<env>.ts`, UTC. The config refuses a window that meets maintenance, the load or a snapshot.",
          DEPLOY,
          "Changing `backupRetentionDays` from 0 or to 0 is another matter: it restarts the instance. Any other value changes without.",
        ],
      },
      {
        title:
          "Edit and change RDS parameter groups (dynamic parameters in place; `shared_preload_libraries` needs a reboot; reversible)",
        steps: [
          "Edit the tables in `constructs/stage1/db/parameters.ts`. A parameter that needs a restart belongs in `STATIC_PARAMETERS` too: `aws rds describe-engine-default-parameters --db-parameter-group-family postgres17 --query \"EngineDefaults.Parameters[?ParameterName=='<name>'].[ApplyType,AllowedValues]\"`",
          DEPLOY,
          pending("db"),
          "`pending-reboot` on the parameter group: `aws rds reboot-db-instance --db-instance-identifier opsdx-<env>-db --force-failover` (60 to 120 seconds), or without `--force-failover` for DW (about two minutes).",
          "Never edit `default.postgres17`, and never a group in the console: the next deploy would undo it.",
        ],
      },
      {
        title:
          "Upgrade the engine version (minor: restart in the window; major: 10 to 60 minutes down and irreversible but by restore)",
        steps: [
          "Minor versions: RDS installs them in the maintenance window. Now: `aws rds modify-db-instance --db-instance-identifier opsdx-<env>-db --engine-version 17.<minor> --apply-immediately`; the config names the major only, so Terraform agrees.",
          "Major version: rehearse on a copy restored from a snapshot (below), with `aws rds modify-db-instance --db-instance-identifier opsdx-<env>-db-rehearsal --engine-version 18 --allow-major-version-upgrade --apply-immediately`; then read what `aws rds describe-db-log-files --db-instance-identifier opsdx-<env>-db-rehearsal --filename-contains pg_upgrade` lists, with `aws rds download-db-log-file-portion`.",
          'Take a snapshot, then set `databases.db.engineVersion: "18"` and `applyImmediately: true` in `config/environments/<env>.ts`: at once, because the old parameter group can only go when the new one is in use.',
          snapshotJob("db"),
          DEPLOY,
          "In psql: `analyze;` and `alter extension pg_stat_statements update; alter extension pgaudit update;`",
          "Set `applyImmediately` back to `false` and deploy.",
          "There is no blue/green deployment here: RDS offers none while it manages the master password, nor without automated backups.",
        ],
      },
      {
        title: "First steps in a new database",
        steps: [
          "Connect (below), then: `create extension if not exists pg_stat_statements; create extension if not exists pgaudit;`",
          "A role that signs in with IAM instead of a password: `create role trews_api login; grant rds_iam to trews_api;`. Its AWS role needs `rds-db:connect` on `arn:aws:rds-db:<region>:<account>:dbuser:<resource id>/trews_api`; the resource id is published as `/opsdx/<env>/stage1/db/db-resource-id`.",
          "DW: the load role alone may lose its last commits in a crash, and loads faster for it: `alter role dw_load set synchronous_commit = off;`",
        ],
      },
      {
        title: "Connect",
        steps: [
          "From a controller (Session Manager) or a pod, with the master user's password at the prompt:",
          "aws secretsmanager get-secret-value --secret-id \"$(aws rds describe-db-instances --db-instance-identifier opsdx-<env>-db --query 'DBInstances[0].MasterUserSecret.SecretArn' --output text)\" --query SecretString --output text",
          "curl -sO https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
          'psql "host=$(aws ssm get-parameter --name /opsdx/<env>/stage1/db/db-address --query Parameter.Value --output text) user=opsdx_root dbname=opsdx sslmode=verify-full sslrootcert=global-bundle.pem"',
          "RDS changes the password every seven days: read it each time, and give no application the master user. Change it now: `aws rds modify-db-instance --db-instance-identifier opsdx-<env>-db --rotate-master-user-password --apply-immediately`",
        ],
      },
      {
        title: "Back up DW by hand, before each load (in place; seconds of slow I/O)",
        steps: [
          snapshotJob("dw"),
          'aws backup list-backup-jobs --by-backup-vault-name opsdx-<env>-dw --query "BackupJobs[:3].[CreationDate,State,PercentDone,StatusMessage]" --output table',
          "Start the load when the state is `COMPLETED`. AWS Backup also takes one every Wednesday and Saturday.",
        ],
      },
      {
        title: "Restore DB to a point in time (a new instance; the old one stays)",
        steps: [
          'aws rds describe-db-instances --db-instance-identifier opsdx-<env>-db --query "DBInstances[0].LatestRestorableTime"',
          'aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier opsdx-<env>-db --target-db-instance-identifier opsdx-<env>-db-restored --restore-time <yyyy-mm-ddThh:mm:ssZ> --db-subnet-group-name opsdx-<env>-db --vpc-security-group-ids "$(aws ssm get-parameter --name /opsdx/<env>/stage1/db/security-group-id --query Parameter.Value --output text)" --db-parameter-group-name "$(aws rds describe-db-instances --db-instance-identifier opsdx-<env>-db --query \'DBInstances[0].DBParameterGroups[0].DBParameterGroupName\' --output text)" --multi-az --deletion-protection --manage-master-user-password --no-publicly-accessible',
          "aws rds wait db-instance-available --db-instance-identifier opsdx-<env>-db-restored",
          "A few lost rows: copy them back with `pg_dump --data-only --table <table>`. Then delete the copy.",
          "The whole database: stop the writers, rename (`aws rds modify-db-instance --db-instance-identifier opsdx-<env>-db --new-db-instance-identifier opsdx-<env>-db-broken --apply-immediately`, then the restored one to `opsdx-<env>-db`). The endpoint's name stays the same.",
          "Tell Terraform: `terraform state rm` the old address of the instance, `terraform import` it as `opsdx-<env>-db`, and `npx cdktf diff <env>-stage1` until only what you expect is left.",
          "When the region is lost: the same from the copy, in its region: `aws rds describe-db-instance-automated-backups --region us-west-2`, and `--source-db-instance-automated-backups-arn` in place of the source.",
        ],
      },
      {
        title: "Restore from a snapshot (a new instance; DW: all that was loaded since is loaded again)",
        steps: [
          'aws backup list-recovery-points-by-backup-vault --backup-vault-name opsdx-<env>-dw --query "RecoveryPoints[].[CreationDate,RecoveryPointArn]" --output table',
          'aws rds restore-db-instance-from-db-snapshot --db-snapshot-identifier <recovery point arn> --db-instance-identifier opsdx-<env>-dw-restored --db-subnet-group-name opsdx-<env>-db --vpc-security-group-ids "$(aws ssm get-parameter --name /opsdx/<env>/stage1/db/security-group-id --query Parameter.Value --output text)" --db-parameter-group-name "$(aws rds describe-db-instances --db-instance-identifier opsdx-<env>-dw --query \'DBInstances[0].DBParameterGroups[0].DBParameterGroupName\' --output text)" --deletion-protection --manage-master-user-password --no-publicly-accessible',
          "aws rds wait db-instance-available --db-instance-identifier opsdx-<env>-dw-restored",
          "A restored volume reads slowly until each block was read once: run `vacuum` or a full select on the large tables before the next load.",
          "Then rename and import as above.",
        ],
      },
    ],
  };
}
