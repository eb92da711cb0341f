/** A scheduled minute of an ETL. One slot is one Job, however often its event arrives. */
export interface Slot {
  /** `yyyyMMdd-HHmm` in UTC: label value, and end of the Job's name. */
  readonly id: string;
  /** The same minute in ISO 8601, for the ETL itself. */
  readonly start: string;
}

/** The limit of a label value, which the Job's name becomes on its pods. */
export const NAME_LIMIT = 63;

/** The slot of a moment: the minute it lies in, in UTC. */
export function slotOf(moment: Date): Slot {
  const minute = moment.toISOString().slice(0, "yyyy-MM-ddTHH:mm".length);
  return { id: minute.replaceAll(/[-:]/g, "").replace("T", "-"), start: `${minute}:00Z` };
}

/** Name of an ETL's suspended CronJob. */
export function templateName(etl: string, environment: string): string {
  return `${etl}-${environment}`;
}

/** Name of the Job of a slot. */
export function jobName(etl: string, environment: string, slot: Slot): string {
  return `${templateName(etl, environment)}-${slot.id}`;
}
