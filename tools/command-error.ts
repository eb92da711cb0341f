import { closest } from "fastest-levenshtein";
import { ExplainedError, RefusedError } from "../config/explained-error";

/** A command that failed on its way: printed without a stack trace. */
export class CommandError extends ExplainedError {}

/** A fault of the words themselves: printed with the way to the usage. */
export class UsageError extends RefusedError {}

/** The way to the usage, with which every refusal of a command's words ends. */
export const USAGE_HINT = "(add --help for the usage)";

/** What is said of an argument that names nothing known. */
export function unknownArgument(argument: string, name: string, known: readonly string[]): UsageError {
  return new UsageError(
    `<${argument}> must be one of ${known.join(", ")}, got "${name}"; the nearest is "${closest(name, known)}"`,
  );
}

/**
 * Runs checks that do not need each other, and returns what they return.
 * @throws RefusedError naming every fault at once; a UsageError when all are of the words
 */
export function allOf<T extends readonly unknown[]>(...checks: { readonly [K in keyof T]: () => T[K] }): T {
  const faults: RefusedError[] = [];
  const values = checks.map((check) => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      faults.push(error);
      return undefined;
    }
  });
  const [first, ...others] = faults;
  if (first !== undefined) {
    if (others.length === 0) throw first;
    const text = faults.map(({ message }) => message).join("\n");
    throw faults.every((fault) => fault instanceof UsageError) ? new UsageError(text) : new RefusedError(text);
  }
  return values as unknown as T;
}
