import { namePrefix } from "../../../config/names";

/** Name of the system: its namespace, and its page of the runbook. */
export const DRILLS = "drills";

/** Name of chaoskube: the template of its Jobs, their service account, and its Roles. */
export const CHAOSKUBE = "chaoskube";

/** The template of Jobs that fill a volume of their own. */
export const FILL_VOLUME = "fill-volume";

/** The template of Jobs whose pod waits for a node of the ETLs. */
export const WAIT_FOR_NODE = "wait-for-node";

/** Value of the label `opsdx_nodegroup` of the ETLs' nodes. */
export const ETL_NODES = "etl";

/** Tag `Name` of the experiment template of a drill, and the start of its role's name. */
export function experimentName(environment: string, drill: string): string {
  return `${namePrefix(environment)}-drill-${drill}`;
}
