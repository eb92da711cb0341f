import * as z from "zod/mini";
import { checked, filled } from "../../lambdas/shared/settings";

const number = z.pipe(
  z.string().check(z.regex(/^[1-9]\d{0,5}$/, "must be a number from 1 to 999999")),
  z.transform(Number),
);

const variables = z
  .object({
    /** File of the authorities that the server is verified by, PEM. */
    DATABASE_CA: filled,
    DATABASE_HOST: filled,
    DATABASE_PORT: number,
    /** The service: its database and its role are called like it. */
    DATABASE_SERVICE: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,62}$/, "must be a name in small letters")),
    /** Most connections of the role. */
    CONNECTION_LIMIT: number,
    STATEMENT_TIMEOUT_SECONDS: number,
    /** Secret that RDS keeps of the master user. */
    MASTER_SECRET_ID: filled,
    /** Secret of the role's password. */
    DATABASE_PASSWORD_SECRET_ID: filled,
    /** The service's name again, where its database is dropped first. */
    RESET: z.optional(z.string()),
  })
  .check(
    z.refine(({ DATABASE_SERVICE, RESET }) => RESET === undefined || RESET === DATABASE_SERVICE, {
      path: ["RESET"],
      error: "must be left out, or be DATABASE_SERVICE",
    }),
  );

/** What the Job is told. */
export type Settings = z.output<typeof variables>;

/**
 * Reads the Job's environment.
 * @throws Error naming every variable that is wrong
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return checked(variables, environment);
}
