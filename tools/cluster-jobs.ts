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

interface Job {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
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
    const { status } = JSON.parse(await run("get", "job", name, "-o", "json")) as Job;
    const has = (type: string): boolean =>
      status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
    if (has("Complete")) return await log();
    if (has("Failed")) throw new CommandError(`${name} failed. It said:\n${await log()}`);
    await delay(pauseMs);
  }
  const look = `kubectl --context ${place.context} -n ${place.namespace} describe job,pods -l job-name=${name}`;
  throw new CommandError(`${name} has not ended within ${(looks * pauseMs) / 1000} s. What does it wait for? ${look}`);
}

interface TemplateContainer {
  readonly env?: readonly { readonly name: string }[];
}

/** A suspended CronJob, as far as a Job is made of it. */
export interface JobTemplate {
  /** What each Job is. */
  readonly spec: {
    readonly jobTemplate: {
      readonly metadata?: { readonly labels?: object };
      readonly spec: { readonly template: { readonly spec: { readonly containers: readonly TemplateContainer[] } } };
    };
  };
}

/**
 * A Job of a template. One that is told more than the template says is tried once: who began it decides about another try.
 * @throws CommandError when the template has no container
 */
export function jobOf(template: JobTemplate, name: string, variables: Readonly<Record<string, string>>) {
  const { metadata, spec } = template.spec.jobTemplate;
  const [container, ...others] = spec.template.spec.containers;
  if (container === undefined) throw new CommandError(`The template of ${name} has no container`);
  const more = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
  const kept = (container.env ?? []).filter((variable) => !Object.hasOwn(variables, variable.name));
  const containers = [{ ...container, env: [...kept, ...more] }, ...others];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: metadata?.labels },
    spec: {
      ...spec,
      ...(more.length > 0 && { backoffLimit: 0 }),
      template: { ...spec.template, spec: { ...spec.template.spec, containers } },
    },
  };
}
