import { closest } from "fastest-levenshtein";
import { ExplainedError } from "../config/explained-error";

/** A fault of what a person asked for, or of where they asked: printed without a stack trace. */
export class CommandError extends ExplainedError {}

/** A fault of the words themselves, which are refused before anything is done: printed with the way to the usage. */
export class UsageError extends CommandError {}

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
 * @throws CommandError naming every fault at once
 */
export function allOf<T extends readonly unknown[]>(...checks: { readonly [K in keyof T]: () => T[K] }): T {
  const faults: CommandError[] = [];
  const values = checks.map((check) => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      faults.push(error);
      return undefined;
    }
  });
  if (faults.length > 0) {
    const text = faults.map(({ message }) => message).join("\n");
    throw faults.every((fault) => fault instanceof UsageError) ? new UsageError(text) : new CommandError(text);
  }
  return values as unknown as T;
}
