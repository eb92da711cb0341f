import type { Speculation } from "./stack-plan";
import type { ValuePath } from "./shown-value";

/**
 * The stacks that decide a replacement: where every attribute that forces it waits for another stack. None where one forces it already,
 * or where Terraform does not say what does.
 */
export function decidedBy(
  speculation: Speculation | undefined,
  address: string,
  forcing: readonly ValuePath[],
): readonly string[] {
  const { waiting = {} } = speculation ?? {};
  const attributes = Object.hasOwn(waiting, address) ? (waiting[address] ?? {}) : {};
  const stacks = forcing.map(([name]) => {
    const attribute = String(name);
    return Object.hasOwn(attributes, attribute) ? (attributes[attribute] ?? []) : [];
  });
  return stacks.some((some) => some.length === 0) ? [] : [...new Set(stacks.flat())].sort();
}
