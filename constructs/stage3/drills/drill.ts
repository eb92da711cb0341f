import type { Command } from "../../shared/observability/command";
import type { Step } from "../../shared/observability/steps";

/** A question whose answer says whether all is well. */
export interface Query {
  /** What it asks, in words. */
  readonly says: string;
  /** What asks. */
  readonly command: Command;
  /** What the whole answer must match. */
  readonly matches: RegExp;
}

/** An alarm that must fire. */
export interface ExpectedAlarm {
  /** Its name, without the environment's prefix. */
  readonly alarm: string;
  /** Minutes after the injection within which it must. */
  readonly withinMinutes: number;
  /** Short name of the cluster whose Prometheus evaluates it. @default - CloudWatch evaluates it */
  readonly cluster?: string;
}

/** What chaoskube may kill: everything in the namespace that all of these let through. */
export interface PodKill {
  /** It kills pods. */
  readonly kind: "chaoskube";
  /** Namespace: never one of Kubernetes' own. */
  readonly namespace: string;
  /** Label selector. */
  readonly labels: string;
  /** Kinds of owners, as chaoskube reads them: `ReplicaSet`, or `!DaemonSet,!StatefulSet`. */
  readonly kinds: string;
  /** Seconds that a pod must have been there. */
  readonly minimumAgeSeconds: number;
  /** Seconds between two rounds. */
  readonly intervalSeconds: number;
  /** Most pods of a round. */
  readonly maxKill: number;
  /** Minutes after which it ends by itself. */
  readonly maxRuntimeMinutes: number;
}

/** One thing that FIS does. */
export interface FisAction {
  /** Id of the action, `aws:ec2:terminate-instances`. */
  readonly action: string;
  /** Key of the target in the action, as its reference says: `Instances`. */
  readonly targetKey: string;
  /** What it does it to. */
  readonly target: FisTarget;
  /** Parameters. @default - none */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What FIS does something to: an instance group with its auto scaling group, a zone's subnets of nodes, or a database. */
export type FisTarget =
  | { readonly kind: "instances" | "group"; readonly cluster: string; readonly group: string }
  | { readonly kind: "zone"; readonly zone: string }
  | { readonly kind: "database"; readonly identifier: string };

/** An experiment of AWS Fault Injection Service. */
export interface Experiment {
  /** AWS does it. */
  readonly kind: "fis";
  /** What, by name. */
  readonly actions: Readonly<Record<string, FisAction>>;
}

/** Commands that break something, and those that mend it. */
export interface Commands {
  /** Whoever runs the drill does it. */
  readonly kind: "commands";
  /** What tells what it is done to, before anything is: the others find its answer as `$TARGET`. @default - nothing is asked */
  readonly target?: Command;
  /** What breaks it, in order. */
  readonly inject: readonly Command[];
  /** What takes it back. Each can run twice, and does no harm where nothing was broken. */
  readonly undo: readonly Command[];
  /** Minutes that each of them may take. @default 10 */
  readonly undoMinutes?: number;
}

/** What people do by the runbook, because nobody should do it for them. */
export interface People {
  /** People do it: the drill tells them what, and waits. */
  readonly kind: "people";
  /** What they do. */
  readonly steps: readonly Step[];
}

/** How something is broken. */
export type Injection = PodKill | Experiment | Commands | People;

/** What a restore costs. */
export interface Loss {
  /** Minutes of data that may be lost. */
  readonly rpoMinutes: number;
  /** Minutes until it is there again. */
  readonly rtoMinutes: number;
  /** What tells up to when data is there, as a time in UTC. @default - only the restore is measured */
  readonly newest?: Command;
  /** Where it was rehearsed when nobody did it for real: the emulator of AWS, the local control plane, or on paper only. */
  readonly rehearsed: "emulator" | "control plane" | "paper";
}

/** A fire drill, as data. */
export interface Drill {
  /** Its name: part of commands, of the address of its scorecards, and of the names of what it makes. */
  readonly name: string;
  /** What happens, in a few words. */
  readonly title: string;
  /** Who answers for it. */
  readonly owner: string;
  /** What is believed, and may turn out to be wrong. */
  readonly hypothesis: string;
  /** How the system is when all is well: asked before and until it is so again. */
  readonly steady: readonly Query[];
  /** How something is broken. */
  readonly injection: Injection;
  /** What feels it, and what does not. */
  readonly blastRadius: string;
  /** Alarms of CloudWatch, without the environment's prefix, at which it is ended at once. */
  readonly stop: readonly string[];
  /** Alarms that must fire. */
  readonly fires: readonly ExpectedAlarm[];
  /** Minutes within which everything must be as before, counted from the injection. */
  readonly recoverWithinMinutes: number;
  /** How it is taken back, in words. */
  readonly rollback: string;
  /** What else the scorecard keeps: commands that only look. */
  readonly evidence: readonly Command[];
  /** What the restore may cost. @default - it is no restore */
  readonly loss?: Loss;
}

/** What is wrong with drills by themselves; empty when nothing is. */
export function drillFaults(drills: readonly Drill[]): string[] {
  return drills.flatMap((drill) => {
    const { fires, injection, loss, name, recoverWithinMinutes, steady, stop } = drill;
    const broken = [
      !/^[a-z][a-z0-9-]{1,30}$/.test(name) && `its name must be at most 31 lower-case letters, digits and hyphens`,
      drills.some((other) => other !== drill && other.name === name) && "its name must be its own",
      steady.length === 0 && "steady must hold a query, or nobody knows whether it recovered",
      stop.length === 0 && "stop must name an alarm: a drill without a stop condition is an outage",
      fires.length === 0 && loss === undefined && "fires must name an alarm: what nobody is told of is not detected",
      fires.some(({ alarm }) => stop.includes(alarm)) && "stop must not name an alarm that must fire",
      fires.some(({ withinMinutes }) => withinMinutes > recoverWithinMinutes) &&
        `fires must be within recoverWithinMinutes, ${recoverWithinMinutes}`,
      injection.kind === "chaoskube" &&
        /^kube-/.test(injection.namespace) &&
        `injection.namespace must not be one of Kubernetes' own, got "${injection.namespace}"`,
      injection.kind === "chaoskube" && injection.labels === "" && "injection.labels must select something",
      injection.kind === "commands" && injection.undo.length === 0 && "injection.undo must take it back",
    ];
    return broken.flatMap((fault) => (fault === false ? [] : [`drill ${name}: ${fault}`]));
  });
}
