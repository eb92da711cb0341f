import * as z from "zod/mini";
import { checked, filled, json } from "../shared/settings";

const names = json(z.array(filled));

const schema = z.object({
  /** JSON: names of the secrets. */
  WATCHED: names,
  /** JSON: ARNs of the databases. */
  DATABASES: names,
  /** Name of the plan of their restore tests. */
  RESTORE_TESTING_PLAN: filled,
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
