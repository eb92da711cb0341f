import { RefusedError } from "../../config/explained-error";
import type { LaunchEvent } from "../../lambdas/etl-launcher/event";
import type { LaunchResult } from "../../lambdas/etl-launcher/launch";
import { jobName, slotOf } from "../../lambdas/etl-launcher/slot";
import type { Watch } from "../wall-clock";
import type { Connection } from "./connection";
import { isOnItsWay } from "./jobs";
import { performLaunch } from "./launch";
import { removeJob } from "./removal";
import type { EtlTarget } from "./target";

/** Settings of {@link performRerun}. */
export interface RerunProps {
  /** What is reached of the environment. */
  readonly connection: Connection;
  /** Time, and who is told. */
  readonly watch: Watch;
  /** The ETL. */
  readonly target: EtlTarget;
  /** The event of the slot. */
  readonly event: LaunchEvent;
  /** Whether the slot's own run may be killed. */
  readonly kill: boolean;
}

/**
 * Launches a slot that had its Job: the Job's name guards the slot, so it goes first. A range that it loaded is loaded again.
 * @throws RefusedError when a run is on its way, before anything is changed
 */
export async function performRerun({ connection, watch, target, event, kill }: RerunProps): Promise<LaunchResult> {
  const { environment, etl, place } = target;
  const own = (await connection.jobs.list(place)).filter((job) => job.etl === etl);
  const name = jobName(etl, environment.name, slotOf(new Date(event.scheduledTime)));
  const same = own.find((job) => job.name === name);
  const other = own.find((job) => job.name !== name && isOnItsWay(job));
  if (other !== undefined) {
    throw new RefusedError(
      `${other.name} is on its way, and ${etl} runs once at a time. Nothing was changed. ` +
        `Wait for it, or kill it: npx opsdx etl stop ${environment.name} ${etl}`,
    );
  }
  if (same !== undefined && isOnItsWay(same) && !kill) {
    throw new RefusedError(
      `${name} is on its way (${same.state}). Nothing was changed. Wait for it, or add --kill to end it and launch the slot again`,
    );
  }
  if (same === undefined) watch.say(`${name} is not there (any more): nothing to delete`);
  else {
    if (same.range !== undefined) {
      const { from, to } = same.range;
      watch.say(
        `it loaded ${from} to ${to}, and does so again; cut off before that: npx opsdx etl backfill ${environment.name} ${etl} --from ${from} --to ${to}`,
      );
    }
    await removeJob(connection, watch, place, same);
  }
  watch.say(`launching ${name}`);
  return performLaunch(connection, target, { ...event, ...same?.range });
}
