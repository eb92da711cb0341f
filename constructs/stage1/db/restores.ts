import { namePrefix, stackName } from "../../../config/names";
import { aws, cdktf, pipe, shell, terraform } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import type { Procedure } from "../../shared/observability/system";
import { SECURITY_PARAMETERS, STATIC_PARAMETERS } from "./parameters";
import {
  AVAILABLE,
  AVAILABLE_UPGRADED,
  AVAILABLE_WITH_PASSWORD,
  parameterGroup,
  RESTORE_OPTIONS,
  restoreCommands,
  until,
  type DatabaseName,
} from "./restore-commands";

/** How DB comes back as it was at a time. @param replicaRegion - region that receives copies of its backups, if any */
export function restoreToTime(environment: string, replicaRegion?: string): Procedure {
  const prefix = namePrefix(environment);
  const { beside, logGroups } = restoreCommands(environment);
  return {
    title: "Restore DB to a point in time (a new instance; the old one stays)",
    steps: [
      aws(
        `rds describe-db-instances --db-instance-identifier ${prefix}-db --query "DBInstances[0].LatestRestorableTime"`,
      ),
      [
        "Its log groups first: RDS would make them without a key and without an end.",
        logGroups("db", `${prefix}-db-restored`),
      ],
      [
        aws(
          `rds restore-db-instance-to-point-in-time --source-db-instance-identifier ${prefix}-db --target-db-instance-identifier ${prefix}-db-restored --restore-time ${placeholder("time")} ${beside("db")} --multi-az --deletion-protection ${RESTORE_OPTIONS}`,
        ),
        until(`${prefix}-db-restored`, AVAILABLE),
      ],
      managedPassword(environment, "db"),
      [
        "A few lost rows: copy them out of the copy into a file, and from there back. Then delete the copy.",
        shell(`pg_dump --data-only --table ${placeholder("table")} --file rows.sql`),
      ],
      ...takeItsPlace(environment, "db"),
      ...(replicaRegion === undefined ? [] : [replicaFollows(environment, replicaRegion)]),
    ],
  };
}

/** How DW comes back from a snapshot. */
export function restoreFromSnapshot(environment: string): Procedure {
  const prefix = namePrefix(environment);
  const { beside, logGroups } = restoreCommands(environment);
  return {
    title: "Restore from a snapshot (a new instance; DW: all that was loaded since is loaded again)",
    steps: [
      aws(
        `backup list-recovery-points-by-backup-vault --backup-vault-name ${prefix}-dw --query "RecoveryPoints[].[CreationDate,RecoveryPointArn]" --output table`,
      ),
      [
        "Its log groups first: RDS would make them without a key and without an end.",
        logGroups("dw", `${prefix}-dw-restored`),
      ],
      [
        aws(
          `rds restore-db-instance-from-db-snapshot --db-snapshot-identifier ${placeholder("arn")} --db-instance-identifier ${prefix}-dw-restored ${beside("dw")} --deletion-protection ${RESTORE_OPTIONS}`,
        ),
        until(`${prefix}-dw-restored`, AVAILABLE),
      ],
      managedPassword(environment, "dw"),
      "A restored volume reads slowly until each block was read once: run `vacuum` or a full select on the large tables before the next load.",
      ...takeItsPlace(environment, "dw"),
    ],
  };
}

/**
 * How a major upgrade of DB is rehearsed on a copy, with a parameter group of the new family: RDS refuses one of the old.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
 */
