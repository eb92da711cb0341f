import type { Config } from "../../config/load";
import { ALARM_METADATA, type AlarmFacts } from "../../constructs/shared/observability/alarm";
import type { Severity } from "../../constructs/shared/observability/monitoring";
import { systemFacts, systemOf, type SystemFacts } from "../../constructs/shared/observability/system";
import type { IConstruct } from "../../constructs/shared/cdktf";
import type { BaseStack } from "../../stacks/base-stack";
import { withoutEnvironment } from "../markdown";

/** Facts that are the same everywhere stand once; others stand per group of environments. */
export type PerEnvironment<T> = readonly { readonly environments: readonly string[]; readonly value: T }[];

/** An alarm as the runbook shows it. */
export interface RunbookAlarm {
  /** Name and anchor. */
  readonly name: string;
  /** Name in AWS, with `<env>` for the environment. */
  readonly alarmName: string;
  /** Where it exists. */
  readonly environments: readonly string[];
  readonly intent: PerEnvironment<string>;
  readonly severity: PerEnvironment<Severity>;
  readonly condition: PerEnvironment<string>;
  readonly steps: PerEnvironment<readonly string[]>;
}

/** A system's chapter. */
export interface RunbookSystem {
  /** Name and anchor. */
  readonly name: string;
  readonly title: string;
  readonly environments: readonly string[];
  readonly owner: PerEnvironment<string>;
  readonly facts: PerEnvironment<SystemFacts>;
  readonly alarms: readonly RunbookAlarm[];
}

/** Everything the runbook is rendered from. */
export interface Runbook {
  /** Regions that the environments work in. */
  readonly regions: readonly string[];
  /** Addresses per severity and environment. */
  readonly subscribers: readonly { readonly environment: string; readonly addresses: Config["global"]["alarms"] }[];
  readonly systems: readonly RunbookSystem[];
}

interface Found<T> {
  readonly environment: string;
  readonly facts: T;
}

/**
 * Reads systems and alarms from the finished tree and folds the environments into one.
 * @throws Error when a system lacks facts, or two things claim one anchor
 */
export function collectRunbook(config: Config, stacks: readonly BaseStack[]): Runbook {
  const environments = [
    ...config.environments.map(({ name, account, alarms }) => ({ name, accountId: account.id, alarms })),
    { name: "global", accountId: config.global.account.id, alarms: config.global.alarms },
  ];
  const systems = new Map<string, { described: Found<SystemFacts>[]; alarms: Map<string, Found<AlarmFacts>[]> }>();
  const entry = (name: string) => {
    const known = systems.get(name) ?? { described: [], alarms: new Map<string, Found<AlarmFacts>[]>() };
    systems.set(name, known);
    return known;
  };
  // The environments first: their systems are what people look for.
  const ordered = [
    ...stacks.filter(({ node }) => node.id !== "global"),
    ...stacks.filter(({ node }) => node.id === "global"),
  ];
  for (const stack of ordered) {
    const environment = environments.find(({ name }) => stack.node.id === name || stack.node.id.startsWith(`${name}-`));
    if (environment === undefined) throw new Error(`${stack.node.id}: must belong to an environment or to global`);
    const generic = <T>(facts: T): T => genericFacts(facts, environment);
    for (const construct of stack.node.findAll()) {
      const facts = systemFacts(construct);
      if (facts !== undefined) {
        checkFacts(construct, facts);
        entry(facts.name).described.push({ environment: environment.name, facts: generic(facts) });
      }
      const alarm = alarmFacts(construct);
      if (alarm !== undefined) {
        const { alarms } = entry(systemOf(construct).name);
        alarms.set(alarm.name, [
          ...(alarms.get(alarm.name) ?? []),
          { environment: environment.name, facts: generic(alarm) },
        ]);
      }
    }
  }
  const folded = [...systems].map(([name, { described, alarms }]) => foldSystem(name, described, alarms));
  checkAnchors(folded);
  return {
    regions: [...new Set(config.environments.map(({ account }) => account.region))],
    subscribers: environments.map(({ name, alarms }) => ({ environment: name, addresses: alarms })),
    systems: folded,
  };
}

function alarmFacts(construct: IConstruct): AlarmFacts | undefined {
  return construct.node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as AlarmFacts | undefined;
}

/** Facts with `<env>` and `<account>` in place of one environment's own. */
function genericFacts<T>(facts: T, environment: { readonly name: string; readonly accountId: string }): T {
  const { name, accountId } = environment;
  const text = JSON.stringify(facts).replaceAll(accountId, `<account>`);
  // "global" is an ordinary word; only the prefix of names stands for the account.
  const generic = name === "global" ? text.replaceAll("opsdx-global-", "opsdx-<env>-") : withoutEnvironment(text, name);
  return JSON.parse(generic) as T;
}

const LISTS = ["launch", "stop", "status", "logs", "metrics"] as const;

function checkFacts(construct: IConstruct, facts: SystemFacts): void {
  const fail = (rule: string, received: string): never => {
    throw new Error(`${construct.node.path}: system "${facts.name}": ${rule}, got ${received}`);
  };
  for (const list of LISTS) {
    if (facts[list].length === 0) fail(`${list} must hold at least one entry`, "none");
  }
  for (const { title, steps } of facts.procedures ?? []) {
    if (steps.length === 0) fail(`procedure "${title}" must have at least one step`, "none");
  }
  const texts = [facts.title, facts.owner, facts.purpose, ...LISTS.flatMap((list) => facts[list])];
  const everything = [...texts, ...(facts.procedures ?? []).flatMap(({ title, steps }) => [title, ...steps])];
  const blank = everything.find((text) => text.trim() === "" || /\bTODO\b/.test(text));
  if (blank !== undefined) fail("every text must say something", `"${blank}"`);
}

function foldSystem(
  name: string,
  described: readonly Found<SystemFacts>[],
  alarms: ReadonlyMap<string, readonly Found<AlarmFacts>[]>,
): RunbookSystem {
  const twice = described.find(({ environment }, index) =>
    described.slice(0, index).some((earlier) => earlier.environment === environment),
  );
  if (twice !== undefined)
    throw new Error(`system "${name}" must be described once per environment, got two in ${twice.environment}`);
  return {
    name,
    title: described[0]?.facts.title ?? name,
    environments: described.map(({ environment }) => environment),
    owner: fold(described, ({ owner }) => owner),
    facts: fold(described, (facts) => ({ ...facts, owner: "" })),
    alarms: [...alarms].map(([alarm, found]) => ({
      name: alarm,
      alarmName: found[0]?.facts.alarmName ?? alarm,
      environments: found.map(({ environment }) => environment),
      intent: fold(found, ({ intent }) => intent),
      severity: fold(found, ({ severity }) => severity),
      condition: fold(found, ({ condition }) => condition),
      steps: fold(found, ({ steps }) => steps),
    })),
  };
}

/** Groups the environments that agree. */
export function fold<F, T>(found: readonly Found<F>[], value: (facts: F) => T): PerEnvironment<T> {
  const groups = new Map<string, { environments: string[]; value: T }>();
  for (const { environment, facts } of found) {
    const key = JSON.stringify(value(facts));
    const group = groups.get(key) ?? { environments: [], value: value(facts) };
    group.environments.push(environment);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function checkAnchors(systems: readonly RunbookSystem[]): void {
  const anchors = systems.flatMap(({ name, alarms }) => [name, ...alarms.map((alarm) => alarm.name)]);
  const twice = anchors.find((anchor, index) => anchors.indexOf(anchor) !== index);
  if (twice !== undefined) throw new Error(`runbook anchors must be unique, got "${twice}" twice`);
}
