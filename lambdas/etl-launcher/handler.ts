import { asksForLook, checkEvent, checkLookEvent } from "./event";
import { LaunchFailure } from "./failure";
import { ETL_LABEL } from "./job";
import { KubernetesApi } from "./kubernetes";
import type { LaunchResult } from "./launch";
import { launch } from "./launch";
import type { Write } from "./log";
import { log, LOOKED, metric, metrics, RUN_METRICS, writeToLog } from "./log";
import { failedRuns, type FailedRun } from "./runs";
import { checkSettings, type Settings } from "./settings";
import { clusterToken } from "./token";

/** What a test gives instead of Lambda's surroundings. */
export interface Surroundings {
  /** The function's environment variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a log line. */
  readonly write: Write;
  /**
   * Limit of one call to the API. A launch makes three, and one more after a 401: at most 20 s of the function's 30.
   * @default 5000
   */
  readonly callTimeoutMs?: number;
}

/** The event's `etl` for a line about an event that may be anything. */
function claimedEtl(event: unknown): string {
  const etl = typeof event === "object" && event !== null && "etl" in event ? event.etl : undefined;
  return typeof etl === "string" && /^[a-z][a-z0-9-]{0,47}$/.test(etl) ? etl : "unknown";
}

/** What a look found. */
export interface LookResult {
  /** The runs that failed. */
  readonly failed: readonly FailedRun[];
}

/** Launches what an event asks for, and says how it ended in one line, which is also the metric. */
export async function handle(event: unknown, surroundings: Surroundings): Promise<LaunchResult> {
  const { environment, write } = surroundings;
  const began = performance.now();
  const etl = claimedEtl(event);
  const context: Record<string, unknown> = { etl, environment: environment["ENVIRONMENT"] };
  const namespace = environment["METRIC_NAMESPACE"] ?? "OpsDX/ETL";
  const elapsed = (): number => Math.round(performance.now() - began);
  let api: KubernetesApi | undefined;

  try {
    const settings = checkSettings(environment);
    const checked = checkEvent(event);
    Object.assign(context, {
      scheduledTime: checked.scheduledTime,
      executionId: checked.executionId,
      attempt: checked.attempt,
    });
    api = connect(settings, context, surroundings);
    const result = await launch(checked, settings.ENVIRONMENT, api);
    log(write, {
      level: result.outcome === "Skipped" ? "WARN" : "INFO",
      event: "launch.finished",
      ...context,
      ...result,
      durationMs: elapsed(),
      ...metric(namespace, etl, result.outcome, new Date()),
    });
    return result;
  } catch (error) {
    const failure = failureOf(error);
    log(write, {
      level: "ERROR",
      event: "launch.finished",
      ...context,
      outcome: "LaunchFailed",
      ...toldOf(failure),
      durationMs: elapsed(),
      ...metric(namespace, etl, "LaunchFailed", new Date()),
    });
    throw failure;
  } finally {
    api?.close();
  }
}

/**
 * Looks at an ETL's runs: one that the cluster gave up says so itself only if it still could, so each becomes a line, which is also
 * the metric, at the moment that it failed.
 */
export async function look(event: unknown, surroundings: Surroundings): Promise<LookResult> {
  const { environment, write } = surroundings;
  const context: Record<string, unknown> = { etl: claimedEtl(event), environment: environment["ENVIRONMENT"] };
  let api: KubernetesApi | undefined;
  try {
    const settings = checkSettings(environment);
    const { etl, look: moment } = checkLookEvent(event);
    const namespace = settings.METRIC_NAMESPACE;
    api = connect(settings, context, surroundings);
    const failed = failedRuns(await api.jobs(ETL_LABEL, etl), await api.pods(ETL_LABEL, etl), Date.parse(moment));
    for (const { at, reason, ...run } of failed) {
      const [runFailed, outOfMemory] = RUN_METRICS;
      const counts = { [runFailed]: 1, [outOfMemory]: reason === "OOMKilled" ? 1 : 0 };
      log(write, {
        ...{ level: "ERROR", event: "run.failed", ...context, ...run, Reason: reason },
        ...metrics(namespace, etl, counts, new Date(at)),
      });
    }
    log(write, {
      ...{ level: "INFO", event: "look.finished", ...context, look: moment, failed: failed.length },
      ...metrics(namespace, etl, { [LOOKED]: 1 }, new Date()),
    });
    return { failed };
  } catch (error) {
    const failure = failureOf(error);
    log(write, { level: "ERROR", event: "look.finished", ...context, ...toldOf(failure) });
    throw failure;
  } finally {
    api?.close();
  }
}

function connect(
  settings: Settings,
  context: Readonly<Record<string, unknown>>,
  { callTimeoutMs = 5_000, write }: Surroundings,
): KubernetesApi {
  return new KubernetesApi({
    endpoint: settings.CLUSTER_ENDPOINT,
    ca: settings.CLUSTER_CA,
    namespace: settings.NAMESPACE,
    token: () => clusterToken(settings, new Date()),
    onRefresh: () => log(write, { level: "WARN", event: "launch.token-refreshed", ...context }),
    callTimeoutMs,
  });
}

function failureOf(error: unknown): LaunchFailure {
  if (error instanceof LaunchFailure) return error;
  return new LaunchFailure("Unexpected", error instanceof Error ? (error.stack ?? error.message) : String(error));
}

const toldOf = ({ message, reason, retryable }: LaunchFailure) => ({ Reason: reason, retryable, message });

/** Lambda's entry point. */
export async function handler(event: unknown): Promise<LaunchResult | LookResult> {
  const surroundings = { environment: process.env, write: writeToLog };
  return await (asksForLook(event) ? look(event, surroundings) : handle(event, surroundings));
}
