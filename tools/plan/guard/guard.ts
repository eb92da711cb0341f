import { block, isTrue, type ResourceModel } from "../../../constructs/shared/policy/model";
import type { Addresses } from "../../../stacks/stateful-addresses";
import { inOrder, plannedResources, type PlannedResource } from "../planned-action";
import { pathText, shownChange, type Shown } from "../shown-value";
import type { StackPlan } from "../stack-plan";
import { synthesizedMoves, synthesizedResources, type SynthesizedStacks } from "../synthesized-resources";
import { decidedBy } from "../waiting";
import { configured } from "./configured";
import { judgeRule, type Disarmed } from "./disarm-rule";
import { DISARM_RULES } from "./disarm-rules";
import { isRefusal, type Finding } from "./findings";
import { moveProposals, type Standing } from "./moved";
import { statefulType } from "./stateful";

/** What {@link findGuarded} looks at. */
export interface GuardInput {
  /** The stacks, planned or not. */
  readonly stacks: readonly StackPlan[];
  /** Their synthesized JSON, by stack: of base, and of head. */
  readonly synthesized: { readonly base: SynthesizedStacks; readonly head: SynthesizedStacks };
  /** The pinned addresses of base and of head. @default - not looked at */
  readonly pinned?: { readonly base: Addresses; readonly head: Addresses };
}

/**
 * Everything stateful that would be destroyed, replaced, let go or disarmed, and whatever may be: an unknown is no promise, and a stack
 * that was not planned is judged by what is synthesized of it. Sorted by stack and address.
 */
export function findGuarded({ pinned, stacks, synthesized }: GuardInput): readonly Finding[] {
  return stacks
    .flatMap((stack) => {
      const before = synthesizedResources(synthesized.base, stack.stack);
      const after = synthesizedResources(synthesized.head, stack.stack);
      const moves = synthesizedMoves(synthesized.head, stack.stack);
      const planned = stack.outcome.kind === "planned" ? inPlan(stack, before, after) : [];
      const told = new Set(planned.map(({ address }) => address));
      const declared = inSynthesis(stack, before, after, moves).filter(
        ({ address, threat }) => threat === "disarm" || !told.has(address),
      );
      const unpinned =
        pinned === undefined
          ? []
          : noLongerPinned(stack.stack, pinned, after).filter(({ address }) => !told.has(address));
      return merged([...planned, ...declared, ...unpinned]);
    })
    .sort((one, other) =>
      inOrder(`${one.stack} ${one.address} ${one.threat}`, `${other.stack} ${other.address} ${other.threat}`),
    );
}

/** What a plan says. */
function inPlan(
  { outcome, stack }: StackPlan,
  before: ReadonlyMap<string, ResourceModel>,
  after: ReadonlyMap<string, ResourceModel>,
): readonly Finding[] {
  if (outcome.kind !== "planned") return [];
  const resources = plannedResources(outcome.plan);
  const standing = ({ resource: { address, change, type } }: PlannedResource, side: "before" | "after"): Standing => ({
    address,
    type,
    path: (side === "before" ? before : after).get(address)?.path,
    values: shownChange(change)[side],
  });
  const moves = moveProposals(
    resources
      .filter(({ action, resource }) => action === "delete" && statefulType(resource.type) !== undefined)
      .map((one) => standing(one, "before")),
    resources.filter(({ action }) => action === "create").map((one) => standing(one, "after")),
  );
  return resources.flatMap(({ action, resource }): Finding[] => {
    const { address, change, type } = resource;
    const { before: old, after: next } = shownChange(change);
    const facts = { stack, address, type };
    const found: Finding[] = [];
    const stateful = statefulType(type);
    if (stateful !== undefined && (action === "delete" || action === "replace" || action === "forget")) {
      const paths = change.replace_paths ?? [];
      const waits = action === "replace" ? decidedBy(outcome.speculation, address, paths) : [];
      found.push({
        ...facts,
        threat: action === "delete" ? "destroy" : action,
        certain: waits.length === 0,
        lost: stateful.lost,
        because: [
          ...paths.map((path) => `${pathText(path)} forces it`),
          ...(waits.length === 0 ? [] : [`decided after ${waits.join(", ")} is applied`]),
        ],
        free: stateful.free?.(old),
        move: moves.get(address),
      });
    }
    if (action === "update" || action === "replace") {
      found.push(...disarmed(facts, old, next));
    }
    return found;
  });
}

/**
 * What the synthesized JSON says beside the plan: `prevent_destroy`, which no plan tells; and all there is to say where nothing was
 * planned of it.
 */
