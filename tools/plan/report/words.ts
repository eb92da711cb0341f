import type { Judged } from "../guard/judge";
import type { PlannedAction } from "../planned-action";
import type { Counts, ResourceReport, StackReport } from "./model";

/** A number with its thing: `1 stack`, `2,300 stacks`. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${numberText(count)} ${count === 1 ? thing : things}`;
}

/** A number as people read it, the same on every machine. */
export function numberText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** What is said where every count is 0. */
export const NOTHING_CHANGES = "nothing changes";

/** Counts in the order of what people must look at; those that are 0 say nothing. */
export function countsText(counts: Counts): string {
  const parts = COUNTS.flatMap(([name, word]) => (counts[name] === 0 ? [] : [`${numberText(counts[name])} ${word}`]));
  return parts.length === 0 ? NOTHING_CHANGES : parts.join(", ");
}

const COUNTS: readonly (readonly [name: keyof Counts, word: string])[] = [
  ["destroy", "to destroy"],
  ["replace", "to replace"],
  ["mayReplace", "may be replaced"],
  ["forget", "to let go"],
  ["change", "to change"],
  ["add", "to add"],
  ["move", "to move"],
  ["import", "to import"],
];

/** What is done to a resource, in a word. */
export function actionText({ action, decidedBy }: Pick<ResourceReport, "action" | "decidedBy">): string {
  return decidedBy === undefined
    ? ACTIONS[action]
    : `may be replaced, decided after ${decidedBy.join(", ")} is applied`;
}

const ACTIONS: Readonly<Record<PlannedAction, string>> = {
  create: "add",
  update: "change",
  replace: "replace",
  delete: "destroy",
  forget: "let go",
  move: "move",
  import: "import",
};

/** What became of a stack, in a line. */
export function standingText({ change, standing, waits }: StackReport): string {
  if (change === "gone" && standing !== "planned" && standing !== "failed") {
    return "gone from the program: nothing plans it, and what stands in AWS stays there";
  }
  switch (standing) {
    case "failed":
      return "not planned: failed";
    case "speculative":
      return waits === undefined
        ? "speculative: cannot be applied"
        : `speculative: cannot be applied; ${counted(waits.attributes, "attribute")} of ${counted(waits.resources, "resource")} ${waits.attributes === 1 ? "waits" : "wait"} for ${waits.waitsFor.map(({ stack }) => stack).join(", ")}`;
    case "planned":
      return change === "new" ? "planned, new" : "planned";
    case "nothing":
      return "planned: nothing changes";
    case "not affected":
      return "not affected: no output that it reads changes";
    case "unchanged":
      return "unchanged";
  }
}

/** What would be done to something stateful. */
export function threatText({ certain, threat }: Judged["finding"]): string {
  const done = { destroy: "destroyed", replace: "replaced", forget: "let go", disarm: "disarmed" }[threat];
  return certain ? done : `may be ${done}`;
}

/** What the guard says to it; the line that would allow it stands beside. */
export function verdictText({ by, missing, reason, state }: Judged): string {
  return {
    blocked: missing ?? "nobody allows it",
    allowed: `allowed by ${by ?? "nobody"}: ${reason ?? ""}`,
    free: `free: ${reason ?? ""}`,
  }[state];
}
