import type { Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { clusterFullName } from "../../config/names";
import type { EtlConfig } from "../../config/schema/etl";
import { etlNames, scheduleGroupName, type EtlNames } from "../../constructs/stage3/etl/etl-names";
import { allOf, UsageError, unknownArgument } from "../command-error";
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
  /** The environment that it belongs to. */
  readonly environment: EnvironmentConfig;
  /** Its name. */
  readonly etl: string;
  /** Its settings. */
  readonly config: EtlConfig;
  /** Names that follow from them. */
  readonly names: EtlNames;
  /** Group of its schedule. */
  readonly scheduleGroup: string;
  /** Where its Jobs are. */
  readonly place: JobPlace;
}

/** What stands for all ETLs. */
export const ALL = "all";

/**
 * The ETL that a person named.
 * @throws UsageError naming the nearest environment and the nearest ETL
 */
export function findTarget(config: Config, environmentName: string, etlName: string): EtlTarget {
  const [target] = targetsOf(config, environmentName, etlName, (known) => {
    if (etlName === ALL) {
      throw new UsageError(`<etl> must be one of ${known.join(", ")}, got "${ALL}": this command takes one at a time`);
    }
    throw unknownArgument("etl", etlName, known);
  });
  return target;
}

/**
 * The ETL that a person named, or every one.
 * @throws UsageError naming the nearest environment and the nearest ETL
 */
export function findTargets(config: Config, environmentName: string, etlName: string): readonly EtlTarget[] {
  return targetsOf(config, environmentName, etlName, (known) => {
    if (etlName === ALL) return known;
    throw unknownArgument("etl", etlName, [...known, ALL]);
  });
}

/** The targets of a name; what is no ETL's name is asked for among those that are known. */
function targetsOf(
  config: Config,
  environmentName: string,
  etlName: string,
  otherwise: (known: readonly [string, ...string[]]) => readonly [string, ...string[]],
): readonly [EtlTarget, ...EtlTarget[]] {
  const found = config.environments.find(({ name }) => name === environmentName);
  const [environment, [first, ...others]] = allOf(
    () => findEnvironment(config, environmentName),
    () => {
      // Whether the environment is known or not, a name that no environment has is wrong, too.
      const known = [...new Set((found === undefined ? config.environments : [found]).flatMap(etlNamesOf))];
      if (known.includes(etlName)) return [etlName] as const;
      const [one, ...more] = known;
      if (one === undefined) throw new UsageError(`<etl> cannot be "${etlName}": ${environmentName} has no ETL`);
      return otherwise([one, ...more]);
    },
  );
  return [targetOf(environment, first), ...others.map((name) => targetOf(environment, name))];
}

function etlNamesOf({ etls }: EnvironmentConfig): readonly string[] {
  return Object.keys(etls);
}

function targetOf(environment: EnvironmentConfig, etl: string): EtlTarget {
  const config = environment.etls[etl];
  if (config === undefined) throw new Error(`${environment.name} has no ETL "${etl}"`);
  return {
    environment,
    etl,
    config,
    names: etlNames(environment.name, etl, config),
    scheduleGroup: scheduleGroupName(environment.name),
    place: {
      environment: environment.name,
      cluster: config.cluster,
      context: clusterFullName(environment, config.cluster),
      namespace: config.namespace,
    },
  };
}
