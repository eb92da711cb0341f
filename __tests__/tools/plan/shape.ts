import { isDeepStrictEqual } from "node:util";
import type { Change, TerraformPlan } from "../../../tools/plan/terraform-plan";
import { anyMarked } from "../../../tools/plan/unknowns";

/** What a plan changes, by address. */
export type Changes = ReadonlyMap<string, Change>;

/** The changes of a plan: what it reads, and what stays, is none. */
export function changesOf({ resource_changes: changes = [] }: TerraformPlan): Changes {
  const real = changes.filter(({ change: { actions } }) => !["no-op", "read"].includes(actions.join()));
  return new Map(real.map(({ address, change }) => [address, change]));
}

/** What a fresh plan does otherwise than a speculative one said: other addresses, actions, reasons to replace, or values where one was known. */
export function surprises(speculative: Changes, fresh: Changes): readonly string[] {
  return [...new Set([...speculative.keys(), ...fresh.keys()])].filter((address) => {
    const [before, now] = [speculative.get(address), fresh.get(address)];
    if (before === undefined || now === undefined) return true;
    return (
      !isDeepStrictEqual(before.actions, now.actions) ||
      !isDeepStrictEqual(before.replace_paths, now.replace_paths) ||
      !fits(before.after, before.after_unknown, now.after)
    );
  });
}

/** Whether a value is the planned one, with anything in place of what was unknown in it. */
function fits(planned: unknown, unknown: unknown, now: unknown): boolean {
  if (unknown === true) return true;
  if (!anyMarked(unknown)) return isDeepStrictEqual(planned ?? null, now ?? null);
  const part = (of: unknown, key: string): unknown =>
    (of as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  const keys = new Set([planned, unknown, now].flatMap((one) => Object.keys(one ?? {})));
  return [...keys].every((key) => fits(part(planned, key), part(unknown, key), part(now, key)));
}
