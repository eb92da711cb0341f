import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { AROUND_SECONDS } from "../../constructs/stage3/load/job";
import { jobName, LOAD, PREFIX, RUN_VARIABLES, TEMPLATE } from "../../constructs/stage3/load/names";
import { STOP_SECONDS } from "../../constructs/stage3/load/scripts";
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

interface Container {
  readonly name: string;
  readonly env?: readonly object[];
}
interface Template {
  readonly spec: {
    readonly jobTemplate: {
      readonly metadata?: { readonly labels?: object };
      readonly spec: {
        readonly template: { readonly spec: { readonly containers: readonly Container[] } };
      };
    };
  };
}

/** The Job that the template becomes for a run: both containers are told which, and it has no more time than its profile needs. */
export function runJob(
  template: Template,
  { profile, run, seconds }: Pick<ClusterRunProps, "profile" | "run" | "seconds">,
) {
  const { metadata, spec } = template.spec.jobTemplate;
  const told = [
    { name: RUN_VARIABLES.profile, value: profile },
    { name: RUN_VARIABLES.run, value: run },
  ];
  const containers = spec.template.spec.containers.map((one) => ({ ...one, env: [...(one.env ?? []), ...told] }));
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: jobName(run), labels: metadata?.labels },
    spec: {
      ...spec,
      activeDeadlineSeconds: seconds + AROUND_SECONDS,
      template: { ...spec.template, spec: { ...spec.template.spec, containers } },
    },
  };
}

const batch = (kind: string): string => `/apis/batch/v1/namespaces/${LOAD}/${kind}`;

/** Starts a run on the cluster, of its template. */
export async function startJob(props: ClusterRunProps): Promise<Run> {
  const { env, environment, run, store, watch } = props;
  const context = clusterFullName(environment, "k8s");
  const place: KubectlPlace = { environment: environment.name, cluster: "k8s", context, namespace: LOAD };
  const ask = (...words: readonly string[]): Promise<string> => kubectl(place, words, env);
  const template = JSON.parse(await ask("get", "--raw", `${batch("cronjobs")}/${TEMPLATE}`)) as Template;
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-load-"));
  try {
    const file = path.join(folder, "job.json");
    writeFileSync(file, JSON.stringify(runJob(template, props)));
    await ask("create", "--raw", batch("jobs"), "-f", file);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const job = jobName(run);
  let stopped = false;
  const remove = async (): Promise<void> => {
    await ask("-n", LOAD, "delete", "job", job, "--ignore-not-found", "--wait=false");
  };
  return {
    ended: async () => {
      if (stopped) return true;
      const { status } = JSON.parse(await ask("get", "--raw", `${batch("jobs")}/${job}`)) as {
        readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
      };
      const ends = ["Complete", "Failed"];
      return status?.conditions?.some(({ status: value, type }) => value === "True" && ends.includes(type)) ?? false;
    },
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
