import { RefusedError } from "../../config/explained-error";
import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { AROUND_SECONDS } from "../../constructs/stage3/load/job";
import { jobName, LOAD, PREFIX, RUN_VARIABLES, TEMPLATE } from "../../constructs/stage3/load/names";
import { STOP_SECONDS } from "../../constructs/stage3/load/scripts";
import { createJob, jobEnd, toldJob, type JobTemplate } from "../cluster-jobs";
import { CommandError } from "../command-error";
import type { ExerciseStore } from "../exercise/store";
import { kubectl, type KubectlPlace } from "../kubectl";
import type { Watch } from "../wall-clock";
import type { Report, Run, Standing } from "./run";

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
  /** The clock, and whom to tell. */
  readonly watch: Watch;
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

/** Seconds that an end takes at most: what is under way, reports, and their way into the bucket. */
const END_SECONDS = 3 * STOP_SECONDS;

/**
 * Starts a run on the cluster, of its template. Where the cluster may have taken the Job and its answer was lost, the Job is looked for.
 * @throws CommandError when there is no Job
 */
export async function startJob(props: ClusterRunProps): Promise<Run> {
  const { env, environment, run, store, watch } = props;
  const context = clusterFullName(environment, "k8s");
  const place: KubectlPlace = { environment: environment.name, cluster: "k8s", context, namespace: LOAD };
  const ask = (...words: readonly string[]): Promise<string> => kubectl(place, ["-n", LOAD, ...words], env);
  const name = jobName(run);
  const job = (): Promise<string> => ask("get", "job", name, "--ignore-not-found", "-o", "json");
  const pods = (): Promise<string> => ask("get", "pods", "-l", `job-name=${name}`, "-o", "json");
  let sent = false;
  const make = (template: JobTemplate): ReturnType<typeof runJob> => {
    sent = true;
    return runJob(template, props);
  };
  await createJob(place, TEMPLATE, make, env).catch(async (error: unknown) => {
    if (!sent || error instanceof RefusedError || !(error instanceof CommandError)) throw error;
    // Where this cannot be told either, it is taken for one that goes on: whoever follows it looks again.
    if ((await job().catch(() => "unknown")) === "") throw error;
    watch.say(`The cluster did not say that it took the run, and may have: ${error.message}`);
  });
  let stopped = false;
  const look = async (): Promise<Standing> => {
    const [jobText, podsText] = await Promise.all([job(), pods()]);
    // One that is taken away has ended with its pod, which has a minute for its reports.
    return jobText === "" ? { ended: podsOf(podsText).length === 0 } : standingOf(jobText, podsText);
  };
  const remove = async (): Promise<void> => {
    await ask("delete", "job", name, "--ignore-not-found", "--wait=false");
  };
  return {
    look,
    // Its pod gets a signal, ends in order, and its reports come to the bucket.
    stop: async () => {
      await remove();
      stopped = true;
    },
    report: async (): Promise<Report> => {
      const prefix = `${PREFIX}${run}/`;
      const until = watch.now() + END_SECONDS * 1000;
      while (watch.now() < until && !(await store.list(prefix)).includes(`${prefix}summary.json`)) {
        await watch.sleep(3_000);
      }
      const summary = await store.read(`${prefix}summary.json`);
      const said = stopped ? "" : await ask("logs", `job/${name}`, "-c", "locust", "--tail=20").catch(String);
      // The rest is in the bucket already.
      return { files: summary === undefined ? {} : { "summary.json": Buffer.from(summary.text) }, said, kept: true };
    },
    // One that has ended goes by itself, days later: somebody may want to look at it.
    clean: async (finished) => {
      if (finished) return;
      await remove();
      const until = watch.now() + END_SECONDS * 1000;
      while (watch.now() < until) {
        if ((await look()).ended) return;
        await watch.sleep(3_000);
      }
      throw new CommandError(`the pod of ${name} is still there ${END_SECONDS} seconds after it was deleted`);
    },
  };
}

interface Pod {
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason?: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
    }[];
  };
}

const podsOf = (text: string): readonly Pod[] => (JSON.parse(text) as { readonly items: readonly Pod[] }).items;

/** How a run stands by its Job and its pods, both as JSON: load begins when each container has. */
export function standingOf(job: string, pods: string): Standing {
  if (jobEnd(job) !== undefined) return { ended: true };
  const [pod] = podsOf(pods);
  if (pod === undefined) return { ended: false, waits: "it has no pod" };
  const { conditions = [], containerStatuses = [] } = pod.status ?? {};
  const words = ({ message = "", reason = "" }: { readonly message?: string; readonly reason?: string }): string =>
    [reason, message]
      .filter((part) => part !== "")
      .join(": ")
      .replaceAll(/\s+/g, " ")
      .slice(0, 300);
  const waiting = containerStatuses.flatMap(({ name, state }) =>
    state?.waiting === undefined ? [] : [`${name}: ${words(state.waiting)}`],
  );
  if (waiting.length > 0) return { ended: false, waits: waiting.join("; ") };
  if (containerStatuses.length > 0) return { ended: false };
  const unmet = conditions.filter(({ reason, status }) => status === "False" && reason !== undefined).map(words);
  return { ended: false, waits: unmet.join("; ") || "its pod has not begun" };
}
