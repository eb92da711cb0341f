import type { Config } from "../config/load";
import type { EnvironmentConfig } from "../config/schema/environment";
import { unknownArgument } from "./command-error";

/**
 * The environment that a person named.
 * @throws UsageError naming the nearest one
 */
export function findEnvironment({ environments }: Config, name: string): EnvironmentConfig {
  const environment = environments.find((candidate) => candidate.name === name);
  if (environment !== undefined) return environment;
  throw unknownArgument(
    "env",
    name,
    environments.map((candidate) => candidate.name),
  );
}
