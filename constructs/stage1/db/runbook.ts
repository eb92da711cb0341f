import { configFile, copiesVault, GLOBAL, namePrefix, publishedFolder, stackName } from "../../../config/names";
import type { DatabaseConfig } from "../../../config/schema/database";
import { aws, cdktf, output, shell, sql, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Procedure, SystemFacts } from "../../shared/observability/system";
import { regionLost } from "./region-lost";
import { restoreCommands, type DatabaseName } from "./restore-commands";
import { rehearseUpgrade, restoreFromSnapshot, restoreToTime } from "./restores";
import { servicesLoss, servicesProcedures, type ServicesFactsProps } from "./services-facts";

/** How to restart the databases' largest client, whose cluster stage1 does not know: its page names it. */
export const RESTART_WEB =
  "trews-rest-api: [Restart the pods without an interruption](trews-rest-api.md#restart-the-pods-without-an-interruption).";

/** What the databases' page of the runbook is written from. */
export interface DatabaseFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the databases. */
  readonly account: { readonly id: string; readonly region: string };
  /** Who answers for them. */
  readonly owner: string;
  /** Settings of DB. @default - its backups are not copied to another region */
  readonly db?: DatabaseConfig;
  /** Account that receives copies of snapshots. @default - none */
  readonly copyAccountId?: string;
  /** Settings of the database of services. @default - there is none */
  readonly services?: ServicesFactsProps;
}

