import type { Acknowledgement } from "../../../constructs/shared/policy/acknowledge";
import type { ProgramFacts, StackFacts } from "../../../stacks/program-facts";
import type { Diagnostic } from "../../terraform/events";
import type { Verdict } from "../guard/judge";
import type { PlannedAction } from "../planned-action";
import type { NotPlanned, StackChange, StackPlan, StateLock } from "../stack-plan";
import type { SynthesizedStacks } from "../synthesized-resources";
import type { Renderings, StackRenderings } from "./renderings";

/** A place in the repository's history. */
export interface Commit {
  /** What people call it: `main`, `HEAD`. */
  readonly ref: string;
  /** Its hash. */
  readonly commit: string;
}

/** What {@link buildReport} is made from. */
export interface ReportInput {
  /** The environment, or `global`. */
  readonly environment: string;
  /** What is compared with. */
  readonly base: Commit;
  /** What is planned. */
  readonly head: Commit;
  /** The stacks of the environment, in the order in which they are deployed. */
  readonly stacks: readonly StackPlan[];
  /** What people know of the program: of base none where its commit wrote none. */
  readonly facts: {
    /** Of base. @default - not known */
    readonly base?: ProgramFacts;
    /** Of head. */
    readonly head: ProgramFacts;
  };
  /** The synthesized JSON, by stack. */
  readonly synthesized: { readonly base: SynthesizedStacks; readonly head: SynthesizedStacks };
  /** Address of the runbook's folder. */
  readonly runbookUrl: string;
  /** What the guard says. */
  readonly verdict: Verdict;
  /** Address of the job that planned. @default - a person's machine did */
  readonly jobUrl?: string;
  /** Environments that the change touches, `global` among them. @default - not told */
  readonly touched?: readonly string[];
  /** What becomes of Helm releases. @default - nobody looked */
  readonly renderings?: Renderings;
}

/** What a plan would do, for people. Every text in it may be seen by everybody; it is plain, and each rendering escapes it. */
export interface PlanReport {
  /** The environment, or `global`. */
  readonly environment: string;
  /** What is compared with. */
  readonly base: Commit;
  /** What is planned. */
  readonly head: Commit;
  /** Address of the job that planned. @default - a person's machine did */
  readonly jobUrl?: string;
  /** Whether anything failed or is blocked: the check fails with it. */
  readonly failures: readonly string[];
  /** Why alarms and acknowledgements are not compared. @default - they are */
  readonly incomparable?: string;
  /** That the change touches many environments at once. @default - it does not */
  readonly wide?: string;
  /** True where nothing changes and all was looked at. */
  readonly nothing: boolean;
  /** How much changes in all. */
  readonly counts: Counts;
  /** The stacks, in the order in which they are deployed. */
  readonly stacks: readonly StackReport[];
  /** What the guard says. */
  readonly guard: Verdict;
}

/** How many resources, by what is done to them. */
export interface Counts {
  /** Made. */
  readonly add: number;
  /** Changed in place. */
  readonly change: number;
  /** Made anew in place of the old one. */
  readonly replace: number;
  /** Replaced or not: decided when other stacks are applied. */
  readonly mayReplace: number;
  /** Destroyed. */
  readonly destroy: number;
  /** Moved to another address, changed beside that or not. */
  readonly move: number;
  /** Taken into the state, changed beside that or not. */
  readonly import: number;
  /** Let go: it stays in AWS, and Terraform no longer knows it. */
  readonly forget: number;
}

/** What became of a stack, in the order of what people must look at. */
export type StackStanding = "failed" | "speculative" | "planned" | "nothing" | "not affected" | "unchanged";

/** A stack of a report. */
export interface StackReport {
  /** Its name. */
  readonly stack: string;
  /** Address of the diagram that shows where its systems stand. */
  readonly diagram: string;
  /** What became of its synthesized bytes. */
  readonly change: StackChange;
  /** What became of it. */
  readonly standing: StackStanding;
  /** How much changes. */
  readonly counts: Counts;
  /** Seconds that planning took. */
  readonly seconds: number;
  /** What was not planned of it. */
  readonly notPlanned: readonly NotPlanned[];
  /** Why it failed. */
  readonly errors: readonly Diagnostic[];
  /** Who was changing its state, and the command that takes the lock off. @default - nobody */
  readonly lock?: StateLock & { readonly unlock: string };
  /** What waits for other stacks: such a plan cannot be applied. @default - nothing */
  readonly waits?: {
    readonly attributes: number;
    readonly resources: number;
    readonly waitsFor: readonly { readonly stack: string; readonly attributes: number; readonly resources: number }[];
  };
  /** What is destroyed, replaced, or let go: what is stateful first. */
  readonly losses: readonly ResourceReport[];
  /** What else changes, by system. */
  readonly systems: readonly SystemReport[];
  /** What people must know beside that: rolling updates, restarts. */
  readonly notices: readonly string[];
  /** Acknowledged findings of the policy. */
  readonly acknowledgements: Difference<Acknowledgement & { readonly path: string }>;
  /** Alarms. */
  readonly alarms: Difference<StackFacts["alarms"][number]>;
  /** What becomes of what its Helm releases render. @default - none differs, or nobody looked */
  readonly renderings?: StackRenderings;
}

/** What one has and the other has not. */
export interface Difference<T> {
  /** Of head only. */
  readonly added: readonly T[];
  /** Of base only. */
  readonly removed: readonly T[];
}

/** The changes of a system that lose nothing. */
export interface SystemReport {
  /** The system. */
  readonly system: SystemName;
  /** Its changes, in the order of addresses. */
  readonly resources: readonly ResourceReport[];
}

/** A system, and where to read of it. */
export interface SystemName {
  /** Its heading in the runbook. */
  readonly title: string;
  /** Whom to ask. */
  readonly owner: string;
  /** Address of its page. @default - it has none */
  readonly page?: string;
}

/** A resource that changes. */
export interface ResourceReport {
  /** Its address. */
  readonly address: string;
  /** Its type. */
  readonly type: string;
  /** What is done to it. */
  readonly action: PlannedAction;
  /** Whether the guard looks after it. */
  readonly stateful: boolean;
  /** Path of its construct. @default - no synthesized stack has it */
  readonly construct?: string;
  /** Its system. */
  readonly system: SystemName;
  /** Stacks after whose apply it is decided whether it is replaced. @default - it is decided */
  readonly decidedBy?: readonly string[];
  /** The attributes that force it to be replaced. */
  readonly forcing: readonly AttributeReport[];
  /** What changes in it beside those. */
  readonly attributes: readonly AttributeReport[];
  /** What it means. @default - it goes without saying */
  readonly meaning?: string;
  /** The address that it moves from. @default - it does not move */
  readonly movedFrom?: string;
  /** Id under which it is imported. @default - it is not */
  readonly imported?: string;
}

/** An attribute that changes. */
export interface AttributeReport {
  /** Where it is: `rule[0].days`. */
  readonly path: string;
  /** Before and after in one line: `"db" -> "db-2"`. */
  readonly text: string;
  /** Lines of a long value that differ, with `-` and `+` before them. @default - the text says all */
  readonly lines?: readonly string[];
}
