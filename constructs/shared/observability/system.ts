import type { Construct, IConstruct } from "../cdktf";

/** A command or a place to look, with what it is for. */
export interface Procedure {
  /** What it does, as a short title. */
  readonly title: string;
  /** Shell commands, or sentences where no command does it; `<env>` stands for the environment. */
  readonly steps: readonly string[];
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
  readonly launch: readonly string[];
  /** How to stop it. */
  readonly stop: readonly string[];
  /** How to see its state. */
  readonly status: readonly string[];
  /** Where its logs are, and how to read them. */
  readonly logs: readonly string[];
  /** Where its metrics are. */
  readonly metrics: readonly string[];
  /** Maintenance and emergency procedures. @default - none */
  readonly procedures?: readonly Procedure[];
}

/** Metadata key under which a system's facts stand on its node. */
export const SYSTEM_METADATA = "opsdx:system";

/**
 * Declares the construct to be a system of the runbook.
 * @throws Error when it is one already
 */
export function describeSystem(scope: Construct, facts: SystemFacts): void {
  const earlier = systemFacts(scope);
  if (earlier !== undefined) {
    throw new Error(`${scope.node.path}: must be described once, got "${earlier.name}" and "${facts.name}"`);
  }
  scope.node.addMetadata(SYSTEM_METADATA, facts);
}

/** The facts declared on this very construct, if any. */
export function systemFacts(construct: IConstruct): SystemFacts | undefined {
  return construct.node.metadata.find(({ type }) => type === SYSTEM_METADATA)?.data as SystemFacts | undefined;
}

/**
 * The system that a construct belongs to: its nearest ancestor with facts.
 * @throws Error when there is none
 */
export function systemOf(construct: IConstruct): SystemFacts {
  for (const ancestor of [...construct.node.scopes].reverse()) {
    const facts = systemFacts(ancestor);
    if (facts !== undefined) return facts;
  }
  throw new Error(`${construct.node.path}: must stand inside a system, got no describeSystem() on any ancestor`);
}
