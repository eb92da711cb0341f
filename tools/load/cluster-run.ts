import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { AROUND_SECONDS } from "../../constructs/stage3/load/job";
import { jobName, LOAD, PREFIX, RUN_VARIABLES, TEMPLATE } from "../../constructs/stage3/load/names";
import { STOP_SECONDS } from "../../constructs/stage3/load/scripts";
import { createJob, lookAtJob, toldJob, type JobTemplate } from "../cluster-jobs";
import type { ExerciseStore } from "../exercise/store";
import { kubectl, type KubectlPlace } from "../kubectl";
import type { Watch } from "../wall-clock";
import type { Report, Run } from "./run";

/** What a run as a Job is made from. */
export interface ClusterRunProps {
  /** The environment. */
  readonly environment: EnvironmentConfig;
  /** Its profile. */
  readonly profile: string;
  /** Seconds of its stages. */
  readonly seconds: number;
  /** Name of the run. */
  readonly run: string;
  /** Where its reports come to. */
  readonly store: ExerciseStore;
  /** The clock. */
  readonly watch: Pick<Watch, "now" | "sleep">;
  /** Environment of kubectl. */
  readonly env: NodeJS.ProcessEnv;
}

/** The Job that the template becomes for a run: both containers are told which, and it has no more time than its profile needs. */
export function runJob(
  template: JobTemplate,
  { profile, run, seconds }: Pick<ClusterRunProps, "profile" | "run" | "seconds">,
) {
  const job = toldJob(template, jobName(run), { [RUN_VARIABLES.profile]: profile, [RUN_VARIABLES.run]: run });
  return { ...job, spec: { ...job.spec, activeDeadlineSeconds: seconds + AROUND_SECONDS } };
}

/** Starts a run on the cluster, of its template. */
export async function startJob(props: ClusterRunProps): Promise<Run> {
  const { env, environment, run, store, watch } = props;
  const context = clusterFullName(environment, "k8s");
  const place: KubectlPlace = { environment: environment.name, cluster: "k8s", context, namespace: LOAD };
  const ask = (...words: readonly string[]): Promise<string> => kubectl(place, words, env);
  const job = await createJob(place, TEMPLATE, (template) => runJob(template, props), env);
  let stopped = false;
  const remove = async (): Promise<void> => {
    await ask("-n", LOAD, "delete", "job", job, "--ignore-not-found", "--wait=false");
  };
  return {
    ended: async () => stopped || (await lookAtJob(place, job, env)) !== undefined,
    // Its pod gets a signal, ends in order, and its reports come to the bucket.
    stop: async () => {
      stopped = true;
      await remove();
    },
    report: async (): Promise<Report> => {
      const prefix = `${PREFIX}${run}/`;
      const until = watch.now() + 3 * STOP_SECONDS * 1000;
      while (watch.now() < until && !(await store.list(prefix)).includes(`${prefix}summary.json`)) {
        await watch.sleep(3_000);
      }
      const summary = await store.read(`${prefix}summary.json`);
      const said = stopped
        ? ""
        : await ask("-n", LOAD, "logs", `job/${job}`, "-c", "locust", "--tail=20").catch(String);
      // The rest is in the bucket already.
      return { files: summary === undefined ? {} : { "summary.json": Buffer.from(summary.text) }, said, kept: true };
    },
    // One that has ended goes by itself, days later: somebody may want to look at it.
    clean: (finished) => (finished ? Promise.resolve() : remove()),
  };
}
