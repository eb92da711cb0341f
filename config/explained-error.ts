import { inspect } from "node:util";

/** With what a command ends; docs/exit-codes.md explains each. A signal ends one with 128 and its number. */
export const EXIT_CODES = {
  /** What was asked for is done, and what was checked holds. */
  done: 0,
  /** It failed on the way, or found what should not be. */
  failed: 1,
  /** It was refused before anything was changed. */
  refused: 2,
  /** An ETL's launcher was asked in order, and launched no new run. */
  notLaunched: 3,
} as const;

/**
 * An error whose message tells a person all there is to know: what is wrong, where, and what to do. It is printed without a trace,
 * which would only hide that. Anything else that is thrown is a mistake in this program, and keeps its trace.
 */
export class ExplainedError extends Error {
  /** With what the command ends that it stops: {@link EXIT_CODES}, or 128 and the number of a signal. */
  public readonly exitCode: number = EXIT_CODES.failed;

  /**
   * @param message - what is wrong, where, and what to do
   * @param options - `cause`: what led to it, shown with the trace
   */
  public constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Thrown before anything is changed: the words, the configuration, the machine or the account are not as the command needs them. */
export class RefusedError extends ExplainedError {
  /** {@link EXIT_CODES.refused}. */
  public override readonly exitCode = EXIT_CODES.refused;
}

/** What the system refuses because of the machine: no room, no right, no more open files. None of it is a mistake in this program. */
const MACHINE = /^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EMFILE|ENFILE|EIO)$/;

/**
 * What a command prints of an error: the message of an {@link ExplainedError}, and of what the machine refuses; with `OPSDX_DEBUG=1`
 * their trace; all of any other.
 */
export function errorText(error: unknown, env: NodeJS.ProcessEnv = process.env): string {
  if (env["OPSDX_DEBUG"] === "1") return inspect(error);
  if (error instanceof ExplainedError) return error.message;
  return machineText(error) ?? inspect(error);
}

function machineText(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", path } = error as NodeJS.ErrnoException;
  if (!MACHINE.test(code)) return undefined;
  const where = path === undefined || error.message.includes(path) ? "" : ` (${path})`;
  return `This machine refused it: ${error.message}${where}. Mend that, and run the same command again.`;
}

/** Prints an error that ends a command, and makes the exit code what the error says; a mistake in this program is a failure. */
export function reportError(error: unknown): void {
  console.error(errorText(error));
  process.exitCode = error instanceof ExplainedError ? error.exitCode : EXIT_CODES.failed;
}
