import { namePrefix } from "../../../config/names";
import type { DatabasesConfig } from "../../../config/schema/database";
import { aws, output, pipe, published, shell, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { ParameterValues } from "./parameters";
import { ENGINE_LIFECYCLE, LOG_EXPORTS } from "./postgres-instance";

/** Short name of a database. */
export type DatabaseName = keyof DatabasesConfig;

/**
 * What `PostgresInstance` declares and a restore does not take from its source: without it IAM logins fail, and what pgaudit writes
 * reaches no log group.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
 */
export const RESTORE_OPTIONS = [
  "--enable-iam-database-authentication",
  `--enable-cloudwatch-logs-exports ${LOG_EXPORTS.join(" ")}`,
  "--copy-tags-to-snapshot",
  `--engine-lifecycle-support ${ENGINE_LIFECYCLE}`,
  "--no-publicly-accessible",
].join(" ");

/** RDS changes at most so many parameters in one call: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html */
const PARAMETERS_PER_CALL = 20;

/** What the databases' page asks AWS of an environment's databases. */
export interface RestoreCommands {
  /** A value that stage1 published, as part of another command. */
  readonly published: (name: string) => string;
  /** A value of an instance, as part of another command. */
  readonly value: (database: DatabaseName, query: string) => string;
  /** Options that put a copy beside its original: the same subnets, security group and parameters. */
  readonly beside: (database: DatabaseName) => string;
  /** Log groups of a copy with the key and the days of the original's: RDS would make them without either. */
  readonly logGroups: (database: DatabaseName, copy: string) => Command;
}

/** The commands of {@link RestoreCommands} for an environment. */
export function restoreCommands(environment: string): RestoreCommands {
  const prefix = namePrefix(environment);
  const ofDatabases = (name: string): string => output(published(environment, "stage1", `db/${name}`));
  const value = (database: DatabaseName, query: string): string =>
    output(
      aws(
        `rds describe-db-instances --db-instance-identifier ${prefix}-${database} --query 'DBInstances[0].${query}' --output text`,
      ),
    );
  return {
    published: ofDatabases,
    value,
    beside: (database) =>
      `--db-subnet-group-name ${prefix}-db --vpc-security-group-ids "${ofDatabases("security-group-id")}" --db-parameter-group-name "${value(database, "DBParameterGroups[0].DBParameterGroupName")}"`,
    logGroups: (database, copy) => {
      const group = (identifier: string): string => `/aws/rds/instance/${identifier}/$log`;
      const original = (field: string): string =>
        output(
          aws(
            `logs describe-log-groups --log-group-name-prefix ${group(`${prefix}-${database}`)} --query 'logGroups[0].${field}' --output text`,
          ),
        );
      const create = aws(
        `logs create-log-group --log-group-name ${group(copy)} --kms-key-id "${original("kmsKeyId")}"`,
      );
      const keep = aws(
        `logs put-retention-policy --log-group-name ${group(copy)} --retention-in-days "${original("retentionInDays")}"`,
      );
      return shell(`for log in ${LOG_EXPORTS.join(" ")}; do ${create.command}; ${keep.command}; done`);
    },
  };
}

/**
 * Waits for an instance, and shows its state meanwhile. RDS's own waiter gives up after half an hour, and may take the state from before
 * a change for the one after it: so what is waited for is what only the change brings.
 * @param pattern - of grep, for a line of status, version of the engine and status of the master secret
 * @param region - option that names another region
 */
export function until(identifier: string, pattern: string, region = ""): Command {
  const state = pipe(
    aws(
      `rds describe-db-instances${region} --query "DBInstances[?DBInstanceIdentifier=='${identifier}'].[DBInstanceStatus,EngineVersion,MasterUserSecret.SecretStatus]" --output text`,
    ),
    "tee /dev/stderr",
    `grep -q '${pattern}'`,
  );
  return shell(`until ${state.command}; do sleep 30; done`);
}

/** An instance works, by {@link until}. */
export const AVAILABLE = "^available";
/** It works, and RDS keeps its master password, by {@link until}. */
export const AVAILABLE_WITH_PASSWORD = "^available.*active$";
/** It works with the major version that a person fills in, by {@link until}. */
export const AVAILABLE_UPGRADED = `^available.${placeholder("number")}[.]`;

/** Makes a parameter group with values, for an instance that starts after it. @param region - option that names another region */
export function parameterGroup(name: string, family: string, values: ParameterValues, region = ""): readonly Command[] {
  const parameters = Object.entries(values).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
    // The only way that every parameter may be applied in.
    ApplyMethod: "pending-reboot",
  }));
  const calls = Array.from({ length: Math.ceil(parameters.length / PARAMETERS_PER_CALL) }, (_, call) =>
    parameters.slice(call * PARAMETERS_PER_CALL, (call + 1) * PARAMETERS_PER_CALL),
  );
  return [
    aws(
      `rds create-db-parameter-group${region} --db-parameter-group-name ${name} --db-parameter-group-family ${family} --description ${name}`,
    ),
    ...calls.map((some) =>
      aws(
        `rds modify-db-parameter-group${region} --db-parameter-group-name ${name} --parameters '${JSON.stringify(some)}'`,
      ),
    ),
  ];
}
