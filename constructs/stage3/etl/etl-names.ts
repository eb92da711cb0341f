import type { EtlName } from "../../../config/schema/etl";
import { namePrefix } from "../../../config/names";

/** CloudWatch namespace of everything that ETLs and their launchers measure: the wiki's "OpsDX > ETL". */
export const ETL_NAMESPACE = "OpsDX/ETL";
/** Dimension that names the ETL: the launcher writes it, and the metric filters fill it from the field `etl`. */
export const ETL_DIMENSION = "Etl";

/** What is fixed about an ETL because people, scripts and other repositories know it. */
export interface EtlIdentity {
  /** Heading in the runbook. */
  readonly title: string;
  /** What it is for. */
  readonly purpose: string;
  /** Name of its launcher, with `<env>`. */
  readonly functionName: string;
  /** Stream, or start of the streams, of its log, with `<env>`. */
  readonly stream: string;
  /** Files that it leaves in the staging bucket. */
  readonly reports: readonly string[];
  /** A name that it goes by elsewhere. @default - none */
  readonly alias?: string;
}

/** The four ETLs, under the wiki's names. */
export const ETL_IDENTITIES: Readonly<Record<EtlName, EtlIdentity>> = {
  epic2op: {
    title: "ETL: epic2op",
    purpose:
      "Loads what Epic knows of patients into the operational database, every 15 minutes. Without it TREWS decides on old data.",
    functionName: "opsdx-<env>-etl-lambda",
    stream: "kubernetes/default/epic2op/<env>",
    reports: ["the task graph of each run"],
  },
  "c2dw-daily": {
    title: "ETL: c2dw-daily",
    purpose: "Loads the last day of Clarity into the warehouse, every morning.",
    functionName: "opsdx-<env>-c2dw-etl-lambda",
    stream: "kubernetes/default/c2dw/<env>/daily",
    reports: ["c2dw-etl-daily.pdf: the engine's execution graph"],
    alias: "c2dw_daily_etl",
  },
  op2dw: {
    title: "ETL: op2dw",
    purpose: "Copies the operational database into the warehouse. Its hour is proposed, not decided.",
    functionName: "opsdx-<env>-op2dw-etl-lambda",
    stream: "kubernetes/default/op2dw/<env>",
    reports: ["the task graph of each run"],
  },
  c2dw: {
    title: "ETL: c2dw",
    purpose: "Loads a range of Clarity into the warehouse, when somebody asks for it.",
    functionName: "opsdx-ml-<env>-c2dw-etl-lambda",
    stream: "kubernetes/c2dw/etl/c2dw/etl/",
    reports: ["c2dw-etl-*.pdf: the engine's execution graph", "c2dw-etl-*.log: the ETL's log as text"],
    alias: "c2dw-etl-1m",
  },
};

/** Names of an ETL's AWS resources in one environment. */
export interface EtlNames {
  readonly functionName: string;
  readonly logGroup: string;
  readonly stream: string;
  /** Queue of slots that the scheduler could not deliver. */
  readonly undeliveredQueue: string;
  /** Queue of events that the launcher failed on. */
  readonly failedQueue: string;
  readonly schedule: string;
  readonly scheduleRole: string;
  /** Role of the Jobs. */
  readonly jobRole: string;
  /** The suspended CronJob, which is the template, and the Jobs' service account. */
  readonly template: string;
}

/** The names of an ETL's resources. */
export function etlNames(environment: string, etl: EtlName): EtlNames {
  const { functionName, stream } = ETL_IDENTITIES[etl];
  const own = (text: string): string => text.replaceAll("<env>", environment);
  const prefix = `${namePrefix(environment)}-${etl}`;
  return {
    functionName: own(functionName),
    logGroup: `/aws/lambda/${own(functionName)}`,
    stream: own(stream),
    undeliveredQueue: `${prefix}-undelivered`,
    failedQueue: `${prefix}-launch-failed`,
    schedule: prefix,
    scheduleRole: `${prefix}-schedule`,
    jobRole: `${prefix}-job`,
    template: `${etl}-${environment}`,
  };
}

/** Name of the schedule group of an environment. */
export function scheduleGroupName(environment: string): string {
  return `${namePrefix(environment)}-etl`;
}
