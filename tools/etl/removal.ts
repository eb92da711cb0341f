import type { Watch } from "../wall-clock";
import type { Connection } from "./connection";
import type { EtlJob } from "./jobs";
import { duration } from "./moments";
import { CommandError } from "../command-error";
import type { JobPlace } from "./target";

const POLL_MS = 2_000;
const TELL_MS = 10_000;
/** Longer than the pods of a run take to end in order. */
const PATIENCE_MS = 300_000;

/**
 * Deletes a Job and waits until it and its pods are gone, so that its slot is free.
 * @throws CommandError when that takes too long; the deletion goes on
 */
export async function removeJob({ jobs }: Connection, watch: Watch, place: JobPlace, job: EtlJob): Promise<void> {
  if (job.state === "deleting") {
    watch.say(`${job.name} is being deleted already`);
  } else {
    watch.say(`deleting ${job.name}`);
    await jobs.remove(place, job);
  }
  const began = watch.now();
  let told = began;
  while ((await jobs.list(place)).some(({ uid }) => uid === job.uid)) {
    const waited = watch.now() - began;
    if (waited >= PATIENCE_MS) {
      throw new CommandError(
        `${job.name} is still there after ${duration(waited)}. What holds it: ` +
          `kubectl --context ${place.context} -n ${place.namespace} describe pods -l job-name=${job.name}. ` +
          "Its deletion goes on; repeat the command to wait for it",
      );
    }
    if (watch.now() - told >= TELL_MS) {
      told = watch.now();
      watch.say(`waiting for the pods of ${job.name} to end, ${duration(waited)}`);
    }
    await watch.sleep(POLL_MS);
  }
  watch.say(`${job.name} is gone`);
}
