import { Client, type ClientConfig, type QueryArrayResult } from "pg";
import { faultOf, MonitorFault } from "./fault";
import { OTHER, WHOLE, type Monitor } from "./monitor";

/** What a monitor measured. */
export interface Measured {
  /** The number of each value of the dimension, or of {@link WHOLE}. What is not on the list is added up as {@link OTHER}. */
  readonly values: Readonly<Record<string, number>>;
  /** Rows whose value of the dimension is not on the list. */
  readonly unlisted: number;
}

/** Longest that a connection may take, and a lock be waited for. */
const CONNECT_MS = 5_000;
const LOCK_MS = 5_000;
/** What the server is given beyond its own limit before the connection is given up. */
const GRACE_MS = 2_000;

/** Types of numbers. @see https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/catalog/pg_type.dat */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700]);

/**
 * Asks a database once, in a transaction that reads only and that nothing outlives.
 * @throws MonitorFault of a closed list: nothing of what the server says or the answer holds is in it
 */
export async function measure(server: ClientConfig, monitor: Monitor): Promise<Measured> {
  const limit = monitor.timeoutSeconds * 1000;
  const client = new Client({
    ...server,
    application_name: "behavior-monitor",
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: limit,
    lock_timeout: Math.min(LOCK_MS, limit / 2),
    query_timeout: limit + GRACE_MS,
  });
  // One that the server ends: the statement that waits says so.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("BEGIN READ ONLY");
    // The extended protocol takes one statement, and no second behind it.
    const query = { text: monitor.sql, rowMode: "array", queryMode: "extended" } as const;
    return read(await client.query(query), monitor);
  } catch (error) {
    throw faultOf(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function read({ fields, rows }: QueryArrayResult<unknown[]>, { absent, values }: Monitor): Measured {
  const plain = values.length === 0;
  const type = fields.at(-1)?.dataTypeID ?? 0;
  if (fields.length !== (plain ? 1 : 2)) throw new MonitorFault("columns");
  if (!NUMBERS.has(type)) throw new MonitorFault("type");
  if (plain && rows.length > 1) throw new MonitorFault("rows");
  const found = new Map<string, number>();
  let unlisted = 0;
  for (const row of rows) {
    const number = row.at(-1) === null ? Number.NaN : Number(row.at(-1));
    if (!Number.isFinite(number)) throw new MonitorFault("type");
    const value = plain ? WHOLE : String(row[0]);
    if (plain || values.includes(value)) {
      if (found.has(value)) throw new MonitorFault("twice");
      found.set(value, number);
    } else {
      unlisted += 1;
      found.set(OTHER, (found.get(OTHER) ?? 0) + number);
    }
  }
  for (const value of plain ? [WHOLE] : values) {
    if (found.has(value)) continue;
    if (plain || absent === "fault") throw new MonitorFault("no-row");
    found.set(value, 0);
  }
  return { values: Object.fromEntries(found), unlisted };
}
