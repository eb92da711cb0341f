import type { z } from "zod";

/** One broken rule: where, what must hold, what stands there, and what would do instead. */
export interface Fault {
  /** Path of the value below the checked object. */
  readonly path: readonly PropertyKey[];
  /** What must hold, as the rest of a sentence that starts with the value's name. */
  readonly rule: string;
  /** The value as it stands. */
  readonly received: unknown;
  /** A value that may do instead; it is offered only where it holds. @default - no single one */
  readonly nearest?: unknown;
  /** What is wrong is the name that the path ends with: `nearest` is another name. @default false */
  readonly isName?: boolean;
}

/** A rule between settings; finds its faults in an object that may hold anything. */
export type Rule = (input: unknown) => readonly Fault[];

/**
 * A rule between settings. It states the parts that it needs as a schema, and is checked when they are valid, whatever else is
 * wrong: zod's own refinements of an object stay silent as soon as any of its members is wrong.
 *
 * @param needs - schema of the parts, with `z.object` around them so that others are passed over
 * @param check - yields the faults
 */
export function rule<N extends z.ZodType>(needs: N, check: (parts: z.output<N>) => Iterable<Fault>): Rule {
  return (input) => {
    const parts = needs.safeParse(input);
    return parts.success ? [...check(parts.data)] : [];
  };
}

/** An entry by a name that somebody wrote: never what every object inherits, such as `constructor`. */
export function own<T>(entries: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** A part that a rule can do without: undefined when it is missing or wrong, which the schema itself reports. */
export function valid<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}
