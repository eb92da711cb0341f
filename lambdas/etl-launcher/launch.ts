import type { CheckedEvent } from "./event";
import { LaunchFailure } from "./failure";
import { ETL_LABEL, isActive, jobFrom } from "./job";
import type { KubernetesApi } from "./kubernetes";
import { jobName, NAME_LIMIT, slotOf, templateName } from "./slot";

/** How a launch ended well. */
export type Outcome = "Launched" | "Skipped" | "Duplicate";

/** A launch that ended well. */
export interface LaunchResult {
  /** How it ended. */
  readonly outcome: Outcome;
  /** Name of the slot's Job. */
  readonly job: string;
  /** The slot, `yyyyMMdd-HHmm` in UTC. */
  readonly slot: string;
  /** The Job of another slot that still runs, when skipped. @default - it was not skipped */
  readonly running?: string;
}

/** Creates the Job of an event's slot, unless it exists or another slot's still runs. */
export async function launch(event: CheckedEvent, environment: string, api: KubernetesApi): Promise<LaunchResult> {
  const slot = slotOf(new Date(event.scheduledTime));
  const job = jobName(event.etl, environment, slot);
  if (job.length > NAME_LIMIT) {
    throw new LaunchFailure(
      "InvalidEvent",
      `etl: the Job's name may have ${NAME_LIMIT} characters, got ${job.length}: ${job}`,
    );
  }
  const result = { job, slot: slot.id };

  const template = await api.cronJob(templateName(event.etl, environment));
  const jobs = await api.jobs(ETL_LABEL, event.etl);

  const same = jobs.find(({ metadata }) => metadata.name === job);
  if (same?.metadata.deletionTimestamp !== undefined) {
    throw new LaunchFailure("Terminating", `${job} is being deleted; its name is free when its pods are gone`);
  }
  if (same !== undefined) return { outcome: "Duplicate", ...result };

  const running = jobs.find(isActive);
  if (running !== undefined) return { outcome: "Skipped", ...result, running: running.metadata.name };

  // The name decides between events that come this far together.
  const created = await api.create(jobFrom(template, job, slot, event));
  return { outcome: created ? "Launched" : "Duplicate", ...result };
}
