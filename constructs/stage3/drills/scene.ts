import type { EnvironmentConfig } from "../../../config/schema/environment";
import { aws, type Command } from "../../shared/observability/command";
import type { Query } from "./drill";

/** An alarm at which whatever goes on in a cluster is ended. */
export const API = "k8s-api-unhealthy";

/** What drills are made of. */
export interface Scene {
  /** Settings of the environment. */
  readonly environment: EnvironmentConfig;
  /** Start of the names of what belongs to it: `opsdx-dev`. */
  readonly prefix: string;
  /** kubectl on a cluster and namespace of it. */
  readonly on: (cluster: string, namespace: string | undefined, args: string) => Command;
  /** Who answers for drills. */
  readonly owner: string;
  /** Name of the bucket of Terraform's states. */
  readonly stateBucket: string;
}

/** Whether a database is in a state. */
export function databaseIs(prefix: string, database: string, state: string): Query {
  return {
    says: `${database} is ${state}`,
    command: aws(
      `rds describe-db-instances --db-instance-identifier ${prefix}-${database} --query "DBInstances[0].DBInstanceStatus" --output text`,
    ),
    matches: new RegExp(`^${state}$`),
  };
}
