import type { Diagnostic } from "../../terraform/events";
import type { MoveProposal } from "./moved";

/** What a plan would do to something stateful. */
export type Threat = "destroy" | "replace" | "forget" | "disarm";

/** Something stateful that a plan threatens. */
export interface Finding {
  /** Its stack. */
  readonly stack: string;
  /** Its address. */
  readonly address: string;
  /** Its type. */
  readonly type: string;
  /** What would be done to it. */
  readonly threat: Threat;
  /** False where it is decided only when the stacks that are waited for are applied, or where nothing was planned. */
  readonly certain: boolean;
  /** What is lost with it. */
  readonly lost: string;
  /** What is taken away, or why it is looked at, in words. */
  readonly because: readonly string[];
  /** Why it may go without anybody's word. @default - it may not */
  readonly free?: string;
  /** How it keeps its state under its new address. @default - it has none, as far as can be told */
  readonly move?: MoveProposal;
}

/** Terraform's words for what `prevent_destroy` refuses. */
const REFUSED = /cannot be destroyed/i;

/** Whether Terraform itself refuses a plan because it would destroy something that must not be. */
export function isRefusal({ address, severity, summary }: Diagnostic): boolean {
  return severity === "error" && address !== undefined && REFUSED.test(summary);
}
