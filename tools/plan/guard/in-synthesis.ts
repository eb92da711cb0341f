import type { StackPlan } from "../stack-plan";
import { configured } from "./configured";
import { disarmed, KEEPS } from "./disarmed";
import { isRefusal, type Finding } from "./findings";
import { prevents, type Declared } from "./in-plan";
import { statefulType } from "./stateful";

/** A stack's synthesized resources of base and head, and where head moves things: the earlier address by the new one. */
export interface Synthesis {
  /** Of base. */
  readonly before: Declared;
  /** Of head. */
  readonly after: Declared;
  /** The earlier address, by the new one. */
  readonly moves: ReadonlyMap<string, string>;
}

/** What no plan tells: `prevent_destroy` that is taken out; and all there is to say of what was not planned. */
export function findInSynthesis(plan: StackPlan, synthesis: Synthesis): readonly Finding[] {
  const { notPlanned, outcome } = plan;
  const unplanned = new Set(notPlanned.flatMap(({ addresses }) => addresses));
  const isPlanned = (address: string): boolean => outcome.kind !== "failed" && !unplanned.has(address);
  return [
    ...refusals(plan),
    ...(plan.change === "gone" ? abandoned(plan, unplanned, synthesis) : vanished(plan, synthesis, isPlanned)),
    ...changed(plan, synthesis, isPlanned),
  ];
}

/** What Terraform refused to destroy, so that nothing was planned. */
function refusals({ outcome, stack }: StackPlan): readonly Finding[] {
  const errors = outcome.kind === "failed" ? outcome.errors.filter(isRefusal) : [];
  return errors.map(({ address = "" }): Finding => {
    const type = typeOf(address);
    const because = ["Terraform refuses to destroy it, so nothing was planned of its stack"];
    return { stack, address, type, threat: "destroy", certain: true, lost: statefulType(type)?.lost ?? KEEPS, because };
  });
}

/** What a stack leaves behind that the program has no more: its state tells. */
function abandoned({ stack }: StackPlan, left: ReadonlySet<string>, { before }: Synthesis): readonly Finding[] {
  return [...left].flatMap((address): readonly Finding[] => {
    const type = typeOf(address);
    const stateful = statefulType(type);
    if (stateful === undefined) return [];
    const because = ["its stack is gone: nothing plans it, and nobody looks after it any more"];
    const free = stateful.free?.(configured(before.get(address)?.body ?? {}));
    return [{ stack, address, type, threat: "forget", certain: true, lost: stateful.lost, because, free }];
  });
}

/** What is no longer declared in a stack that was not planned. */
function vanished(
  { stack }: StackPlan,
  { after, before, moves }: Synthesis,
  isPlanned: (address: string) => boolean,
): readonly Finding[] {
  const moved = new Set(moves.values());
  return [...before.values()].flatMap(({ address, body, type }): readonly Finding[] => {
    const stateful = statefulType(type);
    if (stateful === undefined || after.has(address) || moved.has(address) || isPlanned(address)) return [];
    const because = ["it is no longer declared, and was not planned"];
    const free = stateful.free?.(configured(body));
    return [{ stack, address, type, threat: "destroy", certain: false, lost: stateful.lost, because, free }];
  });
}

/** What stays, and is protected less. */
function changed(
  { stack }: StackPlan,
  { after, before, moves }: Synthesis,
  isPlanned: (address: string) => boolean,
): readonly Finding[] {
  return [...after.values()].flatMap((resource): readonly Finding[] => {
    const { address, body, type } = resource;
    const old = before.get(address) ?? before.get(moves.get(address) ?? "");
    if (old === undefined) return [];
    const facts = { stack, address, type };
    const because = ["prevent_destroy is taken out: Terraform would no longer refuse to destroy it"];
    const lost = statefulType(type)?.lost ?? KEEPS;
    return [
      ...(prevents(old) && !prevents(resource)
        ? [{ ...facts, threat: "disarm" as const, certain: true, lost, because }]
        : []),
      ...(isPlanned(address) ? [] : disarmed(facts, configured(old.body), configured(body))),
    ];
  });
}

function typeOf(address: string): string {
  return address.split(".")[0] ?? "";
}
