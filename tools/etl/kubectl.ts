import { ETL_LABEL } from "../../lambdas/etl-launcher/job";
import { describeJob, type EtlJob, type Jobs, type RawJob } from "./jobs";
import { kubectl } from "../kubectl";
import type { JobPlace } from "./target";

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

  private run(place: JobPlace, verb: "get" | "delete", path: string): Promise<string> {
    return kubectl(place, [verb, "--raw", path], this.env);
  }
}

function pathOf({ namespace }: JobPlace): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}
