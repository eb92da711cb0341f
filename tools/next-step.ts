import { isNativeError } from "node:util/types";
import { cdktf } from "../constructs/shared/observability/command";

/** What a person does next, in the same words wherever a command names it. In a shell of the sandbox it is the sandbox's command. */

type Env = Readonly<NodeJS.ProcessEnv>;

const inSandbox = (env: Env): boolean => (env["OPSDX_SANDBOX"] ?? "") !== "";

/** The command that makes a stack what the configuration says. */
export function deployCommand(stack: string, env: Env = process.env): string {
  return inSandbox(env) ? `npx opsdx sandbox up ${stack}` : cdktf("deploy", stack).command;
}

/** The command that shows how a stack differs from the configuration. */
export function diffCommand(stack: string, env: Env = process.env): string {
  return inSandbox(env) ? `npx opsdx sandbox diff ${stack}` : cdktf("diff", stack).command;
}

/** How to get the right credentials. */
export function signIn(accountId: string): string {
  return `Sign in to account ${accountId} (\`aws sso login --profile <profile>\`, \`export AWS_PROFILE=<profile>\`)`;
}

/** What helps where nothing answers. */
export function reach(env: Env = process.env): string {
  return inSandbox(env)
    ? "Nothing answers. See what the sandbox does: npx opsdx sandbox status"
    : "Nothing answers. Is the network on, and the VPN? Then repeat the command";
}

/** Codes of Node.js for a name that is not known, and for an address at which nobody answers. */
const UNREACHED =
  /\b(ENOTFOUND|EAI_AGAIN|EAI_FAIL|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ESOCKETTIMEDOUT|EPIPE)\b/;

/** Whether an error says that nobody answered: no name, a refused connection, or a time that ran out. */
export function isUnreached(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (UNREACHED.test(`${code} ${error.message}`) || error.name === "TimeoutError") return true;
  // Node.js tries a host's addresses in turn, and throws what each attempt threw.
  if (error instanceof AggregateError && error.errors.some(isUnreached)) return true;
  return error.cause !== undefined && isUnreached(error.cause);
}

/** What an error says, in one line; several attempts' words where the error itself has none. */
export function errorWords(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const attempts = error instanceof AggregateError ? error.errors.map(errorWords).join("; ") : "";
  const words = message === "" ? attempts : message;
  return (words === "" ? name : `${name}: ${words}`).replace(/[.\s]+$/, "");
}
