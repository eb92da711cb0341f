import * as z from "zod/mini";

const filled = z.string().check(z.minLength(1, "must not be empty"));

const names = z.pipe(
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
  z.array(filled),
);

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
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ message, path }) => `${path.join(".")}: ${message}`);
  throw new Error(`Misconfigured: ${problems.join("; ")}`);
}
