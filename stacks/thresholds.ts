import { closest } from "fastest-levenshtein";
import type { Config } from "../config/load";
import { configFile } from "../config/files";
import { GLOBAL, namePrefix } from "../config/names";
import { ConfigError, problemOf, type ConfigProblem } from "../config/problem";
import type { Fault } from "../config/schema/rule";
import { ALARM_METADATA, type AlarmFacts } from "../constructs/shared/observability/alarm";
import { isWeaker } from "../constructs/shared/observability/threshold";
import type { BaseStack } from "./base-stack";

/** What is known of every alarm of some stacks, in the tree's order. */
export function alarmsOf(stacks: readonly BaseStack[]): readonly AlarmFacts[] {
  return stacks.flatMap((stack) =>
    stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .flatMap(({ type, data }) => (type === ALARM_METADATA ? [data as AlarmFacts] : [])),
  );
}

/**
 * Checks `alarms.thresholds` of every file against the alarms that the program makes: their names are known only when it is built.
 * @throws ConfigError listing every threshold that belongs to no alarm, that another setting decides, or that weakens without a reason
 */
export function checkThresholds(config: Config, stacks: readonly BaseStack[]): void {
  const alarms = alarmsOf(stacks);
  const problems = [{ name: GLOBAL, alarms: config.global.alarms }, ...config.environments].flatMap(
    ({ name, alarms: { thresholds } }) => problemsOf(name, thresholds, alarms),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function problemsOf(
  name: string,
  thresholds: Config["global"]["alarms"]["thresholds"],
  alarms: readonly AlarmFacts[],
): ConfigProblem[] {
  const prefix = `${namePrefix(name)}-`;
  const own = new Map(
    alarms.filter(({ alarmName }) => alarmName.startsWith(prefix)).map((alarm) => [alarm.name, alarm]),
  );
  return Object.entries(thresholds).flatMap(([alarm, { value, reason }]) => {
    const facts = own.get(alarm);
    const fault = facts === undefined ? unknown(alarm, prefix, [...own.keys()]) : misused(facts, value, reason);
    if (fault === undefined) return [];
    const received = reason === undefined ? value : { value, reason };
    return [problemOf(configFile(name), { path: ["alarms", "thresholds", alarm], received, ...fault })];
  });
}

type Rest = Pick<Fault, "rule" | "nearest">;

function unknown(alarm: string, prefix: string, names: readonly string[]): Rest {
  const bare = alarm.startsWith(prefix) ? alarm.slice(prefix.length) : alarm;
  return {
    rule: `must be named after an alarm, without the prefix ${prefix}: the runbook lists them`,
    nearest: names.length === 0 ? undefined : closest(bare, names),
  };
}

function misused({ threshold }: AlarmFacts, value: number, reason: string | undefined): Rest | undefined {
  const { limit, setting } = threshold;
  if (setting !== undefined) return { rule: `must be left out: ${setting} decides it` };
  if (reason !== undefined || !isWeaker(value, threshold)) return undefined;
  return {
    rule: `must say why, { value, reason }: it is weaker than ${limit}, AWS's recommendation or what this program made of it`,
    nearest: limit,
  };
}
