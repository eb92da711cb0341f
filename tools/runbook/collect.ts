import type { Config } from "../../config/load";
import { ALARM_METADATA, type AlarmFacts } from "../../constructs/shared/observability/alarm";
import { partsOf, type Step } from "../../constructs/shared/observability/steps";
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
  readonly title: string;
  /** What the stacks are called that hold it, without the environment: `stage1`. */
  readonly stage: string;
  readonly systems: readonly Instance<SystemFacts>[];
  readonly kinds: readonly RunbookAlarm[];
}

/** Everything the runbook is rendered from. */
export interface Runbook {
  /** Regions that the environments work in. */
  readonly regions: readonly string[];
  /** Addresses per severity and environment. */
  readonly subscribers: readonly { readonly environment: string; readonly addresses: Config["global"]["alarms"] }[];
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
 * @throws Error when a text or a list of steps says nothing, all of them at once, or a system is described twice
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
  const empty = [...pages.values()].flatMap(({ kinds, systems }) => [
    ...systems.flatMap(({ bindings, facts }) => emptyFacts(facts).map((what) => `${where(bindings, facts)}: ${what}`)),
    ...[...kinds.values()]
      .flat()
      .flatMap(({ bindings, facts: { intent, name, steps } }) =>
        emptyTexts({ intent, steps }).map((what) => `${where(bindings, { name })}: ${what}`),
      ),
  ]);
  if (empty.length > 0) throw new Error(empty.join("\n"));
  for (const { systems } of pages.values()) checkOnce(systems);
  return {
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

/** Where to look for an empty text. */
function where(bindings: Instance<unknown>["bindings"], { name }: { readonly name: string }): string {
  return `${name} (${bindings["env"] ?? ""})`;
}

/** The texts and lists of a system that say nothing. */
function emptyFacts({ launch, logs, metrics, owner, procedures = [], purpose, status, stop, title }: SystemFacts) {
  return [
    ...emptyTexts({ title, owner, purpose, launch, stop, status, logs, metrics }),
    ...procedures.flatMap(({ steps, title: procedure }) => emptyTexts({ [`procedure "${procedure}"`]: steps })),
  ];
}

/** Which of some texts and lists of steps say nothing, and what they hold. */
function emptyTexts(texts: Readonly<Record<string, string | readonly Step[]>>): string[] {
  return Object.entries(texts).flatMap(([name, text]) => {
    if (typeof text !== "string" && text.length === 0) return [`${name} must hold at least one step, got none`];
    const parts = typeof text === "string" ? [text] : text.flatMap((step) => partsOf(step));
    return parts
      .map((part) => (typeof part === "string" ? part : part.command))
      .filter((part) => part.trim() === "" || /\bTODO\b/.test(part))
      .map((part) => `${name} must say something, got "${part}"`);
  });
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
