import type { Config } from "../../config/load";
import { ALARM_METADATA, type AlarmFacts } from "../../constructs/shared/observability/alarm";
import { runbookPage, systemFacts, systemOf, type SystemFacts } from "../../constructs/shared/observability/system";
import type { IConstruct } from "../../constructs/shared/cdktf";
import type { BaseStack } from "../../stacks/base-stack";
import type { Instance } from "./generalize";

/** Alarms of one kind: the same thing watched in several environments, clusters or zones. */
export interface RunbookAlarm {
  /** Heading, and anchor of the alarms' links. */
  readonly kind: string;
  /** The alarms. */
  readonly alarms: readonly Instance<AlarmFacts>[];
}

/** A page: one system, or several of one kind. */
export interface RunbookPage {
  /** Name of the file, without its ending. */
  readonly name: string;
  /** Its heading. */
  readonly title: string;
  /** What the stacks are called that hold it, without the environment: `stage1`. */
  readonly stage: string;
  /** The systems. */
  readonly systems: readonly Instance<SystemFacts>[];
  /** Kinds of their alarms. */
  readonly kinds: readonly RunbookAlarm[];
}

/** Everything the runbook is rendered from. */
export interface Runbook {
  /** Repository on GitHub, `owner/name`. */
  readonly repository: string;
  /** Regions that the environments work in. */
  readonly regions: readonly string[];
  /** Addresses per severity and environment. */
  readonly subscribers: readonly { readonly environment: string; readonly addresses: Config["global"]["alarms"] }[];
  /** The pages. */
  readonly pages: readonly RunbookPage[];
}

interface OpenPage {
  readonly name: string;
  readonly title: string;
  readonly stage: string;
  readonly systems: Instance<SystemFacts>[];
  readonly kinds: Map<string, Instance<AlarmFacts>[]>;
}

/**
 * Reads systems and alarms from the finished tree.
 * @throws Error when lists of steps are empty, all of them at once, or a system is described twice
 */
export function collectRunbook(config: Config, stacks: readonly BaseStack[]): Runbook {
  const environments = [
    ...config.environments.map(({ name, account, alarms }) => ({ name, accountId: account.id, alarms })),
    { name: "global", accountId: config.global.account.id, alarms: config.global.alarms },
  ];
  const pages = new Map<string, OpenPage>();
  // The environments first: their systems are what people look for.
  const ordered = [
    ...stacks.filter(({ node }) => node.id !== "global"),
    ...stacks.filter(({ node }) => node.id === "global"),
  ];
  for (const stack of ordered) {
    const environment = environments.find(({ name }) => stack.node.id === name || stack.node.id.startsWith(`${name}-`));
    if (environment === undefined) throw new Error(`${stack.node.id}: must belong to an environment or to global`);
    const stage = stack.node.id.slice(environment.name.length + 1) || stack.node.id;
    const page = (facts: SystemFacts): OpenPage => {
      const { name, title } = runbookPage(facts);
      const known = pages.get(name) ?? { name, title, stage, systems: [], kinds: new Map() };
      pages.set(name, known);
      return known;
    };
    const names = { env: environment.name, account: environment.accountId };
    for (const construct of stack.node.findAll()) {
      const facts = systemFacts(construct);
      if (facts !== undefined) page(facts).systems.push({ bindings: { ...facts.of, ...names }, facts });
      const alarm = alarmFacts(construct);
      if (alarm !== undefined) {
        const system = systemOf(construct);
        const { kinds } = page(system);
        const instance = { bindings: { ...system.of, ...alarm.of, ...names }, facts: alarm };
        kinds.set(alarm.kind, [...(kinds.get(alarm.kind) ?? []), instance]);
      }
    }
  }
  const empty = [...pages.values()].flatMap(({ systems }) =>
    systems.flatMap(({ bindings, facts }) =>
      emptyLists(facts).map(
        (list) => `${facts.name} (${bindings["env"] ?? ""}): ${list} must hold at least one step, got none`,
      ),
    ),
  );
  if (empty.length > 0) throw new Error(empty.join("\n"));
  for (const { systems } of pages.values()) checkOnce(systems);
  return {
    repository: config.global.repository,
    regions: [...new Set(config.environments.map(({ account }) => account.region))],
    subscribers: environments.map(({ name, alarms }) => ({ environment: name, addresses: alarms })),
    pages: [...pages.values()].map(({ kinds, ...page }) => ({
      ...page,
      kinds: [...kinds].map(([kind, alarms]) => ({ kind, alarms })),
    })),
  };
}

function alarmFacts(construct: IConstruct): AlarmFacts | undefined {
  return construct.node.metadata.find(({ type }) => type === ALARM_METADATA)?.data as AlarmFacts | undefined;
}

/** The lists of a system that say nothing. */
function emptyLists({ launch, logs, metrics, procedures = [], status, stop }: SystemFacts): string[] {
  const lists = [
    ...Object.entries({ launch, stop, status, logs, metrics }),
    ...procedures.map(({ steps, title }) => [`procedure "${title}"`, steps] as const),
  ];
  return lists.flatMap(([name, steps]) => (steps.length === 0 ? [name] : []));
}

function checkOnce(systems: readonly Instance<SystemFacts>[]): void {
  const seen = new Set<string>();
  for (const { bindings, facts } of systems) {
    const key = `${facts.name} ${bindings["env"] ?? ""}`;
    if (seen.has(key)) {
      throw new Error(
        `system "${facts.name}" must be described once per environment, got two in ${bindings["env"] ?? ""}`,
      );
    }
    seen.add(key);
  }
}
