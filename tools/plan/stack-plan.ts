import type { Diagnostic } from "../terraform/events";
import type { TerraformPlan } from "./terraform-plan";

/** What became of a stack's synthesized bytes between base and head. */
export type StackChange = "unchanged" | "changed" | "new" | "gone";

/** One stack of a plan: what was planned of it, and what was not. */
export interface StackPlan {
  /** Its name. */
  readonly stack: string;
  /** What became of its synthesized bytes. */
  readonly change: StackChange;
  /** What came of planning it. */
  readonly outcome: PlanOutcome;
  /** What of it could not be planned; never the same as unchanged. */
  readonly notPlanned: readonly NotPlanned[];
  /** Who was changing its state while it was planned. @default - nobody */
  readonly lock?: StateLock;
  /** How long it took. */
  readonly seconds: number;
}

/** What came of planning a stack. */
export type PlanOutcome =
  | {
      readonly kind: "planned";
      /** What `terraform show -json` prints of it. */
      readonly plan: TerraformPlan;
      /** What waits for stacks that are not applied. @default - nothing: the plan is of what is there */
      readonly speculation?: Speculation;
    }
  /** Planned by nobody, because nothing can differ: its bytes are those of base, and no output that it reads changes. */
  | { readonly kind: "not affected" }
  /** It should have been planned, and was not: the whole plan fails. */
  | { readonly kind: "failed"; readonly errors: readonly Diagnostic[] };

/** What of a speculative plan waits for other stacks. Such a plan cannot be applied. */
export interface Speculation {
  /** By the stack that is waited for: how many attributes of how many resources. */
  readonly waitsFor: readonly { readonly stack: string; readonly attributes: number; readonly resources: number }[];
  /** How many attributes wait, each counted once. */
  readonly attributes: number;
  /** Of how many resources. */
  readonly resources: number;
  /** By address: the attributes that wait, by name, each with the stacks. */
  readonly waiting: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Part of a stack that was not planned. */
export interface NotPlanned {
  /** What it is, in words: `38 Kubernetes objects of k8s`. */
  readonly what: string;
  /** Why: `no route to api.k8s.dev.opsdx.io`. */
  readonly reason: string;
  /** Addresses of the resources. */
  readonly addresses: readonly string[];
  /** The command or step that helps. @default - none */
  readonly next?: string;
  /** Whether it fails the check: a stale boot payload does, a cluster that cannot be reached does not. @default false */
  readonly fails?: boolean;
}

/** Terraform's lock of a state, as it stands there. */
export interface StateLock {
  /** Id, for `terraform force-unlock`. */
  readonly id: string;
  /** Who holds it. */
  readonly who: string;
  /** Since when, ISO 8601. */
  readonly since: string;
  /** What they do: `OperationTypeApply`. */
  readonly operation: string;
}
