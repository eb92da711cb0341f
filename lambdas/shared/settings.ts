import * as z from "zod/mini";

/** Text that is there. */
export const filled = z.string().check(z.minLength(1, "must not be empty"));

/** A variable that holds JSON of a form. */
export function json<T extends z.ZodMiniType>(form: T) {
  return z.pipe(
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
    form,
  );
}

/**
 * Checks a function's environment.
 * @throws Error naming every variable that is wrong
 */
export function checked<T extends z.ZodMiniType>(schema: T, environment: NodeJS.ProcessEnv): z.output<T> {
  const result = z.safeParse(schema, environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ message, path }) => `${path.join(".")}: ${message}`);
  throw new Error(`Misconfigured: ${problems.join("; ")}`);
}
