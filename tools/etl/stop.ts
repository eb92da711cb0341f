import type { Watch } from "../wall-clock";
import type { Connection } from "./connection";
import { isOnItsWay, type EtlJob } from "./jobs";
import { duration } from "./moments";
import { removeJob } from "./removal";
import type { EtlTarget } from "./target";

/** The runs of an ETL that are on their way: one, unless somebody made another by hand. */
export async function runsOnTheirWay({ jobs }: Connection, { etl, place }: EtlTarget): Promise<readonly EtlJob[]> {
  return (await jobs.list(place)).filter((job) => job.etl === etl && isOnItsWay(job));
}

/** A run in a line. */
export function runText({ name, state, seconds }: EtlJob): string {
  return `${name}: ${state}${seconds === undefined ? "" : ` for ${duration(seconds * 1000)}`}`;
}

/** Kills runs, one after the other, and waits until their slots are free. */
export async function killRuns(
  connection: Connection,
  watch: Watch,
  { environment, etl, place }: EtlTarget,
  runs: readonly EtlJob[],
): Promise<void> {
  for (const run of runs) await removeJob(connection, watch, place, run);
  watch.say(
    runs
      .map(
        ({ slot }) =>
          `The slot ${slot} is free. Launch it again: npx opsdx etl rerun ${environment.name} ${etl} ${slot}`,
      )
      .join("\n"),
  );
}
