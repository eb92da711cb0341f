import type { Job } from "../../lambdas/etl-launcher/kubernetes";
import { ETL_LABEL, isActive, SLOT_LABEL } from "../../lambdas/etl-launcher/job";
import type { JobPlace } from "./target";

/** How a run is, or ended. */
export type JobState = "waiting" | "running" | "succeeded" | "failed" | "deleting";

/** A run of an ETL. */
export interface EtlJob {
  /** Name of its Job. */
  readonly name: string;
  /** Name of the ETL. */
  readonly etl: string;
  /** Its slot, `yyyyMMdd-HHmm` in UTC. */
  readonly slot: string;
  /** What tells it from a later Job of the same name. */
  readonly uid: string;
  /** How it is, or ended. */
  readonly state: JobState;
  /** When it was made, ISO 8601. */
  readonly createdAt: string;
  /** Time that it took or takes, in seconds. @default - it has not begun */
  readonly seconds?: number;
  /** Why it failed. @default - it did not */
  readonly reason?: string;
  /** The range that it loads, as the event gave it. @default - what the ETL itself chooses */
  readonly range?: { readonly from: string; readonly to: string };
}

/** The Jobs of the ETLs in their clusters. */
export interface Jobs {
  /**
   * The Jobs of every ETL in a namespace, newest first.
   * @throws CommandError when the cluster does not say
   */
  list(place: JobPlace): Promise<readonly EtlJob[]>;
  /**
   * Begins to delete a Job; its name is free once its pods are gone.
   * @throws CommandError when the cluster refuses
   */
  remove(place: JobPlace, job: EtlJob): Promise<void>;
}

/** A Job as the API gives it, as far as it matters here. */
export interface RawJob extends Job {
  /** Its Job's metadata, with when it was made. */
  readonly metadata: Job["metadata"] & { readonly creationTimestamp?: string };
  /** How it goes; the API writes it. @default - the API has not written it */
  readonly status?: {
    readonly active?: number;
    readonly ready?: number;
    readonly startTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

/** A Job in a few words. */
export function describeJob(job: RawJob, now: number): EtlJob {
  const { metadata, status = {} } = job;
  const ended = status.conditions?.find(
    ({ type, status: value }) => ["Complete", "Failed"].includes(type) && value === "True",
  );
  const until = ended?.lastTransitionTime === undefined ? now : Date.parse(ended.lastTransitionTime);
  const variables = new Map(job.spec.template.spec.containers[0]?.env?.map(({ name, value }) => [name, value]));
  const [from, to] = [variables.get("ETL_FROM"), variables.get("ETL_TO")];
  return {
    name: metadata.name,
    etl: metadata.labels?.[ETL_LABEL] ?? "",
    slot: metadata.labels?.[SLOT_LABEL] ?? "",
    uid: metadata.uid ?? "",
    state: stateOf(job, ended?.type),
    createdAt: metadata.creationTimestamp ?? "",
    ...(status.startTime !== undefined && { seconds: Math.round((until - Date.parse(status.startTime)) / 1000) }),
    ...(ended?.type === "Failed" && { reason: [ended.reason, ended.message].filter(Boolean).join(": ") }),
    ...(from !== undefined && to !== undefined && { range: { from, to } }),
  };
}

function stateOf(job: RawJob, ended: string | undefined): JobState {
  if (job.metadata.deletionTimestamp !== undefined) return "deleting";
  if (isActive(job)) return (job.status?.ready ?? 0) > 0 ? "running" : "waiting";
  return ended === "Failed" ? "failed" : "succeeded";
}

/** Whether a run is on its way, so that the launcher skips other slots. */
export function isOnItsWay({ state }: EtlJob): boolean {
  return state === "waiting" || state === "running";
}