function inSynthesis(
  { change, notPlanned, outcome, stack }: StackPlan,
  before: ReadonlyMap<string, ResourceModel>,
  after: ReadonlyMap<string, ResourceModel>,
  moves: ReadonlyMap<string, string>,
): readonly Finding[] {
  const refused = outcome.kind === "failed" ? outcome.errors.filter(isRefusal) : [];
  const unplanned = new Set(notPlanned.flatMap(({ addresses }) => addresses));
  const isPlanned = (address: string): boolean =>
    outcome.kind === "not affected" ? change !== "gone" : outcome.kind === "planned" && !unplanned.has(address);
  const movedFrom = new Set(moves.values());
  const gone = [...before.values()].flatMap(({ address, type }): Finding[] => {
    const stateful = statefulType(type);
    if (stateful === undefined || after.has(address) || movedFrom.has(address) || isPlanned(address)) return [];
    const because =
      change === "gone"
        ? "its stack is gone: nothing plans it, and nobody looks after it any more"
        : "it is no longer declared, and its stack was not planned";
    return [
      {
        stack,
        address,
        type,
        threat: change === "gone" ? "forget" : "destroy",
        certain: change === "gone",
        lost: stateful.lost,
        because: [because],
        free: stateful.free?.(configured(before.get(address)?.body ?? {})),
      },
    ];
  });
  const changed = [...after.values()].flatMap((resource): Finding[] => {
    const { address, type, body } = resource;
    const old = before.get(moves.get(address) ?? address) ?? before.get(address);
    const stateful = statefulType(type);
    if (old === undefined) return [];
    const facts = { stack, address, type };
    const prevented = ({ body: { lifecycle } }: ResourceModel): boolean =>
      isTrue(block({ lifecycle }, "lifecycle")["prevent_destroy"]);
    const taken: Finding[] =
      stateful !== undefined && prevented(old) && !prevented(resource)
        ? [
            {
              ...facts,
              threat: "disarm",
              certain: true,
              lost: stateful.lost,
              because: ["prevent_destroy is taken out: Terraform would no longer refuse to destroy it"],
            },
          ]
        : [];
    return isPlanned(address) ? taken : [...taken, ...disarmed(facts, configured(old.body), configured(body))];
  });
  const refusals = refused.flatMap(({ address = "", detail }): Finding[] => {
    const type = address.split(".")[0] ?? "";
    const lost = statefulType(type)?.lost ?? "what prevent_destroy stands before";
    const because = [`Terraform refuses to destroy it, so nothing was planned of the stack${reasonOf(detail)}`];
    return [{ stack, address, type, threat: "destroy", certain: true, lost, because }];
  });
  return [...refusals, ...gone, ...changed];
}

/** Terraform's detail is about the configuration; what helps is the first sentence. */
function reasonOf(detail: string): string {
  const [first = ""] = detail.split(". ");
  return first === "" ? "" : `: ${first}`;
}

function disarmed(
  facts: Pick<Finding, "address" | "stack" | "type">,
  before: Shown | undefined,
  after: Shown | undefined,
): readonly Finding[] {
  const rules = Object.hasOwn(DISARM_RULES, facts.type) ? (DISARM_RULES[facts.type] ?? []) : [];
  const found = rules.map((rule) => judgeRule(rule, before, after)).filter((one): one is Disarmed => one !== undefined);
  if (found.length === 0) return [];
  return [
    {
      ...facts,
      threat: "disarm",
      certain: found.some(({ certain }) => certain),
      lost: statefulType(facts.type)?.lost ?? "what it keeps",
      because: found.map(({ certain, text }) => (certain ? text : `may be: ${text}`)),
    },
  ];
}

/** What was pinned and is not any more, while it is still declared: the next commit could let it go without a word. */
function noLongerPinned(
  stack: string,
  { base, head }: { readonly base: Addresses; readonly head: Addresses },
  declared: ReadonlyMap<string, ResourceModel>,
): readonly Finding[] {
  const left = new Set(head[stack] ?? []);
  return (base[stack] ?? [])
    .filter((address) => !left.has(address) && declared.has(address))
    .map((address) => {
      const type = declared.get(address)?.type ?? "";
      const lost = statefulType(type)?.lost ?? "what it keeps";
      const because = ["it is taken out of the pinned addresses: the check would no longer miss it"];
      return { stack, address, type, threat: "disarm", certain: true, lost, because };
    });
}

/** One finding for each address and threat, with all that is known. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.address} ${finding.threat}`;
    const known = found.get(key);
    found.set(
      key,
      known === undefined
        ? finding
        : {
            ...known,
            certain: known.certain || finding.certain,
            because: [...new Set([...known.because, ...finding.because])],
          },
    );
  }
  return [...found.values()];
}
