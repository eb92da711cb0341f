import { EXIT_CODES } from "../../config/explained-error";
import { stackName } from "../../config/names";
import { literalSecrets } from "../../config/schema/workload";
import { checkEvent, type LaunchEvent } from "../../lambdas/etl-launcher/event";
import { LaunchFailure, type FailureReason } from "../../lambdas/etl-launcher/failure";
import type { LaunchResult, Outcome } from "../../lambdas/etl-launcher/launch";
import type { Connection } from "./connection";
import { isoOf, minuteOf } from "./moments";
import { CommandError, UsageError } from "../command-error";
import { deployCommand, diffCommand } from "../next-step";
import type { Range } from "./range-argument";
import type { EtlTarget } from "./target";

/** What a person asks a launcher for. */
export interface LaunchRequest {
  /** The slot, in milliseconds. */
  readonly slot: number;
  /** The range to load. @default - what the ETL itself chooses */
  readonly range?: Range;
  /** More variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Reads `NAME=value` options.
 * @throws UsageError naming every one that has no name, or a name that was given before
 */
export function parseVariables(options: readonly string[] = []): Record<string, string> {
  const variables = new Map<string, string>();
  const faults: string[] = [];
  for (const option of options) {
    const [name = "", ...value] = option.split("=");
    // The value may be a secret that does not belong here, so it is not repeated.
    if (name === "" || value.length === 0) faults.push(`--env must be NAME=value, got "${name}"`);
    else if (variables.has(name)) faults.push(`--env ${name} must be given once`);
    else variables.set(name, value.join("="));
  }
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
  return Object.fromEntries(variables);
}

/**
 * The event of a launch, checked as the launcher itself checks it.
 * @throws UsageError naming everything that the launcher would refuse, and secrets, which it could not see
 */
export function launchEvent(
  { environment, etl, config }: EtlTarget,
  { slot, range, variables }: LaunchRequest,
): LaunchEvent {
  const notSecret = config.notSecret.filter((name) => Object.hasOwn(variables, name));
  const faults = [...literalSecrets([], { env: variables, notSecret })].map(
    ({ path }) =>
      `--env ${String(path.at(-1))} must not be a secret: put it under etls.${etl}.secrets of config/environments/${environment.name}.ts`,
  );
  for (const name of Object.keys(variables).filter((variable) => Object.hasOwn(config.secrets, variable))) {
    faults.push(`--env ${name} must not replace a secret of etls.${etl}.secrets`);
  }
  const event: LaunchEvent = {
    etl,
    scheduledTime: minuteOf(slot),
    ...(range !== undefined && { from: isoOf(range.from), to: isoOf(range.to) }),
    ...(Object.keys(variables).length > 0 && { env: variables }),
  };
  try {
    checkEvent(event);
  } catch (error) {
    if (!(error instanceof LaunchFailure)) throw error;
    faults.unshift(...error.message.split("; ").map((problem) => problem.replace(/^env\./, "--env ")));
  }
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
  return event;
}

/**
 * Asks the launcher.
 * @throws CommandError with the launcher's reason and what helps, when it failed
 */
export async function performLaunch(
  { launchers }: Connection,
  target: EtlTarget,
  event: LaunchEvent,
): Promise<LaunchResult> {
  const { environment, etl, names } = target;
  const { functionName } = names;
  const answer = await launchers.invoke(functionName, event);
  if ("result" in answer) return answer.result;
  const { reason, message } = answer.failure;
  throw new CommandError(
    `The launcher ${functionName} failed: ${reason}: ${message}\n${adviceOn(reason, environment.name)}\n` +
      `Nobody repeats this launch but you. Its log: npx opsdx etl logs ${environment.name} ${etl} --launcher --since 10m`,
  );
}

const DEPLOY = "<deploy>";
const AGAIN = "Repeat the command; it is safe.";

/** What helps against each failure. */
const ADVICE: Readonly<Record<FailureReason, string>> = {
  InvalidEvent: "Correct what it names.",
  Misconfigured: `The function's settings are incomplete. Deploy it again: ${DEPLOY}`,
  TemplateMissing: `The suspended CronJob is not on the cluster. Is \`image\` set in config/environments/<env>.ts? Then: ${DEPLOY}`,
  Forbidden: `The launcher's role or its binding in the namespace was changed. See: <diff>; mend: ${DEPLOY}`,
  Unauthorized:
    "The cluster does not know the launcher's role: it is derived from where the ETLs run, and the payload must be rendered and rolled out since (npx opsdx kops status <env>).",
  QuotaExceeded:
    "The namespace's quota is used up: kubectl describe resourcequota. Repeat the command when runs have ended.",
  QuotaConflict: AGAIN,
  Terminating:
    "The slot's earlier Job is still being deleted. Repeat the command when it is gone; `etl rerun` waits for it.",
  Throttled: `The cluster's API has too much to do. ${AGAIN}`,
  ServerError: `The cluster's API has a fault: see the runbook's chapter of the cluster. ${AGAIN}`,
  Timeout: `The cluster's API was too slow. ${AGAIN} If it stays: the runbook's chapter of the cluster.`,
  Unreachable:
    "The function does not reach the cluster's API: see the runbook's chapter of the cluster, and the security groups.",
  Untrusted: `The cluster's certificate authority is another than the function's. Render and deploy again: npx opsdx kops status <env>, ${DEPLOY}`,
  Rejected: "The cluster refuses the Job as invalid. What was deployed last?",
  UnexpectedResponse: "Something between the function and the cluster's API answered in its place.",
  Unexpected: "A defect of the launcher: its log has the stack.",
};

function adviceOn(reason: string, environment: string): string {
  const stack = stackName(environment, "stage3");
  return generalAdvice(reason)
    .replaceAll("<deploy>", deployCommand(stack))
    .replaceAll("<diff>", diffCommand(stack))
    .replaceAll("<env>", environment);
}

function generalAdvice(reason: string): string {
  if (Object.hasOwn(ADVICE, reason)) return ADVICE[reason as FailureReason];
  if (/Timed?out/i.test(reason)) return `The function itself took too long. ${AGAIN}`;
  return "The function itself failed. What was deployed last? <diff>";
}

/** Whoever scripts a launch wants to know whether there is a new run. */
const CODES: Readonly<Record<Outcome, number>> = {
  Launched: EXIT_CODES.done,
  Skipped: EXIT_CODES.notLaunched,
  Duplicate: EXIT_CODES.notLaunched,
};

/** How a launch that ended well is told. */
export function outcomeOf(
  target: EtlTarget,
  { outcome, job, slot, running }: LaunchResult,
): { text: string; exitCode: number } {
  const { environment, etl, place } = target;
  const own = `npx opsdx etl`;
  const texts: Readonly<Record<Outcome, readonly string[]>> = {
    Launched: [
      `Launched: ${job}`,
      "Follow it:",
      `  ${own} logs ${environment.name} ${etl} --since 5m --follow`,
      `  kubectl --context ${place.context} -n ${place.namespace} get pods -l job-name=${job} -w`,
    ],
    Skipped: [
      `Skipped: ${job} was not launched, because ${running ?? "another run"} is on its way; ${etl} runs once at a time.`,
      `Wait for it (${own} status ${environment.name} ${etl}), or kill it (${own} stop ${environment.name} ${etl}), then repeat the command.`,
    ],
    Duplicate: [
      `Duplicate: the slot has its Job already: ${job}. Nothing was launched.`,
      `How it is: ${own} status ${environment.name} ${etl}. Once more: ${own} rerun ${environment.name} ${etl} ${slot}`,
    ],
  };
  return { text: texts[outcome].join("\n"), exitCode: CODES[outcome] };
}
