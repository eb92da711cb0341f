import type { Construct, IConstruct } from "../cdktf";
import { PropsError, refuse } from "../props-error";
import type { MonitoringContext } from "./monitoring-context";
import type { PlaceholderName } from "./placeholders";
import { proseProblems, stepProblems, type Step } from "./steps";

/** What is done when, with its steps. */
export interface Procedure {
  /** What it does, as a short title. */
  readonly title: string;
  /** What to do, in order. */
  readonly steps: readonly Step[];
}

/** What people need to know about a system: the runbook's chapter is rendered from it. */
export interface SystemFacts {
  /** Short name, lower-case: the wiki's name where it has one. */
  readonly name: string;
  /** Heading of the chapter. */
  readonly title: string;
  /** Who answers for it. */
  readonly owner: string;
  /** What it is for, in one or two sentences. */
  readonly purpose: string;
  /** How to launch it. */
  readonly launch: readonly Step[];
  /** How to stop it. */
  readonly stop: readonly Step[];
  /** How to see its state. */
  readonly status: readonly Step[];
  /** Where its logs are, and how to read them. */
  readonly logs: readonly Step[];
  /** Where its metrics are. */
  readonly metrics: readonly Step[];
  /** What the name of its dashboard ends with, after the environment's prefix: `etl`. @default - it has none */
  readonly dashboard?: string;
  /** Maintenance and emergency procedures. @default - none */
  readonly procedures?: readonly Procedure[];
  /** The page that it shares with the other systems of its kind. @default - a page of its own, under its name and title */
  readonly page?: { readonly name: string; readonly title: string };
  /** What tells it from them, by placeholder: `{ cluster: "k8s-ml" }`. @default - nothing */
  readonly of?: Readonly<Partial<Record<PlaceholderName, string>>>;
}

/** The page of the runbook that a system stands on. */
export function runbookPage({ name, page, title }: SystemFacts): { readonly name: string; readonly title: string } {
  return page ?? { name, title };
}

/** Address of a page of the runbook, or of a heading in it. */
export function runbookLink(
  { runbookUrl }: Pick<MonitoringContext, "runbookUrl">,
  page: string,
  heading?: string,
): string {
  return `${runbookUrl}/${page}.md${heading === undefined ? "" : `#${heading}`}`;
}

/** Address of a system's dashboard in Grafana; undefined where it has none, or nobody shows it. */
export function dashboardLink(
  { grafanaUrl, namePrefix }: Pick<MonitoringContext, "grafanaUrl" | "namePrefix">,
  { dashboard }: SystemFacts,
): string | undefined {
  return grafanaUrl === undefined || dashboard === undefined ? undefined : `${grafanaUrl}/d/${namePrefix}-${dashboard}`;
}

/** Metadata key under which a system's facts stand on its node. */
export const SYSTEM_METADATA = "opsdx:system";

/**
 * Declares the construct to be a system of the runbook.
 * @throws PropsError when it is one already, or a text holds a command or says nothing
 */
export function describeSystem(scope: Construct, facts: SystemFacts): void {
  const earlier = systemFacts(scope);
  refuse(scope, [
    earlier !== undefined && `must be described once, got "${earlier.name}" and "${facts.name}"`,
    ...proseProblems(facts.purpose),
    ...stepsOf(facts).flatMap(stepProblems),
  ]);
  scope.node.addMetadata(SYSTEM_METADATA, facts);
}

function stepsOf({ launch, logs, metrics, procedures = [], status, stop }: SystemFacts): readonly Step[] {
  return [...launch, ...stop, ...status, ...logs, ...metrics, ...procedures.flatMap(({ steps }) => steps)];
}

/** Metadata key under which the name of the system stands that something outside of it belongs to. */
const PART_METADATA = "opsdx:part-of";

/**
 * Says whose something is that stands outside of its system: in another stack of the environment, or beside it.
 * @param system - name of the system, or the id of its construct in small letters: `k8s-ml`, `web`
 */
export function partOf(construct: IConstruct, system: string): void {
  construct.node.addMetadata(PART_METADATA, system);
}

/** The system that {@link partOf} named on this very construct, if any. */
export function ownSystem(construct: IConstruct): string | undefined {
  return construct.node.metadata.find(({ type }) => type === PART_METADATA)?.data as string | undefined;
}

/** The facts declared on this very construct, if any. */
export function systemFacts(construct: IConstruct): SystemFacts | undefined {
  return construct.node.metadata.find(({ type }) => type === SYSTEM_METADATA)?.data as SystemFacts | undefined;
}

/**
 * The system that a construct belongs to: its nearest ancestor with facts.
 * @throws PropsError when there is none
 */
export function systemOf(construct: IConstruct): SystemFacts {
  for (const ancestor of [...construct.node.scopes].reverse()) {
    const facts = systemFacts(ancestor);
    if (facts !== undefined) return facts;
  }
  throw new PropsError(construct, ["must stand inside a system, got no describeSystem() on any ancestor"]);
}
