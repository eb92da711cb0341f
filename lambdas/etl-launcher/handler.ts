import { checkEvent } from "./event";
import { LaunchFailure } from "./failure";
import { KubernetesApi } from "./kubernetes";
import type { LaunchResult } from "./launch";
import { launch } from "./launch";
import type { Write } from "./log";
import { log, metric, writeToLog } from "./log";
import { checkSettings } from "./settings";
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

/** Launches what an event asks for, and says how it ended in one line, which is also the metric. */
export async function handle(event: unknown, surroundings: Surroundings): Promise<LaunchResult> {
  const { environment, write, callTimeoutMs = 5_000 } = surroundings;
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
    api = new KubernetesApi({
      endpoint: settings.CLUSTER_ENDPOINT,
      ca: settings.CLUSTER_CA,
      namespace: settings.NAMESPACE,
      token: () => clusterToken(settings, new Date()),
      onRefresh: () => log(write, { level: "WARN", event: "launch.token-refreshed", ...context }),
      callTimeoutMs,
    });
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
    const failure =
      error instanceof LaunchFailure
        ? error
        : new LaunchFailure("Unexpected", error instanceof Error ? (error.stack ?? error.message) : String(error));
    log(write, {
      level: "ERROR",
      event: "launch.finished",
      ...context,
      outcome: "LaunchFailed",
      Reason: failure.reason,
      retryable: failure.retryable,
      message: failure.message,
      durationMs: elapsed(),
      ...metric(namespace, etl, "LaunchFailed", new Date()),
    });
    throw failure;
  } finally {
    api?.close();
  }
}

/** Lambda's entry point. */
export async function handler(event: unknown): Promise<LaunchResult> {
  return await handle(event, { environment: process.env, write: writeToLog });
}
