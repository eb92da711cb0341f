import { loadConfig } from "../../../../config/load";
import type { DatabaseConfig, DatabasesConfig } from "../../../../config/schema/database";
import { Databases, type DatabasesProps } from "../../../../constructs/stage1/db/databases";
import { PostgresInstance, type PostgresInstanceProps } from "../../../../constructs/stage1/db/postgres-instance";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import { systemFacts, type SystemFacts } from "../../../../constructs/shared/observability/system";
import type { DatabaseExports } from "../../../../constructs/shared/platform";
import type { BaseStack } from "../../../../stacks/base-stack";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";

export const KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/1";

/** The databases of an environment as the project configures them. */
export function configured(environment: "dev" | "prod"): DatabasesConfig {
  const found = loadConfig().environments.find(({ name }) => name === environment);
  if (found === undefined) throw new Error(`no environment ${environment}`);
  return found.databases;
}

/** Where copies of snapshots go. */
export const COPY_TARGET = {
  vaultArn: "arn:aws:backup:us-east-1:111122223333:backup-vault:opsdx-test-backup-copies",
  accountId: "111122223333",
} as const;

/** The same databases, of which no snapshot is copied. */
export function withoutCopies({ db, dw, services }: DatabasesConfig): DatabasesConfig {
  const alone = (database: DatabaseConfig): DatabaseConfig => ({
    ...database,
    snapshots: { ...database.snapshots, copies: undefined },
  });
  return { db: alone(db), dw: alone(dw), services: services && alone(services) };
}

/** Topics and keys under the prefix `opsdx-test`. */
export function monitoringOf(stack: BaseStack): Monitoring {
  return new Monitoring(stack, "Monitoring", {
    environment: "test",
    namePrefix: "opsdx-test",
    account: TEST_ACCOUNT,
    subscribers: { page: ["oncall@opsdx.io"], ticket: ["platform@opsdx.io"] },
    retention: { auditDays: 365, logDays: 30 },
    runbookUrl: "https://example.org/runbook",
    thresholds: {},
  });
}

/** An instance inside a stack; `settings` and `props` change what matters to a test. */
export function instanceIn(
  stack: BaseStack,
  monitoring: Monitoring,
  settings: Partial<DatabaseConfig> = {},
  props: Partial<PostgresInstanceProps> = {},
): PostgresInstance {
  return new PostgresInstance(stack, "Db", {
    monitoring,
    name: "db",
    databaseName: "opsdx",
    settings: { ...configured("dev").db, ...settings },
    parameters: {},
    subnetGroupName: "opsdx-test-db",
    securityGroupId: "sg-1",
    keyArn: KEY_ARN,
    monitoringRoleArn: "arn:aws:iam::123456789012:role/opsdx-test-rds-monitoring",
    ...props,
  });
}

/** The databases in a stack of their own. */
export function synthDatabases(
  databases: DatabasesConfig,
  props: Partial<DatabasesProps> = {},
): {
  readonly stack: Synthesized;
  readonly exports: DatabaseExports;
  readonly alarms: readonly AlarmFacts[];
  readonly system: SystemFacts | undefined;
} {
  let made: Databases | undefined;
  const stack = synth((scope) => {
    made = new Databases(scope, "Db", {
      monitoring: monitoringOf(scope),
      account: TEST_ACCOUNT,
      owner: "Andong, Yanif",
      databases,
      subnetIds: ["subnet-a", "subnet-c"],
      vpcId: "vpc-1",
      securityGroupId: "sg-1",
      copyTarget: COPY_TARGET,
      replicaProvider: scope.aliasedAws("Replica", {
        alias: "replica",
        owner: "test",
        account: { id: TEST_ACCOUNT.id, region: "us-west-2" },
      }),
      ...props,
    });
  });
  if (made === undefined) throw new Error("nothing was made");
  const alarms = made.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === ALARM_METADATA)
    .map(({ data }) => data as AlarmFacts);
  return { stack, exports: made.exports, alarms, system: systemFacts(made) };
}
