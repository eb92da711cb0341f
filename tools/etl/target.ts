import type { Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { EtlConfig, EtlName } from "../../config/schema/etl";
import { clusterFullName } from "../../config/names";
import { etlNames, scheduleGroupName, type EtlNames } from "../../constructs/stage3/etl/etl-names";
import { allOf, unknownArgument } from "../command-error";
import { findEnvironment } from "../environment-argument";

/** Where an ETL's Jobs are. */
export interface JobPlace {
  /** Name of the environment. */
  readonly environment: string;
  /** Short name of the cluster. */
  readonly cluster: EtlConfig["cluster"];
  /** Full name of the cluster, which is its context in kubectl. */
  readonly context: string;
  /** Namespace. */
  readonly namespace: string;
}

/** An ETL that a person named. */
export interface EtlTarget {
  readonly environment: EnvironmentConfig;
  readonly etl: EtlName;
  readonly config: EtlConfig;
  readonly names: EtlNames;
  /** Group of its schedule. */
  readonly scheduleGroup: string;
  readonly place: JobPlace;
}

/** What stands for all ETLs. */
export const ALL = "all";

/**
 * The ETL that a person named.
 * @throws CommandError naming the nearest environment and the nearest ETL
 */
export function findTarget(config: Config, environmentName: string, etlName: string): EtlTarget {
  const [environment, etl] = allOf(
    () => findEnvironment(config, environmentName),
    () => knownEtl(config, etlName, []),
  );
  return targetOf(environment, etl);
}

/**
 * The ETL that a person named, or every one.
 * @throws CommandError naming the nearest environment and the nearest ETL
 */
export function findTargets(config: Config, environmentName: string, etlName: string): readonly EtlTarget[] {
  const [environment, etl] = allOf(
    () => findEnvironment(config, environmentName),
    () => (etlName === ALL ? undefined : knownEtl(config, etlName, [ALL])),
  );
  return (etl === undefined ? etlNamesOf(environment) : [etl]).map((name) => targetOf(environment, name));
}

function etlNamesOf({ etls }: EnvironmentConfig): readonly EtlName[] {
  return Object.keys(etls) as EtlName[];
}

function knownEtl({ environments }: Config, name: string, others: readonly string[]): EtlName {
  const known = [...new Set(environments.flatMap(etlNamesOf))];
  const etl = known.find((candidate) => candidate === name);
  if (etl === undefined) throw unknownArgument("etl", name, [...known, ...others]);
  return etl;
}

function targetOf(environment: EnvironmentConfig, etl: EtlName): EtlTarget {
  const config = environment.etls[etl];
  return {
    environment,
    etl,
    config,
    names: etlNames(environment.name, etl),
    scheduleGroup: scheduleGroupName(environment.name),
    place: {
      environment: environment.name,
      cluster: config.cluster,
      context: clusterFullName(environment, config.cluster),
      namespace: config.namespace,
    },
  };
}
