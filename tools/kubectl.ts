import { RefusedError } from "../config/explained-error";
import { ask, SilentProgramError } from "./ask";
import { CommandError } from "./command-error";
import { reach } from "./next-step";

/** A namespace of a cluster, as the person's kubectl knows it. */
export interface KubectlPlace {
  /** Name of the environment. */
  readonly environment: string;
  /** Short name of the cluster. */
  readonly cluster: string;
  /** Full name of the cluster, which is its context in kubectl. */
  readonly context: string;
  /** Namespace. */
  readonly namespace: string;
}

/** Limit of one request, and of a call with whatever signs in for it. */
const REQUEST_SECONDS = 10;
const CALL_MS = 30_000;

/**
 * Runs the person's kubectl on a cluster: it finds the kubeconfig and signs in as in every other command of the runbook.
 * @returns what it printed
 * @throws CommandError when it fails, with what helps
 */
export async function kubectl(place: KubectlPlace, words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const args = ["--context", place.context, `--request-timeout=${REQUEST_SECONDS}s`, ...words];
  const { exitCode, notStarted, stdout, stderr } = await ask("kubectl", args, { env, limit: CALL_MS }).catch(
    (error: unknown) => {
      if (!(error instanceof SilentProgramError)) throw error;
      throw new CommandError(fault(place, [`no answer within ${error.seconds} s`], env));
    },
  );
  if (exitCode === 0) return stdout;
  if (notStarted !== undefined) throw new RefusedError(MISSING);
  const lines = stderr.split("\n").filter((line) => line !== "" && !/^[EWI]\d{4} /.test(line));
  // What signs in has its say before kubectl has.
  throw new CommandError(fault(place, lines.slice(-4), env));
}

const MISSING = "kubectl must be on the PATH, got nothing. Install it: https://kubernetes.io/docs/tasks/tools/";

function fault(
  { environment, cluster, context }: KubectlPlace,
  lines: readonly string[],
  env: NodeJS.ProcessEnv,
): string {
  const words = [...new Set(lines)].join("; ");
  if (/context .* does not exist|no context exists/.test(words)) {
    return (
      `kubectl must have the context ${context}, got none of that name. ` +
      `Make it: npx opsdx kops kubeconfig ${environment} ${cluster} > ~/.kube/${context}; ` +
      `export KUBECONFIG=~/.kube/${context}:\${KUBECONFIG:-~/.kube/config}`
    );
  }
  return `${context}: ${words.replace(/[.?]$/, "")}${adviceOn(words, env).replace("<env>", environment)}`;
}

function adviceOn(words: string, env: NodeJS.ProcessEnv): string {
  if (/Forbidden/.test(words)) return ". Your role may not: npx opsdx people show says what each may";
  if (/Unauthorized|logged in|getting credentials/.test(words)) {
    return ". Sign in to AWS, as a role that the clusters know (npx opsdx people show): export AWS_PROFILE=opsdx-<env>-etl";
  }
  if (/Unable to connect|timeout|no answer|refused|no such host/i.test(words)) {
    return `. The API is internal. ${reach(env)}`;
  }
  return "";
}
