import Table from "cli-table3";
import colors from "picocolors";
import type { LeftOut } from "../../stacks/sandbox/within-emulator-limits";
import type { Diagnostic, PlannedChange } from "../terraform/events";

/** How a stack came out. */
export interface StackResult {
  /** The stack's name. */
  readonly stack: string;
  /** Resources in its state now. */
  readonly resources: number;
  /** How long it took. */
  readonly seconds: number;
  /** What became of it. */
  readonly outcome: "applied" | "destroyed" | "failed" | "interrupted" | "skipped";
  /** Why it is not done. @default - it is done */
  readonly reason?: string;
  /** What the plan after the apply would still change: nothing, if all is well. @default - not planned again */
  readonly secondPlan?: readonly PlannedChange[];
  /** Terraform's messages about what failed. */
  readonly errors: readonly Diagnostic[];
  /** Logs worth reading. */
  readonly logs: readonly string[];
}

/** Whether everything asked for is done and stays done. */
export function succeeded(results: readonly StackResult[]): boolean {
  return results.every(
    ({ outcome, secondPlan = [] }) => (outcome === "applied" || outcome === "destroyed") && secondPlan.length === 0,
  );
}

/** The closing table. */
export function resultTable(results: readonly StackResult[]): string {
  const table = new Table({
    head: ["stack", "resources", "seconds", "result", "second plan"],
    colAligns: ["left", "right", "right", "left", "left"],
    style: { head: [], border: [] },
  });
  for (const { stack, resources, seconds, outcome, reason, secondPlan } of results) {
    table.push([
      stack,
      resources,
      seconds.toFixed(0),
      reason === undefined ? painted(outcome) : `${painted(outcome)}: ${reason}`,
      secondPlan === undefined
        ? "–"
        : secondPlan.length === 0
          ? "empty"
          : colors.red(`${secondPlan.length} change${secondPlan.length === 1 ? "" : "s"}`),
    ]);
  }
  return table.toString();
}

function painted(outcome: StackResult["outcome"]): string {
  const paint = {
    applied: colors.green,
    destroyed: colors.green,
    failed: colors.red,
    interrupted: colors.red,
    skipped: colors.yellow,
  };
  return paint[outcome](outcome);
}

/** Every error in full, and every change that a second plan would still make, with the logs to read. */
export function failureText(results: readonly StackResult[]): string {
  return results
    .flatMap(({ stack, errors, secondPlan = [], logs }) => {
      const problems = [
        ...errors.map(({ address, summary, detail }) =>
          [`${stack}: ${address === undefined ? "" : `${address}: `}${summary}`, detail].filter(Boolean).join("\n"),
        ),
        ...(secondPlan.length === 0
          ? []
          : [
              [
                `${stack}: the second plan is not empty. Either a declaration is not stable, or the emulator forgets an argument (stacks/sandbox/emulator-limits.ts):`,
                ...secondPlan.map(({ address, action }) => `  ${action} ${address}`),
              ].join("\n"),
            ]),
      ];
      return problems.length === 0 ? [] : [...problems, `${stack}: logs: ${logs.join(", ")}`];
    })
    .join("\n\n");
}

/** What the emulator cannot do, once per resource type and argument. */
export function leftOutText(byStack: Readonly<Record<string, readonly LeftOut[]>>): string {
  const rows = new Map<string, { what: string; reason: string; stacks: Map<string, number> }>();
  for (const [stack, entries] of Object.entries(byStack)) {
    for (const { address, argument, reason } of entries) {
      const type = address.split(".")[address.startsWith("data.") ? 1 : 0] ?? address;
      const what = argument === undefined ? type : `${type}: ${argument}`;
      const row = rows.get(`${what}\n${reason}`) ?? { what, reason, stacks: new Map<string, number>() };
      row.stacks.set(stack, (row.stacks.get(stack) ?? 0) + 1);
      rows.set(`${what}\n${reason}`, row);
    }
  }
  if (rows.size === 0) return "";
  const lines = [...rows.values()].map(
    ({ what, reason, stacks }) =>
      `  ${what} (${[...stacks].map(([stack, count]) => `${count} in ${stack}`).join(", ")}): ${reason}`,
  );
  return ["Left out of the sandbox's Terraform only:", ...lines.sort()].join("\n");
}