export function rehearseUpgrade(environment: string): readonly Step[] {
  const copy = `${namePrefix(environment)}-db-rehearsal`;
  const instance = `--db-instance-identifier ${copy}`;
  const { beside, logGroups } = restoreCommands(environment);
  const preloaded = Object.fromEntries(
    Object.entries(SECURITY_PARAMETERS).filter(([name]) => STATIC_PARAMETERS.has(name)),
  );
  return [
    [
      "Major version: rehearse on a copy, which holds PHI until it is deleted:",
      logGroups("db", copy),
      aws(
        `rds restore-db-instance-to-point-in-time --source-db-instance-identifier ${namePrefix(environment)}-db --target-db-instance-identifier ${copy} --use-latest-restorable-time ${beside("db")} --no-multi-az --no-deletion-protection ${RESTORE_OPTIONS}`,
      ),
      until(copy, AVAILABLE),
    ],
    [
      `The number is the new major version, in each of these. The upgrade needs a parameter group of its family. Where \`available\` stays beside the old version, RDS refused: the log below says why.`,
      ...parameterGroup(copy, `postgres${placeholder("number")}`, preloaded),
      aws(
        `rds modify-db-instance ${instance} --engine-version ${placeholder("number")} --allow-major-version-upgrade --db-parameter-group-name ${copy} --apply-immediately`,
      ),
      until(copy, AVAILABLE_UPGRADED),
    ],
    [
      "Read what the upgrade wrote:",
      aws(`rds describe-db-log-files ${instance} --filename-contains pg_upgrade`),
      aws(`rds download-db-log-file-portion ${instance} --log-file-name ${placeholder("file")} --output text`),
    ],
    [
      "Delete the copy:",
      aws(`rds delete-db-instance ${instance} --skip-final-snapshot --delete-automated-backups`),
      aws(`rds wait db-instance-deleted ${instance}`),
      aws(`rds delete-db-parameter-group --db-parameter-group-name ${copy}`),
    ],
  ];
}

/**
 * A restore of PostgreSQL takes no word about the master password.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
 */
function managedPassword(environment: string, database: DatabaseName): Step {
  const copy = `${namePrefix(environment)}-${database}-restored`;
  const { value } = restoreCommands(environment);
  return [
    "RDS keeps its master password in Secrets Manager from now on, under the key of the original's:",
    aws(
      `rds modify-db-instance --db-instance-identifier ${copy} --manage-master-user-password --master-user-secret-kms-key-id "${value(database, "MasterUserSecret.KmsKeyId")}" --apply-immediately`,
    ),
    until(copy, AVAILABLE_WITH_PASSWORD),
  ];
}

/**
 * A name is free, and a renamed instance is there, only when the renaming is through: ten minutes each.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
 */
function takeItsPlace(environment: string, database: DatabaseName): readonly Step[] {
  const identifier = `${namePrefix(environment)}-${database}`;
  const [stage1, stage3] = [stackName(environment, "stage1"), stackName(environment, "stage3")];
  const { published, value } = restoreCommands(environment);
  const rename = (from: string, to: string) =>
    aws(
      `rds modify-db-instance --db-instance-identifier ${from} --new-db-instance-identifier ${to} --apply-immediately`,
    );
  return [
    [
      "The whole database: stop the writers, and rename, about ten minutes each. The endpoint's name stays the same.",
      rename(identifier, `${identifier}-broken`),
      until(`${identifier}-broken`, AVAILABLE),
      rename(`${identifier}-restored`, identifier),
      until(identifier, AVAILABLE_WITH_PASSWORD),
    ],
    [
      "Tell Terraform, until only what you expect is left:",
      pipe(terraform(stage1, "state list"), "grep ^aws_db_instance"),
      terraform(stage1, `state rm ${placeholder("name")}`),
      terraform(stage1, `import ${placeholder("name")} ${identifier}`),
      cdktf("diff", stage1),
    ],
    [
      "The instance has another id and another master secret than the old one. stage1 publishes them, stage3 gives them to the monitors' logins and to the Jobs that work in databases:",
      cdktf("deploy", stage1),
      cdktf("deploy", stage3),
    ],
    [
      "Is the published id the new one's? Until it is, the monitors cannot sign in.",
      shell(`[ "${published(`${database}-resource-id`)}" = "${value(database, "DbiResourceId")}" ] && echo same`),
    ],
  ];
}

/** The copy of backups follows an instance, by an id that no renaming changes. */
function replicaFollows(environment: string, replicaRegion: string): Step {
  const stage1 = stackName(environment, "stage1");
  return [
    `Backups of the new instance are copied to ${replicaRegion} from now on: a line there has its id (\`DbiResourceId\`), and a time as soon as its first snapshot was copied. Those of the old one stay as long as they are kept.`,
    aws(
      `rds describe-db-instance-automated-backups --region ${replicaRegion} --query "DBInstanceAutomatedBackups[?starts_with(DBInstanceIdentifier,'${namePrefix(environment)}-db')].[DBInstanceIdentifier,DbiResourceId,Status,RestoreWindow.LatestTime]" --output table`,
    ),
    "No such line: Terraform forgets the old copy, and the next deploy begins a new one. The name is that of `BackupReplica`, in the list above.",
    terraform(stage1, `state rm ${placeholder("name")}`),
    cdktf("deploy", stage1),
  ];
}
