import { closest } from "fastest-levenshtein";
import { ExplainedError } from "../config/explained-error";

/** A fault of what a person asked for, or of where they asked: printed without a stack trace. */
export class CommandError extends ExplainedError {}

/** What is said of an argument that names nothing known. */
export function unknownArgument(argument: string, name: string, known: readonly string[]): CommandError {
  return new CommandError(
    `<${argument}> must be one of ${known.join(", ")}, got "${name}"; the nearest is "${closest(name, known)}"`,
  );
}

/**
 * Runs checks that do not need each other, and returns what they return.
 * @throws CommandError naming every fault at once
 */
export function allOf<T extends readonly unknown[]>(...checks: { readonly [K in keyof T]: () => T[K] }): T {
  const faults: string[] = [];
  const values = checks.map((check) => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      faults.push(error.message);
      return undefined;
    }
  });
  if (faults.length > 0) throw new CommandError(faults.join("\n"));
  return values as unknown as T;
}
