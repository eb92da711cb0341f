import path from "node:path";
import { stackOwner } from "../config/names";
import type { IConstruct } from "../constructs/shared/cdktf";
import { ALARM_METADATA, type AlarmFacts } from "../constructs/shared/observability/alarm";
import { acceptedOn, type AcceptedRendering } from "../constructs/shared/helm/accepted-rendering";
import { constructId } from "../constructs/shared/construct-id";
import { ownSystem, runbookPage, systemFacts } from "../constructs/shared/observability/system";
import { acknowledgementsOn, type Acknowledgement } from "../constructs/shared/policy/acknowledge";
import { KopsCluster } from "../constructs/stage2/kops/cluster";
import type { BaseStack } from "./base-stack";

/** What people need to know of a program beside its Terraform JSON; written with it, so that a plan tells of another commit's, too. */
export interface ProgramFacts {
  /** By stack. */
  readonly stacks: Readonly<Record<string, StackFacts>>;
}

/** What people need to know of a stack. Paths are those of constructs, starting with the stack. */
export interface StackFacts {
  /** Its systems. */
  readonly systems: readonly {
    readonly path: string;
    readonly name: string;
    readonly title: string;
    readonly owner: string;
    /** Its page in the runbook, without ending. */
    readonly page: string;
  }[];
  /** What belongs to a system and stands outside of it, with the system. @default - not told: a commit of before wrote none */
  readonly parts?: StackFacts["systems"];
  /** Its alarms. */
  readonly alarms: readonly (Pick<AlarmFacts, "alarmName" | "kind" | "severity"> & { readonly path: string })[];
  /** Its Kubernetes clusters. @default - not told: a commit of before wrote none */
  readonly clusters?: readonly {
    readonly path: string;
    readonly name: string;
    /** Version of Kubernetes. */
    readonly kubernetes: string;
  }[];
  /** Acknowledged rules. */
  readonly acknowledgements: readonly (Acknowledgement & { readonly path: string })[];
  /** What is accepted of what its charts render. @default - not told: a commit of before wrote none */
  readonly renderings?: readonly (AcceptedRendering & { readonly path: string })[];
}

/** The file of {@link ProgramFacts} in a synthesized program. */
export function factsFile(outdir: string): string {
  return path.join(outdir, "facts.json");
}

/**
 * Reads the facts off the finished tree.
 * @throws Error when something is part of a system that its environment does not have
 */
export function programFacts(stacks: readonly BaseStack[]): ProgramFacts {
  const facts = new Map(stacks.map((stack) => [stack, stackFacts(stack)]));
  const named = (stack: BaseStack, part: string): SystemFact => {
    const environment = stackOwner(stack.node.id);
    const near = stacks.filter(({ node: { id } }) => stackOwner(id) === environment);
    const systems = near.flatMap((one) => facts.get(one)?.systems ?? []);
    const found = systems.find(({ name, path: at }) => name === part || at.split("/").at(-1) === constructId(part));
    if (found === undefined) throw new Error(`${stack.node.id}: no system of ${environment} is called "${part}"`);
    return found;
  };
  return {
    stacks: Object.fromEntries(
      [...facts].map(([stack, own]) => [
        stack.node.id,
        {
          ...own,
          parts: partsOf(stack).map(([at, part]) => ({ ...named(stack, part), path: at })),
        },
      ]),
    ),
  };
}

type SystemFact = StackFacts["systems"][number];

/** What stands outside of its system: paths, each with the name of the system. */
function partsOf(stack: BaseStack): readonly (readonly [string, string])[] {
  return stack.node.findAll().flatMap((construct) => {
    const part = ownSystem(construct);
    return part === undefined ? [] : [[construct.node.path, part] as const];
  });
}

function stackFacts(stack: BaseStack): StackFacts {
  const constructs = stack.node.findAll();
  const each = <T>(of: (construct: IConstruct) => readonly T[]): (T & { readonly path: string })[] =>
    constructs.flatMap((construct) => of(construct).map((fact) => ({ path: construct.node.path, ...fact })));
  return {
    systems: each((construct) => {
      const facts = systemFacts(construct);
      if (facts === undefined) return [];
      const { name, owner, title } = facts;
      return [{ name, title, owner, page: runbookPage(facts).name }];
    }),
    alarms: each(({ node }) =>
      node.metadata
        .filter(({ type }) => type === ALARM_METADATA)
        .map(({ data }) => data as AlarmFacts)
        .map(({ alarmName, kind, severity }) => ({ alarmName, kind, severity })),
    ),
    clusters: each((construct) =>
      construct instanceof KopsCluster
        ? [{ name: systemFacts(construct)?.name ?? construct.node.id, kubernetes: construct.kubernetesVersion }]
        : [],
    ),
    acknowledgements: each(acknowledgementsOn),
    renderings: each(acceptedOn),
  };
}
