import { readFileSync } from "node:fs";
import type { ClientConfig } from "pg";
import { z } from "zod";
import type { MonitorConfig } from "../../config/schema/monitors";
import { faultOf, FAULTS } from "../../lambdas/behavior-monitor/fault";
import type { Answer } from "../../lambdas/behavior-monitor/handler";
import { measure } from "../../lambdas/behavior-monitor/measure";
import { allOf, UsageError } from "../command-error";

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const NEEDED = ["PGHOST", "PGUSER", "PGDATABASE"] as const;
const portForm = z.coerce.number().int().min(1).max(65535);

/**
 * The PostgreSQL that PostgreSQL's own variables name. Elsewhere than on this machine its certificate is verified.
 * @see https://www.postgresql.org/docs/17/libpq-envars.html
 * @throws UsageError naming every variable that is wrong
 */
export function serverOf(env: NodeJS.ProcessEnv): ClientConfig {
  const [, port, ssl] = allOf(
    () => {
      const missing = NEEDED.filter((name) => (env[name] ?? "") === "");
      if (missing.length === 0) return;
      throw new UsageError(
        `${missing.join(", ")} must say which PostgreSQL plays the database, as for psql: it is not one of AWS that is asked`,
      );
    },
    () => {
      const parsed = portForm.safeParse(env["PGPORT"] ?? "5432");
      if (parsed.success) return parsed.data;
      throw new UsageError(`PGPORT must be a port from 1 to 65535, got "${env["PGPORT"] ?? ""}"`);
    },
    () => tlsOf(env),
  );
  return {
    host: env["PGHOST"],
    port,
    user: env["PGUSER"],
    database: env["PGDATABASE"],
    password: env["PGPASSWORD"] ?? "",
    ssl,
  };
}

function tlsOf({ PGHOST: host = "", PGSSLROOTCERT: file }: NodeJS.ProcessEnv): ClientConfig["ssl"] {
  if (file === undefined) {
    if (host === "" || LOOPBACK.includes(host)) return false;
    throw new UsageError(`PGSSLROOTCERT must name a file of the authorities that ${host} is verified by`);
  }
  try {
    return { ca: readFileSync(file, "utf8"), rejectUnauthorized: true };
  } catch {
    throw new UsageError(`PGSSLROOTCERT must name a file that can be read, got "${file}"`);
  }
}

/** Runs a monitor as its function would, and writes no metric. */
export async function tryMonitor(server: ClientConfig, monitor: string, config: MonitorConfig): Promise<Answer> {
  try {
    return { monitor, ...(await measure(server, { ...config, values: config.values ?? [] })) };
  } catch (error) {
    const { kind } = faultOf(error);
    return { monitor, fault: kind, why: FAULTS[kind] };
  }
}
