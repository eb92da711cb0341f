import path from "node:path";
import type { IConstruct } from "../constructs/shared/cdktf";
import { ALARM_METADATA, type AlarmFacts } from "../constructs/shared/observability/alarm";
import { runbookPage, systemFacts } from "../constructs/shared/observability/system";
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
}

/** The file of {@link ProgramFacts} in a synthesized program. */
export function factsFile(outdir: string): string {
  return path.join(outdir, "facts.json");
}

/** Reads the facts off the finished tree. */
export function programFacts(stacks: readonly BaseStack[]): ProgramFacts {
  return { stacks: Object.fromEntries(stacks.map((stack) => [stack.node.id, stackFacts(stack)])) };
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
  };
}
