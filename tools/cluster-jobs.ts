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
