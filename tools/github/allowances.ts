/** One destroy that a pull request allows. */
export interface Allowance {
  /** Address in Terraform, exactly. */
  readonly address: string;
  /** Stack that it stands in. @default - any; what a pull request's body allows always names one */
  readonly stack?: string;
  /** Why. */
  readonly reason: string;
}

/** What a pull request's body allows, and what in it reads like an allowance and is none. */
export interface AllowanceLines {
  /** What is allowed. */
  readonly allowances: readonly Allowance[];
  /** A sentence on each line that counts for nothing. */
  readonly refusals: readonly string[];
}

const KEYWORD = /^\s*(?:[-*+]\s+)?(`?)\s*allow-destroy\b(.*?)\1\s*$/i;
const NAME = "[A-Za-z_][\\w-]*";
/** `["a key"]` or `[0]`. */
const INDEX = '\\[(?:\\d+|"(?:[^"\\\\]|\\\\.)*")\\]';
const ALLOWANCE = new RegExp(
  `^:\\s*(?<stack>${NAME}):(?<address>(?:module\\.${NAME}(?:${INDEX})?\\.)*${NAME}\\.${NAME}(?:${INDEX})?)(?:\\s+(?<reason>.*))?$`,
);
/** A reason says something: letters of more than a word or two. */
const REASON = /(?:\p{L}.*){8}/u;

/** What GitHub shows nobody: an HTML comment, and what follows one that never ends. */
const HIDDEN = /<!--[\s\S]*?(?:-->|$)/g;

/** How a line must read. */
export const ALLOWANCE_FORM = "allow-destroy: <stack>:<address> <reason>";

/**
 * Reads the lines `allow-destroy: <stack>:<address> <reason>` of a pull request's body. What stands in an HTML comment is no allowance:
 * who approves does not see it.
 */
export function allowanceLines(body: string): AllowanceLines {
  const allowances: Allowance[] = [];
  const refusals: string[] = [];
  for (const line of body.replaceAll(HIDDEN, "").split(/\r?\n/)) {
    const said = KEYWORD.exec(line)?.[2];
    if (said === undefined) continue;
    const { stack, address, reason = "" } = ALLOWANCE.exec(said.trim())?.groups ?? {};
    const fault = `The line "${line.trim()}" allows nothing: `;
    if (stack === undefined || address === undefined) {
      refusals.push(`${fault}it must read \`${ALLOWANCE_FORM}\`, with the address exactly as the plan prints it.`);
    } else if (!REASON.test(reason)) {
      refusals.push(`${fault}after the address it must say why.`);
    } else {
      allowances.push({ stack, address, reason: reason.trim() });
    }
  }
  return { allowances, refusals };
}
