import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "./command-error";
import { kubectl, type KubectlPlace } from "./kubectl";

/** What {@link runTemplate} is given besides the template. */
export interface JobSurroundings {
  /** Environment of kubectl. */
  readonly env: NodeJS.ProcessEnv;
  /** What makes the Job's name one of its own. */
  readonly suffix: string;
  /** Milliseconds between two looks at the Job. @default 2000 */
  readonly pauseMs?: number;
  /** Looks until it is given up. @default 150 */
  readonly looks?: number;
  /** Lines that it may say. @default 200 */
  readonly lines?: number;
}

/** How a Job ended. */
export type JobEnd = "Complete" | "Failed";

interface Job {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** How a Job ended; undefined while it has not. @param job - as JSON */
export function jobEnd(job: string): JobEnd | undefined {
  const { conditions = [] } = (JSON.parse(job) as Job).status ?? {};
  return (["Complete", "Failed"] as const).find((end) =>
    conditions.some(({ status, type }) => type === end && status === "True"),
  );
}

/**
 * Makes a Job of a CronJob, and waits for its end.
 * @returns what the Job said
 * @throws CommandError when it failed, or does not end
 */
export async function runTemplate(
  place: KubectlPlace,
  template: string,
  { env, lines = 200, looks = 150, pauseMs = 2000, suffix }: JobSurroundings,
): Promise<string> {
  const name = `${template}-${suffix}`;
  const run = (...args: readonly string[]): Promise<string> => kubectl(place, ["-n", place.namespace, ...args], env);
  await run("create", "job", name, `--from=cronjob/${template}`);
  const log = async (): Promise<string> => (await run("logs", `job/${name}`, `--tail=${lines}`)).trimEnd();
  for (let look = 0; look < looks; look += 1) {
    const end = jobEnd(await run("get", "job", name, "-o", "json"));
    if (end === "Complete") return await log();
    if (end === "Failed") throw new CommandError(`${name} failed. It said:\n${await log()}`);
    await delay(pauseMs);
  }
  const look = `kubectl --context ${place.context} -n ${place.namespace} describe job,pods -l job-name=${name}`;
  throw new CommandError(`${name} has not ended within ${(looks * pauseMs) / 1000} s. What does it wait for? ${look}`);
}

interface TemplateContainer {
  readonly name?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** A suspended CronJob, as far as a Job is made of it. */
export interface JobTemplate {
  /** What each Job is. */
  readonly spec: {
    readonly jobTemplate: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec: {
        readonly template: {
          readonly spec: {
            readonly containers: readonly TemplateContainer[];
            readonly initContainers?: readonly TemplateContainer[];
          };
        };
      };
    };
  };
}

/**
 * A Job of a template, each of whose containers is told more than the template says.
 * @throws CommandError when the template has no container
 */
export function toldJob(template: JobTemplate, name: string, variables: Readonly<Record<string, string>>) {
  const { metadata, spec } = template.spec.jobTemplate;
  const pod = spec.template.spec;
  if (pod.containers.length === 0) throw new CommandError(`The template of ${name} has no container`);
  const more = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
  const tell = (containers: readonly TemplateContainer[]) =>
    containers.map((container) => {
      const kept = (container.env ?? []).filter((variable) => !Object.hasOwn(variables, variable.name));
      return { ...container, env: [...kept, ...more] };
    });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: metadata?.labels },
    spec: {
      ...spec,
      template: {
        ...spec.template,
        spec: {
          ...pod,
          ...(pod.initContainers !== undefined && { initContainers: tell(pod.initContainers) }),
          containers: tell(pod.containers),
        },
      },
    },
  };
}

/**
 * A Job of a template. One that is told more than the template says is tried once: who began it decides about another try.
 * @throws CommandError when the template has no container
 */
export function jobOf(template: JobTemplate, name: string, variables: Readonly<Record<string, string>>) {
  const job = toldJob(template, name, variables);
  return Object.keys(variables).length === 0 ? job : { ...job, spec: { ...job.spec, backoffLimit: 0 } };
}

/**
 * Makes a Job of a CronJob, as the given function wants it.
 * @returns its name
 * @throws CommandError when the cluster refuses it, or has a Job of that name
 */
export async function createJob(
  place: KubectlPlace,
  template: string,
  make: (template: JobTemplate) => { readonly metadata: { readonly name: string } },
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const text = await kubectl(place, ["get", "--raw", `${batchPath(place, "cronjobs")}/${template}`], env);
  const job = make(JSON.parse(text) as JobTemplate);
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-job-"));
  try {
    const file = path.join(folder, "job.json");
    writeFileSync(file, JSON.stringify(job));
    await kubectl(place, ["create", "--raw", batchPath(place, "jobs"), "-f", file], env);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return job.metadata.name;
}

/** How a Job ended; undefined while it has not. */
export async function lookAtJob(place: KubectlPlace, job: string, env: NodeJS.ProcessEnv): Promise<JobEnd | undefined> {
  return jobEnd(await kubectl(place, ["get", "--raw", `${batchPath(place, "jobs")}/${job}`], env));
}

const batchPath = ({ namespace }: KubectlPlace, kind: string): string =>
  `/apis/batch/v1/namespaces/${namespace}/${kind}`;
