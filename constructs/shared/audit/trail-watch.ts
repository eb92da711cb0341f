import type { Command } from "../observability/command";
import type { Severity } from "../observability/monitoring";
import type { Step } from "../observability/steps";

/** What the steps of a watch name. */
export interface WatchNames {
  /** The account that is watched. */
  readonly accountId: string;
  /** Start of the environment's names, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** Shows what is not as the code has it. */
  readonly diff: Command;
  /** Puts it right. */
  readonly deploy: Command;
}

/** A set of API calls, by event name. */
export interface ApiCalls {
  /** Event names, as CloudTrail writes them. */
  readonly names: readonly string[];
  /** The service they belong to, where the names alone say too little. @default - any service */
  readonly source?: string;
}

/** Something that is looked for in the trail, and what it means. */
export interface TrailWatch {
  /** Construct id, and the metric's name. */
  readonly id: string;
  /** Name of the alarm after the environment's prefix, and of the saved query. */
  readonly name: string;
  /** What counts: API calls by name, or a filter pattern with the same condition in CloudWatch Logs Insights. */
  readonly match: ApiCalls | { readonly pattern: string; readonly query: string };
  /** What it means when this happens. */
  readonly intent: string;
  /** Whom it reaches. */
  readonly severity: Severity;
  /** How many events within 300 seconds are worth it. @default 1 */
  readonly threshold?: number;
  /** The event that CloudTrail's history is asked for first. */
  readonly lookup: { readonly key: "EventName" | "EventSource" | "ReadOnly" | "Username"; readonly value: string };
  /** What to do once the event and its author are known. Placeholders are filled from the event. */
  readonly steps: (names: WatchNames) => readonly Step[];
}

/** One control of the CIS benchmark. */
export interface CisControl extends TrailWatch {
  /** Section of CIS AWS Foundations Benchmark 1.4.0; 1.2.0 numbers the same controls 3.1 to 3.14. */
  readonly section: string;
}
