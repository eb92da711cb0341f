import type { SandboxPaths } from "../../stacks/sandbox/paths";
import type { Children } from "../terraform/children";
import { FollowedRun } from "../terraform/followed-run";
import { followTerraform } from "../terraform/runner";
import { Pair } from "./pair";
import { ProgressDisplay } from "./progress";

/** Settings of {@link endEarlierRuns}. */
export interface EarlierRunsProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** Takes note of changes that are whole. */
  readonly pair: Pick<Pair, "settle">;
  /** Takes interrupts meanwhile. */
  readonly children: Children;
  /** Where progress is shown. */
  readonly stream: NodeJS.WriteStream;
}

/**
 * Brings what a killed command has left to an end: a Terraform that changes something is waited for, one that only looks is stopped.
 * Returns, in phrases, which changes are not in their state.
 */
export async function endEarlierRuns({ paths, pair, children, stream }: EarlierRunsProps): Promise<readonly string[]> {
  const display = new ProgressDisplay(stream);
  const end = async (run: FollowedRun): Promise<readonly string[]> => {
    const { changes, pid, subject, what } = run.record;
    if (!changes) {
      await run.discard();
      return [];
    }
    if (await run.isRunning()) {
      display.say(`${what}, process ${pid}, which an earlier command has started, still runs: waiting for its end.`);
    }
    const startedAt = Date.now();
    const { stateKept } = await children.during(run, true, () =>
      followTerraform(run, (progress) => display.update({ stack: subject, phase: what, startedAt, progress })),
    );
    if (!stateKept) return [`${what} was stopped before its state was saved`];
    await pair.settle(subject);
    return [];
  };
  try {
    return (await Promise.all(FollowedRun.in(paths.runs()).map(end))).flat();
  } finally {
    display.close();
  }
}

/** Stops at once what earlier commands have left, and forgets it: for an emulator that is gone, or about to go. */
export async function stopEarlierRuns(paths: SandboxPaths): Promise<void> {
  for (const run of FollowedRun.in(paths.runs())) await run.discard();
}

/** What a later `up` would wait for, or start afresh because of, in lines. */
export async function troubles(paths: SandboxPaths, emulator: { readonly port: number }): Promise<readonly string[]> {
  const runs = FollowedRun.in(paths.runs()).filter(({ record }) => record.changes);
  const lines = runs.map(async (run) =>
    (await run.isRunning())
      ? `${run.record.what} runs, process ${run.record.pid}`
      : `${run.record.what} has ended; nobody has looked at its state yet`,
  );
  const mismatches = await new Pair(paths, emulator).mismatches();
  return [
    ...(await Promise.all(lines)),
    ...mismatches.map((why) => `${why}: the next \`up\` starts emulator and state afresh`),
  ];
}
