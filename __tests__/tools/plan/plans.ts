import type { ProgramFacts, StackFacts } from "../../../stacks/program-facts";
import { findGuarded, type GuardInput } from "../../../tools/plan/guard/guard";
import { judge, NO_APPROVAL } from "../../../tools/plan/guard/judge";
import type { ReportInput } from "../../../tools/plan/report/model";
import type { StackPlan } from "../../../tools/plan/stack-plan";
import type { SynthesizedJson } from "../../../tools/plan/synthesized-resources";
import type { Change, ResourceChange, TerraformPlan } from "../../../tools/plan/terraform-plan";

/** A change of a resource as Terraform tells it. */
export function changeOf(
  address: string,
  actions: Change["actions"],
  change: Omit<Change, "actions"> = {},
  more: Partial<ResourceChange> = {},
): ResourceChange {
  const [type = "", name = ""] = address.split(".");
  return { address, mode: "managed", type, name, ...more, change: { actions, before: null, after: null, ...change } };
}

/** A plan of some changes. */
export function planOf(...changes: readonly ResourceChange[]): TerraformPlan {
  return { format_version: "1.2", resource_changes: changes };
}

/** A stack that was planned, with what came of it. */
export function planned(stack: string, changes: readonly ResourceChange[], more: Partial<StackPlan> = {}): StackPlan {
  const outcome = { kind: "planned", plan: planOf(...changes) } as const;
  return { stack, change: "changed", outcome, notPlanned: [], seconds: 12, ...more };
}

/** A synthesized stack: by address, path and arguments. */
export function synthesizedOf(
  resources: Readonly<Record<string, readonly [path: string, body?: object]>>,
): SynthesizedJson {
  const resource: Record<string, Record<string, object>> = {};
  for (const [address, [path, body]] of Object.entries(resources)) {
    const [type = "", name = ""] = address.split(".");
    resource[type] = { ...resource[type], [name]: { "//": { metadata: { path, uniqueId: name } }, ...body } };
  }
  return { resource };
}

const NOTHING: StackFacts = { systems: [], alarms: [], acknowledgements: [] };

/** Facts of a program. */
export function factsOf(stacks: Readonly<Record<string, Partial<StackFacts>>>): ProgramFacts {
  return {
    stacks: Object.fromEntries(Object.entries(stacks).map(([name, facts]) => [name, { ...NOTHING, ...facts }])),
  };
}

/** What the guard finds in some stacks. */
export function found(stacks: readonly StackPlan[], more: Partial<GuardInput> = {}) {
  return findGuarded({ stacks, synthesized: { base: {}, head: {} }, ...more });
}

/** What a report is built from: nobody allows anything. */
export function inputOf(stacks: readonly StackPlan[], more: Partial<ReportInput> = {}): ReportInput {
  const synthesized = more.synthesized ?? { base: {}, head: {} };
  return {
    environment: "dev",
    base: { ref: "main", commit: "1111111111111111111111111111111111111111" },
    head: { ref: "HEAD", commit: "2222222222222222222222222222222222222222" },
    stacks,
    facts: { base: factsOf({}), head: factsOf({}) },
    synthesized,
    runbookUrl: "https://example.org/runbook",
    verdict: judge(findGuarded({ stacks, synthesized }), NO_APPROVAL),
    jobUrl: "https://example.org/job/1",
    ...more,
  };
}
