import { RefusedError } from "../../config/explained-error";
import { ETL_LABEL } from "../../lambdas/etl-launcher/job";
import { describeJob, type EtlJob, type Jobs, type RawJob } from "./jobs";
import { ask, SilentProgramError } from "../ask";
import { CommandError } from "../command-error";
import { reach } from "../next-step";
import type { JobPlace } from "./target";

/** Limit of one request, and of a call with whatever signs in for it. */
const REQUEST_SECONDS = 10;
const CALL_MS = 30_000;

/**
 * The clusters' Jobs by the person's kubectl: it finds the kubeconfig and signs in as in every other command of the runbook.
 * Requests are raw, so that kubectl does not ask a cluster first what kinds of objects it knows.
 */
export class KubectlJobs implements Jobs {
  public constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** See {@link Jobs.list}. */
  public async list(place: JobPlace): Promise<readonly EtlJob[]> {
    const now = Date.now();
    const text = await this.run(place, "get", `${pathOf(place)}?labelSelector=${ETL_LABEL}`);
    const { items } = JSON.parse(text) as { readonly items: readonly RawJob[] };
    return items.map((job) => describeJob(job, now)).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** See {@link Jobs.remove}. */
  public async remove(place: JobPlace, { name, uid }: EtlJob): Promise<void> {
    // In the foreground the Job is there until its pods are gone, so a new one never runs beside them. The uid spares a Job
    // that somebody has put in its place: https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/conversion.go
    const query = new URLSearchParams({ propagationPolicy: "Foreground", uid });
    await this.run(place, "delete", `${pathOf(place)}/${name}?${query.toString()}`);
  }

  private async run(place: JobPlace, verb: "get" | "delete", path: string): Promise<string> {
    const args = ["--context", place.context, `--request-timeout=${REQUEST_SECONDS}s`, verb, "--raw", path];
    const { exitCode, notStarted, stdout, stderr } = await ask("kubectl", args, {
      env: this.env,
      limit: CALL_MS,
    }).catch((error: unknown) => {
      if (!(error instanceof SilentProgramError)) throw error;
      throw new CommandError(fault(place, [`no answer within ${error.seconds} s`], this.env));
    });
    if (exitCode === 0) return stdout;
    if (notStarted !== undefined) throw new RefusedError(MISSING);
    const lines = stderr.split("\n").filter((line) => line !== "" && !/^[EWI]\d{4} /.test(line));
    // What signs in has its say before kubectl has.
    throw new CommandError(fault(place, lines.slice(-4), this.env));
  }
}

const MISSING = "kubectl must be on the PATH, got nothing. Install it: https://kubernetes.io/docs/tasks/tools/";

function pathOf({ namespace }: JobPlace): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}

function fault({ environment, cluster, context }: JobPlace, lines: readonly string[], env: NodeJS.ProcessEnv): string {
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
