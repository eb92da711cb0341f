import { clusterLogGroup } from "../../config/names";
import type { Watch } from "../wall-clock";
import type { Connection } from "./connection";
import type { LogQuery } from "./log-events";
import type { EtlTarget } from "./target";

const POLL_MS = 5_000;
/** Lines may arrive late and out of order; those of this time are read again, and shown once. */
const OVERLAP_MS = 120_000;

/** Where an ETL's lines are: those of its runs, or those of its launcher. */
export function logQuery({ environment, config, names }: EtlTarget, launcher: boolean, since: number): LogQuery {
  return launcher
    ? { group: names.logGroup, since }
    : { group: clusterLogGroup(environment.name, config.cluster), streams: names.stream, since };
}

/**
 * A line as a person reads it: fluent-bit wraps what a container wrote into JSON, as its field `log`.
 */
export function lineOf(message: string): string {
  try {
    const value: unknown = JSON.parse(message);
    if (typeof value === "object" && value !== null && "log" in value && typeof value.log === "string") {
      return value.log.trimEnd();
    }
  } catch {
    // Not JSON: shown as it is.
  }
  return message.trimEnd();
}

/** Settings of {@link printLogs}. */
export interface PrintLogsProps {
  /** Where the logs are. */
  readonly connection: Connection;
  /** Time. */
  readonly watch: Watch;
  /** Which lines. */
  readonly query: LogQuery;
  /** Whether to go on with what comes. */
  readonly follow: boolean;
  /** Prints a line. */
  readonly print: (line: string) => void;
}

/** Prints the lines of a log, oldest first. Returns how many; never, when it follows. */
export async function printLogs({ connection, watch, query, follow, print }: PrintLogsProps): Promise<number> {
  const shown = new Map<string, number>();
  let since = query.since;
  for (;;) {
    const asked = watch.now();
    for await (const { id, timestamp, message } of connection.logs.read({ ...query, since })) {
      if (shown.has(id)) continue;
      shown.set(id, timestamp);
      print(lineOf(message));
    }
    if (!follow) return shown.size;
    since = Math.max(since, asked - OVERLAP_MS);
    for (const [id, timestamp] of shown) if (timestamp < since) shown.delete(id);
    await watch.sleep(POLL_MS);
  }
}
