import { inOrder, isMadeFirst, plannedResources, type PlannedAction, type PlannedResource } from "../planned-action";
import { shellWord } from "../../shell-word";
import { statefulType, weightOf } from "../guard/stateful";
import type { Speculation, StackPlan } from "../stack-plan";
import { synthesizedResources } from "../synthesized-resources";
import { decidedBy } from "../waiting";
import { attributeReports, forcingReports } from "./attributes";
import { meaningOf } from "./meanings";
import type {
  Counts,
  Difference,
  PlanReport,
  ReportInput,
  ResourceReport,
  StackReport,
  StackStanding,
  SystemReport,
} from "./model";
import { notices } from "./notices";
import { diagramOf, Systems } from "./systems";
import { counted } from "./words";

/** Actions that lose something. */
const LOSSES: readonly PlannedAction[] = ["delete", "replace", "forget"];

/** Reads a plan for people: what is lost first, nothing that is sensitive, and what was not planned never as unchanged. */
export function buildReport(input: ReportInput): PlanReport {
  const { base, environment, facts, head, jobUrl, runbookUrl, verdict } = input;
  const systems = new Systems([facts.head, facts.base], runbookUrl);
  const stacks = input.stacks.map((stack) => stackReport(stack, input, systems));
  const counts = stacks.map((stack) => stack.counts).reduce(sum, NONE);
  return {
    environment,
    base,
    head,
    jobUrl,
    failures: failuresOf(stacks, input),
    wide: wideText(input.touched),
    incomparable:
      facts.base === undefined
        ? `${base.ref} was synthesized without its facts: alarms and acknowledgements are not compared`
        : undefined,
    nothing: stacks.every(isQuiet) && verdict.judged.length === 0 && verdict.problems.length === 0,
    counts,
    stacks,
    guard: verdict,
  };
}

/** More environments than this in one change are remarked on. */
const FEW = 2;

function wideText(touched: readonly string[] = []): string | undefined {
  return touched.length > FEW
    ? `The change touches ${touched.join(", ")} at once: merged one after the other, the first shows what the next would do`
    : undefined;
}

function stackReport(plan: StackPlan, input: ReportInput, systems: Systems): StackReport {
  const { change, lock, notPlanned, outcome, seconds, stack } = plan;
  const { facts, synthesized } = input;
  const speculation = outcome.kind === "planned" ? outcome.speculation : undefined;
  const planned = outcome.kind === "planned" ? plannedResources(outcome.plan) : [];
  const after = synthesizedResources(synthesized.head, stack);
  const before = synthesizedResources(synthesized.base, stack);
  const resources = planned.map((one) => {
    const { address, previous_address: previous } = one.resource;
    const construct = (after.get(address) ?? before.get(address) ?? before.get(previous ?? ""))?.path;
    return resourceReport(one, construct, systems, speculation);
  });
  const losses = resources.filter(({ action }) => LOSSES.includes(action));
  const others = resources.filter(({ action }) => !LOSSES.includes(action));
  const known = facts.base?.stacks[stack];
  const now = facts.head.stacks[stack];
  // Without facts of base everything of head would look new, and without the stack of head all of base gone by design.
  const comparable = facts.base !== undefined;
  return {
    stack,
    diagram: diagramOf(stack, input.runbookUrl),
    change,
    standing: standingOf(plan, resources.length),
    counts: countsOf(resources),
    seconds,
    notPlanned,
    errors: outcome.kind === "failed" ? outcome.errors : [],
    lock: lock === undefined ? undefined : { ...lock, unlock: unlockCommand(stack, lock.id) },
    waits:
      speculation === undefined
        ? undefined
        : {
            attributes: speculation.attributes,
            resources: speculation.resources,
            waitsFor: speculation.waitsFor,
          },
    losses: [...losses].sort(
      (one, other) =>
        weightOf(one.type) - weightOf(other.type) ||
        Number(one.decidedBy !== undefined) - Number(other.decidedBy !== undefined) ||
        LOSSES.indexOf(one.action) - LOSSES.indexOf(other.action) ||
        inOrder(one.address, other.address),
    ),
    systems: bySystem(others),
    notices: notices(stack, planned, facts),
    acknowledgements: comparable
      ? difference(known?.acknowledgements ?? [], now?.acknowledgements ?? [], ({ path, reason, rule }) =>
          [path, rule, reason].join("\n"),
        )
      : { added: [], removed: [] },
    alarms: comparable
      ? difference(known?.alarms ?? [], now?.alarms ?? [], ({ alarmName, severity }) => `${alarmName}\n${severity}`)
      : { added: [], removed: [] },
    renderings: input.renderings?.[stack],
  };
}

/** What takes a lock off, from a checkout that has nothing but its packages. */
function unlockCommand(stack: string, id: string): string {
  const terraform = `terraform -chdir=cdktf.out/stacks/${stack}`;
  return `npx cdktf synth && ${terraform} init && ${terraform} force-unlock ${/^[\w-]+$/.test(id) ? id : shellWord(id)}`;
}

