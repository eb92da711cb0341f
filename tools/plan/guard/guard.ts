import type { Addresses } from "../../../stacks/stateful-addresses";
import { inOrder } from "../planned-action";
import type { StackPlan } from "../stack-plan";
import { synthesizedMoves, synthesizedResources, type SynthesizedStacks } from "../synthesized-resources";
import { KEEPS } from "./disarmed";
import type { Finding } from "./findings";
import { findInPlan, standingsIn, type Declared } from "./in-plan";
import { findInSynthesis } from "./in-synthesis";
import { moveProposals } from "./moved";
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
 * Everything stateful that would be destroyed, replaced, let go or disarmed, and whatever may be: an unknown is no promise, and what was
 * not planned is judged by what is synthesized of it. Sorted by stack and address; one finding for each threat to an address.
 */
export function findGuarded({ pinned, stacks, synthesized }: GuardInput): readonly Finding[] {
  const declared = stacks.map((plan) => ({
    plan,
    before: synthesizedResources(synthesized.base, plan.stack),
    after: synthesizedResources(synthesized.head, plan.stack),
  }));
  const standings = declared.map(({ after, before, plan }) => standingsIn(plan, before, after));
  const proposals = moveProposals(
    standings.flatMap(({ going }) => going),
    standings.flatMap(({ made }) => made),
  );
  return declared
    .flatMap(({ after, before, plan }) => {
      const moves = synthesizedMoves(synthesized.head, plan.stack);
      return merged([
        ...findInPlan(plan, after, proposals),
        ...findInSynthesis(plan, { before, after, moves }),
        ...noLongerPinned(plan.stack, pinned, after),
      ]);
    })
    .sort((one, other) => inOrder(keyOf(one), keyOf(other)));
}

/** What was pinned and is not any more, while it is still declared: the next commit could let it go without a word. */
function noLongerPinned(stack: string, pinned: GuardInput["pinned"], declared: Declared): readonly Finding[] {
  const left = new Set(pinned?.head[stack] ?? []);
  return (pinned?.base[stack] ?? []).flatMap((address): readonly Finding[] => {
    const type = declared.get(address)?.type;
    if (type === undefined || left.has(address)) return [];
    const because = ["it is taken out of the pinned addresses: the check would no longer miss it"];
    return [
      { stack, address, type, threat: "disarm", certain: true, lost: statefulType(type)?.lost ?? KEEPS, because },
    ];
  });
}

/** One finding for each threat to an address, with all that is known of it. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    const known = found.get(keyOf(finding));
    const because = [...new Set([...(known?.because ?? []), ...finding.because])];
    const certain = finding.certain || known?.certain === true;
    found.set(keyOf(finding), { ...finding, ...known, certain, because });
  }
  return [...found.values()];
}

function keyOf({ address, stack, threat }: Finding): string {
  return `${stack}:${address} ${threat}`;
}
