import * as z from "zod/mini";
import { checked, filled, json } from "../shared/settings";

const moment = z.pipe(
  z.iso.datetime("must be a moment in UTC"),
  z.transform((text: string) => Date.parse(text)),
);

/** The ETLs that are looked at, with the name that one had before, and the ends of schedules that have one. */
const etls = z.array(
  z.strictObject({
    etl: filled,
    renamedFrom: z.optional(filled),
    firstSlot: z.optional(moment),
    lastSlot: z.optional(moment),
  }),
);

const schema = z.object({
  /** JSON: the ETLs. */
  ETLS: json(etls),
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