function resourceReport(
  { action, resource }: PlannedResource,
  construct: string | undefined,
  systems: Systems,
  speculation: Speculation | undefined,
): ResourceReport {
  const { address, change, previous_address: previous, type } = resource;
  const waiting = speculation?.waiting;
  const own = waiting !== undefined && Object.hasOwn(waiting, address) ? waiting[address] : undefined;
  const paths = change.replace_paths ?? [];
  const decided = action === "replace" ? decidedBy(speculation, address, paths) : [];
  const forced = new Set(paths.map(([name]) => String(name)));
  const attributes =
    action === "update" || action === "replace"
      ? attributeReports(change, own).filter(({ path }) => !forced.has(path.split(/[.[]/)[0] ?? ""))
      : [];
  return {
    address,
    type,
    action,
    stateful: statefulType(type) !== undefined,
    construct,
    system: systems.of(construct),
    decidedBy: decided.length === 0 ? undefined : decided,
    forcing: action === "replace" ? forcingReports(change, paths, own) : [],
    // What a replacement does not know of its successor goes without saying.
    attributes:
      action === "replace" ? attributes.filter(({ text }) => !text.endsWith("(known after apply)")) : attributes,
    meaning: meaningOf(type, action, isMadeFirst(resource)),
    movedFrom: previous === address ? undefined : previous,
    imported: change.importing == null ? undefined : (change.importing.id ?? "an id known after apply"),
  };
}

function standingOf({ change, notPlanned, outcome }: StackPlan, changes: number): StackStanding {
  if (outcome.kind === "failed") return "failed";
  if (outcome.kind === "not affected") return change === "unchanged" ? "unchanged" : "not affected";
  if (changes === 0) return notPlanned.length === 0 ? "nothing" : "planned";
  return outcome.speculation === undefined ? "planned" : "speculative";
}

const NONE: Counts = { add: 0, change: 0, replace: 0, mayReplace: 0, destroy: 0, move: 0, import: 0, forget: 0 };

function countsOf(resources: readonly ResourceReport[]): Counts {
  const count = (is: (resource: ResourceReport) => boolean): number => resources.filter(is).length;
  return {
    add: count(({ action }) => action === "create"),
    change: count(({ action }) => action === "update"),
    replace: count(({ action, decidedBy: decided }) => action === "replace" && decided === undefined),
    mayReplace: count(({ action, decidedBy: decided }) => action === "replace" && decided !== undefined),
    destroy: count(({ action }) => action === "delete"),
    move: count(({ movedFrom }) => movedFrom !== undefined),
    import: count(({ imported }) => imported !== undefined),
    forget: count(({ action }) => action === "forget"),
  };
}

function sum(one: Counts, other: Counts): Counts {
  const names = Object.keys(NONE) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as Counts;
}

function bySystem(resources: readonly ResourceReport[]): readonly SystemReport[] {
  const found = new Map<string, ResourceReport[]>();
  for (const resource of resources) {
    const key = `${resource.system.title}\n${resource.system.owner}`;
    found.set(key, [...(found.get(key) ?? []), resource]);
  }
  return [...found.entries()]
    .sort(([one], [other]) => inOrder(one, other))
    .flatMap(([, members]) => (members[0] === undefined ? [] : [{ system: members[0].system, resources: members }]));
}

function difference<T>(before: readonly T[], after: readonly T[], key: (one: T) => string): Difference<T> {
  const [old, next] = [new Set(before.map(key)), new Set(after.map(key))];
  return { added: after.filter((one) => !old.has(key(one))), removed: before.filter((one) => !next.has(key(one))) };
}

/** Whether a stack needs no word: it was looked at, or nothing can differ, and nothing changes. */
function isQuiet({ acknowledgements, alarms, change, lock, notPlanned, standing }: StackReport): boolean {
  return (
    change !== "gone" &&
    ["nothing", "not affected", "unchanged"].includes(standing) &&
    notPlanned.length === 0 &&
    lock === undefined &&
    [...acknowledgements.added, ...acknowledgements.removed, ...alarms.added, ...alarms.removed].length === 0
  );
}

function failuresOf(stacks: readonly StackReport[], { verdict }: ReportInput): readonly string[] {
  const blocked = new Set(
    verdict.judged
      .filter(({ state }) => state === "blocked")
      .map(({ finding: { address, stack } }) => `${stack}:${address}`),
  ).size;
  return [
    ...stacks.flatMap(({ errors, stack, standing }) =>
      standing === "failed"
        ? [`${stack} could not be planned (${counted(errors.length, "error")}): what it would do is not known`]
        : [],
    ),
    ...stacks.flatMap(({ notPlanned, stack }) =>
      notPlanned
        .filter(({ fails }) => fails === true)
        .map(({ reason, what }) => `${stack}: ${what} not planned: ${reason}`),
    ),
    ...(blocked === 0
      ? []
      : [
          `${blocked === 1 ? "1 stateful resource is" : `${blocked} stateful resources are`} destroyed, replaced, let go or disarmed, and nobody allowed it`,
        ]),
    ...verdict.problems,
  ];
}
