import { inspect } from "node:util";

/**
 * An error whose message tells a person all there is to know: what is wrong, where, and what to do. It is printed without a trace,
 * which would only hide that. Anything else that is thrown is a mistake in this program, and keeps its trace.
 */
export class ExplainedError extends Error {
  /**
   * @param message - what is wrong, where, and what to do
   * @param options - `cause`: what led to it, shown with the trace
   */
  public constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** What a command prints of an error: the message of an {@link ExplainedError}, with `OPSDX_DEBUG=1` its trace; all of any other. */
export function errorText(error: unknown, env: NodeJS.ProcessEnv = process.env): string {
  if (error instanceof ExplainedError && env["OPSDX_DEBUG"] !== "1") return error.message;
  return inspect(error);
}

/** Prints an error that ends a command, and makes the exit code 1. */
export function reportError(error: unknown): void {
  console.error(errorText(error));
  process.exitCode = 1;
}
