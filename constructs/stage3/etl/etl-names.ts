import { etlJobRole, namePrefix } from "../../../config/names";
import { etlLogStream, launcherFunctionName, type EtlOwnNames } from "../../../config/schema/etl-names";

/** CloudWatch namespace of everything that ETLs and their launchers measure: the wiki's "OpsDX > ETL". */
export const ETL_NAMESPACE = "OpsDX/ETL";
/** Dimension that names the ETL: the launcher writes it, and the metric filters fill it from the field `etl`. */
export const ETL_DIMENSION = "Etl";

/** What the functions write: the launcher of launches and runs, and the one that looks at freshness. */
export const FUNCTION_METRICS = [
  ...["Launched", "Skipped", "Duplicate", "LaunchFailed", "RunFailed", "OutOfMemory", "RunsLooked"],
  ...["SecondsSinceSuccess", "WatchedSince", "FreshnessChecked"],
] as const;

/** Names of an ETL's AWS resources in one environment. */
export interface EtlNames {
  /** The launcher's function. */
  readonly functionName: string;
  /** Log group of that function. */
  readonly logGroup: string;
  /** Log stream of the Jobs. */
  readonly stream: string;
  /** Queue of slots that the scheduler could not deliver. */
  readonly undeliveredQueue: string;
  /** Queue of events that the launcher failed on. */
  readonly failedQueue: string;
  /** The schedule. */
  readonly schedule: string;
  /** Role that the scheduler invokes the launcher with. */
  readonly scheduleRole: string;
  /** The schedule of the looks at the runs, and its role. */
  readonly look: string;
  /** Role of the Jobs. */
  readonly jobRole: string;
  /** The suspended CronJob, which is the template, and the Jobs' service account. */
  readonly template: string;
}

/** Heading of an ETL's chapter in the runbook. */
export function etlTitle(etl: string): string {
  return `ETL: ${etl}`;
}

/**
 * The names of an ETL's resources.
 *
 * @param own - names that config gives in place of derived ones
 */
export function etlNames(environment: string, etl: string, own: EtlOwnNames): EtlNames {
  const functionName = launcherFunctionName(environment, etl, own);
  const prefix = `${namePrefix(environment)}-${etl}`;
  return {
    functionName,
    logGroup: `/aws/lambda/${functionName}`,
    stream: etlLogStream(environment, etl, own),
    undeliveredQueue: `${prefix}-undelivered`,
    failedQueue: `${prefix}-launch-failed`,
    schedule: prefix,
    scheduleRole: `${prefix}-schedule`,
    look: `${prefix}-look`,
    jobRole: etlJobRole(environment, etl),
    template: `${etl}-${environment}`,
  };
}

/** Name of the schedule group of an environment. */
export function scheduleGroupName(environment: string): string {
  return `${namePrefix(environment)}-etl`;
}
