import type { Command } from "./command";
import { unknownPlaceholders } from "./placeholders";

/**
 * One step of the runbook: prose, a command, or prose and commands in the order in which they are read. Prose names things in
 * backquotes, but holds no command: a command comes from the functions of `command.ts`.
 */
export type Step = string | Command | readonly (string | Command)[];

/** Programs that a code span of prose must not start with: such a span would be a command. */
const PROGRAMS =
  "aws|awslogs|cdktf|comm|curl|delv|dig|docker|duckdb|etcd-manager-ctl|export|for|gh|git|grep|helm|jq|kops|kubectl|npm|npx|openssl|pg_dump|psql|source|sudo|terraform|watch|whois";
const COMMAND_SPAN = new RegExp(`\`(?:[A-Za-z_]+=\\S+ )?(?:${PROGRAMS}) [^\`]+\``);
const BARE_COMMAND = new RegExp(`^(?:[A-Z_]+=\\S+ )?(?:${PROGRAMS}) .*(?:^|\\s)--?\\w`);

/** The parts of a step, in order. */
export function partsOf(step: Step): readonly (string | Command)[] {
  return typeof step === "string" || "command" in step ? [step] : step;
}

/** What is wrong with a step; empty when nothing is. */
export function stepProblems(step: Step): string[] {
  const parts = partsOf(step);
  if (parts.length === 0) return ["a step must say something, got none"];
  return parts.flatMap((part) => (typeof part === "string" ? proseProblems(part) : []));
}

/** What is wrong with prose; empty when nothing is. */
export function proseProblems(text: string): string[] {
  if (text.trim() === "" || /\bTODO\b/.test(text)) return [`every text must say something, got "${text}"`];
  const command = COMMAND_SPAN.exec(text)?.[0] ?? (BARE_COMMAND.test(text) ? text : undefined);
  return [
    ...(command === undefined ? [] : [`a command must come from a function of command.ts, got prose with ${command}`]),
    ...unknownPlaceholders(text).map((name) => `a placeholder must be a listed one, got <${name}>`),
  ];
}
