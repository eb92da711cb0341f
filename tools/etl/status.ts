import { z } from "zod";
import { cronExpression, type Schedule } from "../../config/schema/schedule";
import { assertAccount } from "../aws/caller";
import type { Watch } from "../wall-clock";
import type { Connection } from "./connection";
import type { EtlJob } from "./jobs";
import { DAY, isoOf } from "./moments";
import type { ScheduleNow } from "./schedules";
import { nextSlot } from "./slot-argument";
import type { EtlTarget, JobPlace } from "./target";

/** Something that was read, or why it could not be. */
export type Read<T> = { readonly value: T } | { readonly error: string };

/** How the last launch ended, as the launcher's log has it. */
export interface LastLaunch {
  /** When it ended, ISO 8601. */
  readonly at: string;
  /** `Launched`, `Skipped`, `Duplicate` or `LaunchFailed`. */
  readonly outcome: string;
  /** Job of the slot. @default - it failed before it had a name */
  readonly job?: string;
  /** Why it failed. @default - it did not */
  readonly reason?: string;
}

/** All that is known of one ETL. */
export interface EtlStatus {
  /** Name of the environment. */
  readonly environment: string;
  /** Name of the ETL. */
  readonly etl: string;
  /** What config says. */
  readonly config: { readonly enabled: boolean; readonly schedule?: Schedule };
  /** The schedule as it is. @default - it runs on demand only */
  readonly schedule?: Read<ScheduleNow>;
  /** The first moment after now that the schedule has, whether it is on or not. @default - there is none, or it is unknown */
  readonly next?: { readonly at: string; readonly timeZone: string };
  /** Its Jobs, newest first. */
  readonly jobs: Read<readonly EtlJob[]>;
  /** Messages in its dead-letter queues. */
  readonly deadLetters: { readonly undelivered?: Read<number>; readonly launchFailed: Read<number> };
  /** How the last launch ended. A value of null: none in the last two days. */
  readonly lastLaunch: Read<LastLaunch | null>;
}

/** Reads the state of ETLs. What can't be read says why, and hides nothing else. */
export async function readStatuses(
  connection: Connection,
  watch: Watch,
  targets: readonly EtlTarget[],
): Promise<readonly EtlStatus[]> {
  const signedIn = read(assertAccount(connection.identity, connection.account));
  const inAws = async <T>(work: () => Promise<T>): Promise<Read<T>> => {
    const account = await signedIn;
    return "error" in account ? account : read(work());
  };
  const places = new Map<string, Promise<Read<readonly EtlJob[]>>>();
  const jobsIn = (place: JobPlace): Promise<Read<readonly EtlJob[]>> => {
    const key = `${place.context}/${place.namespace}`;
    const known = places.get(key) ?? read(connection.jobs.list(place));
    places.set(key, known);
    return known;
  };
  return Promise.all(
    targets.map(async (target): Promise<EtlStatus> => {
      const { environment, etl, config, names } = target;
      const [schedule, jobs, undelivered, launchFailed, lastLaunch] = await Promise.all([
        config.schedule && inAws(() => connection.schedules.get(target)),
        jobsIn(target.place),
        config.schedule && inAws(() => connection.queues.depth(names.undeliveredQueue)),
        inAws(() => connection.queues.depth(names.failedQueue)),
        inAws(() => lastLaunchOf(connection, names.logGroup, watch.now())),
      ]);
      return {
        environment: environment.name,
        etl,
        config: { enabled: config.enabled, schedule: config.schedule },
        schedule,
        next: nextOf(schedule, config.schedule, watch.now()),
        jobs: "error" in jobs ? jobs : { value: jobs.value.filter((job) => job.etl === etl) },
        deadLetters: { undelivered, launchFailed },
        lastLaunch,
      };
    }),
  );
}

/** Whether anything at all could be read. */
export function anythingRead(statuses: readonly EtlStatus[]): boolean {
  return statuses.some(({ schedule, jobs, deadLetters, lastLaunch }) =>
    [schedule, jobs, deadLetters.undelivered, deadLetters.launchFailed, lastLaunch].some(
      (part) => part !== undefined && "value" in part,
    ),
  );
}

async function read<T>(work: Promise<T>): Promise<Read<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The next slot of the schedule as it is; of config's where that is unknown. */
function nextOf(
  schedule: Read<ScheduleNow> | undefined,
  configured: Schedule | undefined,
  now: number,
): EtlStatus["next"] {
  const known = schedule !== undefined && "value" in schedule ? schedule.value : configured;
  if (known === undefined || !cronExpression.safeParse(known.expression).success) return undefined;
  const next = nextSlot(known, now);
  return next === undefined ? undefined : { at: isoOf(next), timeZone: known.timeZone };
}

const finishedSchema = z.object({
  event: z.literal("launch.finished"),
  outcome: z.string(),
  job: z.string().optional(),
  Reason: z.string().optional(),
});

/** The last line that a launcher wrote at the end of a launch. */
async function lastLaunchOf({ logs }: Connection, group: string, now: number): Promise<LastLaunch | null> {
  let last: LastLaunch | null = null;
  for await (const { timestamp, message } of logs.read({ group, since: now - 2 * DAY, phrase: "launch.finished" })) {
    const line = finishedSchema.safeParse(jsonOf(message));
    if (line.success) {
      const { outcome, job, Reason: reason } = line.data;
      last = { at: isoOf(timestamp), outcome, job, reason };
    }
  }
  return last;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
