import * as z from "zod/mini";
import { checked, filled, json } from "../shared/settings";
import { monitorForm } from "./monitor";

const place = z.strictObject({ host: filled, port: z.coerce.number(), database: filled, user: filled });

const schema = z.object({
  /** JSON: the monitors, by name. */
  MONITORS: json(z.record(z.string(), monitorForm)),
  /** JSON: where each database is that a monitor asks, and by which role. */
  DATABASES: json(z.partialRecord(z.enum(["db", "dw"]), place)),
  /** CloudWatch namespace of the metrics. */
  METRIC_NAMESPACE: filled,
  AWS_REGION: filled,
});

/** The function's environment, checked. Lambda itself sets `AWS_REGION`. */
export type Settings = z.output<typeof schema>;

/**
 * Checks the function's environment.
 * @throws Error naming every variable that is wrong
 */
export function checkSettings(environment: NodeJS.ProcessEnv): Settings {
  return checked(schema, environment);
}
