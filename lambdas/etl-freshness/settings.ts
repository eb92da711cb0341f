import * as z from "zod/mini";

const moment = z.pipe(
  z.iso.datetime("must be a moment in UTC"),
  z.transform((text: string) => Date.parse(text)),
);
const filled = z.string().check(z.minLength(1, "must not be empty"));

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
  ETLS: z.pipe(
    z.pipe(
      z.string(),
      z.transform((text, context): unknown => {
        try {
          return JSON.parse(text);
        } catch {
          context.issues.push({ code: "custom", message: "must be JSON", input: text });
          return z.NEVER;
        }
      }),
    ),
    etls,
  ),
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
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ message, path }) => `${path.join(".")}: ${message}`);
  throw new Error(`Misconfigured: ${problems.join("; ")}`);
}
