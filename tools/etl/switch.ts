import { stackName } from "../../config/names";
import type { Watch } from "../wall-clock";
import type { Connection } from "./connection";
import { duration } from "./moments";
import { UsageError } from "../command-error";
import { deployCommand } from "../next-step";
import type { SwitchState } from "./schedules";
import type { EtlTarget } from "./target";

/** The ETLs of a command that have a schedule. */
function scheduled(targets: readonly EtlTarget[]): readonly EtlTarget[] {
  const withSchedule = targets.filter(({ config }) => config.schedule !== undefined);
  if (withSchedule.length > 0) return withSchedule;
  const names = targets.map(({ etl }) => etl).join(", ");
  throw new UsageError(
    `${names} has no schedule: it runs when somebody launches it, so there is nothing to pause or resume`,
  );
}

/**
 * The ETLs whose schedule may be paused.
 * @throws UsageError when none has one
 */
export function pausable(targets: readonly EtlTarget[]): readonly EtlTarget[] {
  return scheduled(targets);
}

/**
 * The ETLs whose schedule may be resumed: those that config switches off stay off, unless forced.
 * @throws UsageError when that leaves none, telling why
 */
export function resumable(targets: readonly EtlTarget[], force: boolean, { say }: Watch): readonly EtlTarget[] {
  const all = scheduled(targets);
  if (force) return all;
  const [off, on] = [all.filter(({ config }) => !config.enabled), all.filter(({ config }) => config.enabled)];
  const reasons = off.map(
    ({ environment, etl, config }) =>
      `${etl} stays paused: config/environments/${environment.name}.ts says etls.${etl}.enabled: false, so the next deploy would pause it again` +
      (config.image === undefined ? ", and no image is set, so every slot would fail" : ""),
  );
  if (on.length === 0) {
    throw new UsageError(
      [...reasons, "Set enabled: true there and deploy, or resume until the next deploy with --force"].join("\n"),
    );
  }
  for (const reason of reasons) say(reason);
  return on;
}

/** Turns schedules on or off, all of which are read before the first is changed. */
export async function turnSchedules(
  { schedules }: Connection,
  { say }: Watch,
  targets: readonly EtlTarget[],
  state: SwitchState,
): Promise<void> {
  const now = await Promise.all(targets.map((target) => schedules.get(target)));
  const word = state === "DISABLED" ? "paused" : "running";
  for (const [index, target] of targets.entries()) {
    if (now[index]?.state === state) {
      say(`${target.etl}: its schedule is ${word} already`);
    } else {
      await schedules.turn(target, state);
      say(`${target.etl}: its schedule is ${word} now`);
    }
    for (const line of consequences(target, state)) say(`  ${line}`);
  }
}

function consequences({ environment, etl, config }: EtlTarget, state: SwitchState): readonly string[] {
  const deploy = deployCommand(stackName(environment.name, "stage3"));
  const setting = `etls.${etl}.enabled`;
  const wanted = state === "ENABLED";
  const lasting =
    config.enabled === wanted
      ? `${setting} is ${config.enabled} in config/environments/${environment.name}.ts, so it stays so.`
      : `The next \`${deploy}\` puts it back. To keep it: ${setting}: ${wanted} in config/environments/${environment.name}.ts, then deploy.`;
  if (wanted || !config.enabled) return [lasting];
  const { freshnessSeconds = 0 } = config;
  return [
    lasting,
    "A run that is on its way goes on.",
    `Its freshness alarm goes off ${duration(freshnessSeconds * 1000)} after the last success; only enabled: false in config puts it to sleep.`,
  ];
}