/** What people need to know of the databases: the wiki's page "RDS", with its blanks filled. */
export function databaseFacts({
  account,
  copyAccountId,
  db,
  environment,
  owner,
  services,
}: DatabaseFactsProps): SystemFacts {
  const prefix = namePrefix(environment);
  const config = configFile(environment);
  const stage1 = stackName(environment, "stage1");
  const deploy = cdktf("deploy", stage1);
  const replicaRegion = db?.replicaRegion;
  const { published, value } = restoreCommands(environment);
  const instance = (database: DatabaseName): string => `--db-instance-identifier ${prefix}-${database}`;
  const look = (database: DatabaseName, query: string): Command =>
    aws(`rds describe-db-instances ${instance(database)} --query "DBInstances[0].${query}"`);
  const pending = look("db", "[DBInstanceStatus,PendingModifiedValues,DBParameterGroups]");
  const backupRole = (database: DatabaseName): string =>
    output(aws(`iam get-role --role-name ${prefix}-${database}-backup --query Role.Arn --output text`));
  const snapshotJob = (database: DatabaseName): Command =>
    aws(
      `backup start-backup-job --backup-vault-name ${prefix}-${database} --resource-arn "${value(database, "DBInstanceArn")}" --iam-role-arn "${backupRole(database)}" --lifecycle DeleteAfterDays=14`,
    );
  const failover = aws(`rds reboot-db-instance ${instance("db")} --force-failover`);
  const alarmsOfWarehouse = output(
    aws(
      `cloudwatch describe-alarms --alarm-name-prefix ${prefix}-dw- --query 'MetricAlarms[].AlarmName' --output text`,
    ),
  );
  return {
    name: "db",
    title: services === undefined ? "RDS: DB and DW" : "RDS: DB, DW and SERVICES",
    owner,
    purpose: [
      "DB is the operational PostgreSQL database (Multi-AZ, restored to any second of its retention). DW is the warehouse (one zone and no automated backups, for fast loading; snapshots instead).",
      ...(services === undefined
        ? []
        : [
            "SERVICES holds a database for each service on the clusters that needs one, which that service's role alone reaches. Results that Redash keeps are PHI, so all of it is kept as DB is.",
          ]),
    ].join(" "),
    launch: [
      `Settings: \`databases\` in \`${config}\`.`,
      deploy,
      ["Take DW's first snapshot; until then `dw-snapshot-age` is red:", snapshotJob("dw")],
      "Follow `First steps in a new database` below.",
    ],
    stop: [
      aws(`rds stop-db-instance ${instance("dw")}`),
      [
        "RDS starts it again after seven days; `start-db-instance` does so before. Its alarms fire meanwhile: silence them.",
        aws(`cloudwatch disable-alarm-actions --alarm-names ${alarmsOfWarehouse}`),
      ],
      `Deleting one for good is refused in AWS and in Terraform: it takes \`deletionProtection: false\` where the stack makes \`Databases\`, a deploy, and then the removal. RDS leaves the snapshot \`${prefix}-db-final\`.`,
    ],
    status: [
      aws(
        'rds describe-db-instances --query "DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,DBInstanceClass,EngineVersion,AvailabilityZone,MultiAZ]" --output table',
      ),
      aws(`rds describe-events --source-type db-instance --source-identifier ${prefix}-db --duration 1440`),
      aws("rds describe-pending-maintenance-actions"),
    ],
    logs: [
      aws(`logs tail /aws/rds/instance/${prefix}-db/postgresql --since 1h --follow`),
      `The others alike: \`/aws/rds/instance/${prefix}-dw/postgresql\`. Major upgrades: \`.../upgrade\`. Enhanced monitoring, the processes of the machine: \`RDSOSMetrics\`.`,
      "Every line reads `time UTC:client(port):user@database:[pid]:LEVEL:  text`. The statements that pgaudit writes can hold PHI, as can slow and failed ones where `logStatements` is on; bind values are never there. Don't paste them into tickets. The log is kept as long as audit logs.",
      `Saved queries in CloudWatch > Logs Insights > Queries > \`${prefix}/db\`, and so for the others: slow statements, lock waits, temporary files, autovacuum, errors, failed logins, connections by user, schema and role changes, who read and wrote what.`,
    ],
    dashboard: "performance",
    metrics: [
      `Dashboard \`${prefix}-performance\`, in CloudWatch and in Grafana.`,
      "CloudWatch > Metrics > RDS > Per-Database Metrics; counted log lines in `OpsDX/Database`.",
      `Per statement: CloudWatch > Database Insights > \`${prefix}-db\`.`,
      "The alarms and their thresholds are in the alarm table, under the database's name.",
    ],
    procedures: [
      {
        title: "Increase RDS space (in place, no downtime; irreversible: storage never shrinks)",
        steps: [
          `Raise \`databases.db.allocatedStorageGib\` (and \`maxAllocatedStorageGib\`) in \`${config}\`; set \`applyImmediately: true\` when it cannot wait for the maintenance window.`,
          deploy,
          look("db", "[DBInstanceStatus,AllocatedStorage]"),
          "The instance works while it shows `storage-optimization`, a little slower. Another change of storage is refused for six hours, or until that ends.",
          "Storage autoscaling grows it up to `maxAllocatedStorageGib` by itself; Terraform accepts that, but write the new size into the config so that the alarms' thresholds follow.",
        ],
      },
      {
        title:
          "Change the instance type: cores and memory (DB: 60 to 120 seconds of failover; DW: 5 to 15 minutes down; reversible)",
        steps: [
          `Set \`databases.db.instanceClass\` in \`${config}\` to a class of \`config/instance-classes.ts\`; connection limit and alarm thresholds follow.`,
          deploy,
          "It happens in the maintenance window; to have it now, set `applyImmediately: true` before the deploy.",
          pending,
          "DW: not between 9:00 and 11:30 Eastern, when it is loaded.",
        ],
      },
      {
        title: "Change high availability (in place, no downtime; reversible)",
        steps: [
          `Set \`databases.db.multiAz\` in \`${config}\`.`,
          deploy,
          "To `true`: RDS copies a snapshot to the other zone, and writes are slower until the standby has caught up: choose a quiet hour. It also needs `backupRetentionDays` of at least 1.",
          ["Prove the failover, 60 to 120 seconds without service:", failover],
        ],
      },
      {
        title: "Change the backup window (in place, no downtime; reversible)",
        steps: [
          `Set \`databases.db.backupWindow\` in \`${config}\`, UTC. The config refuses a window that meets maintenance, the load or a snapshot.`,
          deploy,
          "Changing `backupRetentionDays` from 0 or to 0 is another matter: it restarts the instance. Any other value changes without.",
        ],
      },
      {
        title:
          "Edit and change RDS parameter groups (dynamic parameters in place; `shared_preload_libraries` needs a reboot; reversible)",
        steps: [
          [
            "Edit the tables in `constructs/stage1/db/parameters.ts`. A parameter that needs a restart belongs in `STATIC_PARAMETERS` too:",
            aws(
              `rds describe-engine-default-parameters --db-parameter-group-family postgres17 --query "EngineDefaults.Parameters[?ParameterName=='${placeholder("name")}'].[ApplyType,AllowedValues]"`,
            ),
          ],
          deploy,
          pending,
          [
            // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
            "`pending-reboot` on the parameter group: a restart without a failover, which alone applies it; about two minutes without service.",
            aws(`rds reboot-db-instance ${instance("db")}`),
            aws(`rds reboot-db-instance ${instance("dw")}`),
          ],
          "Never edit `default.postgres17`, and never a group in the console: the next deploy would undo it.",
        ],
      },
      {
        title:
          "Upgrade the engine version (minor: restart in the window; major: 10 to 60 minutes down and irreversible but by restore)",
        steps: [
          [
            "Minor versions: RDS installs them in the maintenance window. Now; the config names the major only, so Terraform agrees:",
            aws(
              `rds modify-db-instance ${instance("db")} --engine-version ${placeholder("version")} --apply-immediately`,
            ),
          ],
          ...rehearseUpgrade(environment),
          `Take a snapshot, then set \`databases.db.engineVersion: "18"\` and \`applyImmediately: true\` in \`${config}\`: at once, because the old parameter group can only go when the new one is in use.`,
          snapshotJob("db"),
          deploy,
          [
            "In psql:",
            sql("analyze;"),
            sql("alter extension pg_stat_statements update; alter extension pgaudit update;"),
          ],
          "Set `applyImmediately` back to `false` and deploy.",
          "There is no blue/green deployment here: RDS offers none while it manages the master password, nor without automated backups.",
        ],
      },
      {
        title: "First steps in a new database",
        steps: [
          [
            "Connect (below), then:",
            sql("create extension if not exists pg_stat_statements; create extension if not exists pgaudit;"),
          ],
          [
            "A role that signs in with IAM instead of a password:",
            sql("create role trews_api login; grant rds_iam to trews_api;"),
            `Its AWS role needs \`rds-db:connect\` on \`arn:aws:rds-db:${account.region}:${account.id}:dbuser:${placeholder("id")}/trews_api\`; the resource id is published as \`${publishedFolder(environment, "stage1")}db/db-resource-id\`.`,
          ],
          [
            "Reads and writes of every role are recorded, by table. An application's are recorded by itself, and would be some 400 B each: at 1000 statements a second 35 GB a day. Take them out for its role, never for a person's:",
            sql("alter role trews_api set pgaudit.log = 'ddl,role';"),
          ],
          [
            "DW: the load role alone may lose its last commits in a crash, and loads faster for it:",
            sql("alter role dw_load set synchronous_commit = off;"),
          ],
        ],
      },
      {
        title: "Connect",
        steps: [
          [
            "From a controller (Session Manager) or a pod, with the master user's password at the prompt:",
            aws(
              `secretsmanager get-secret-value --secret-id "${value("db", "MasterUserSecret.SecretArn")}" --query SecretString --output text`,
            ),
            shell("curl -sO https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"),
            shell(
              `psql "host=${published("db-address")} user=opsdx_root dbname=opsdx sslmode=verify-full sslrootcert=global-bundle.pem"`,
            ),
          ],
          `DW alike: \`${prefix}-dw\`, \`dw-address\` and \`dbname=opsdx_dw\`.`,
          ...(services === undefined
            ? []
            : [
                `SERVICES alike: \`${prefix}-services\`, \`services-address\` and \`dbname=postgres\`; a service's own database has the service's name.`,
              ]),
          [
            "RDS changes the password every seven days: read it each time, and give no application the master user. Change it now:",
            aws(`rds modify-db-instance ${instance("db")} --rotate-master-user-password --apply-immediately`),
          ],
        ],
      },
      {
        title: "Back up DW by hand, before each load (in place; seconds of slow I/O)",
        steps: [
          snapshotJob("dw"),
          aws(
            `backup list-backup-jobs --by-backup-vault-name ${prefix}-dw --query "BackupJobs[:3].[CreationDate,State,PercentDone,StatusMessage]" --output table`,
          ),
          "Start the load when the state is `COMPLETED`. AWS Backup also takes one every Wednesday and Saturday.",
        ],
      },
      restoreToTime(environment, replicaRegion),
      ...(db === undefined || replicaRegion === undefined
        ? []
        : [regionLost(environment, { ...db, replicaRegion, services: services?.replicaRegion !== undefined })]),
      {
        title: "Restore tests",
        steps: [
          [
            "On the third of every month AWS Backup restores the newest snapshot of each database, behind a security group without a rule, and deletes it again. The last ones, with the seconds that each took:",
            aws(
              'backup list-restore-jobs --by-resource-type RDS --query "RestoreJobs[?CreatedBy.RestoreTestingPlanArn!=null][].[CreationDate,Status,CompletionDate,StatusMessage]" --output table',
            ),
          ],
          [
            `One that failed: \`AccessDenied\` names the right that the role \`${prefix}-restore-test\` lacks; no line at all since the third means that no snapshot of the last 35 days was found. What AWS Backup would restore with:`,
            aws(
              `backup get-restore-testing-inferred-metadata --backup-vault-name ${prefix}-db --recovery-point-arn ${placeholder("arn")}`,
            ),
          ],
          [
            "What a test left behind costs money, and is a copy of the data:",
            aws(
              "rds describe-db-instances --query \"DBInstances[?starts_with(DBInstanceIdentifier,'awsbackup-restore-test')].[DBInstanceIdentifier,DBInstanceStatus,InstanceCreateTime]\" --output table",
            ),
          ],
        ],
      },
      ...(copyAccountId === undefined
        ? []
        : [
            {
              title: "Copies in the shared account",
              steps: [
                [
                  `Snapshots are copied to the vault \`${copiesVault(environment)}\` of ${copyAccountId}. The last jobs, and why one failed:`,
                  aws(
                    'backup list-copy-jobs --by-resource-type RDS --query "CopyJobs[:10].[CreationDate,State,ResourceArn,StatusMessage]" --output table',
                  ),
                ],
                [
                  "One that was refused at once: the accounts belong to different organizations, or the organization does not let them copy to each other:",
                  aws("backup describe-global-settings --query GlobalSettings.isCrossAccountBackupEnabled"),
                ],
                `One that failed with KMS: the databases' key must admit AWS Backup of ${copyAccountId}, the vault's key AWS Backup of ${account.id}. These show what is not as the code has it:`,
                cdktf("diff", stage1),
                cdktf("diff", GLOBAL),
                [
                  "Copy a snapshot by hand:",
                  aws(
                    `backup start-copy-job --source-backup-vault-name ${prefix}-db --recovery-point-arn ${placeholder("arn")} --destination-backup-vault-arn arn:aws:backup:${account.region}:${copyAccountId}:backup-vault:${copiesVault(environment)} --iam-role-arn "${backupRole("db")}" --lifecycle DeleteAfterDays=14`,
                  ),
                ],
                "Bring one back: [Bring an environment's databases back from the copies](backup-copies.md#bring-an-environments-databases-back-from-the-copies).",
              ],
            } satisfies Procedure,
          ]),
      ...(services === undefined ? [] : servicesProcedures(environment)),
      {
        title: "What a loss costs: RPO and RTO",
        steps: [
          `DB, its instance or its zone: nothing, 60 to 120 seconds, where \`multiAz\` is on. A mistake in its data: five minutes of writes, and as long as the restore tests take (above) plus an hour of people.${
            replicaRegion === undefined
              ? " Its region: there is no copy elsewhere."
              : ` Its region: minutes of writes, from the copy in ${replicaRegion}; how long it takes, nobody has rehearsed.`
          }`,
          "DW: what was loaded since its last snapshot, four days at most, which is loaded again from Clarity and DB; as long as a restore plus those loads. Its region: everything that Clarity cannot give again.",
          ...(services === undefined ? [] : [servicesLoss(services)]),
          copyAccountId === undefined
            ? "No backup stands in another account: who rules the account and removes the vaults' locks can delete every backup in it."
            : `The account, with all its backups: what was written since the last copy in ${copyAccountId}, as \`snapshots.copies\` of each database in \`${config}\` say: four days at most for \`half-week\`, 31 for \`month\`.`,
          "Clusters, etcd, state and the rest: docs/recovery.md.",
        ],
      },
      restoreFromSnapshot(environment),
    ],
  };
}
