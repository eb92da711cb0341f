import * as z from "zod/mini";
import { checked, filled } from "../../lambdas/shared/settings";

const number = z.pipe(
  z.string().check(z.regex(/^[1-9]\d{0,5}$/, "must be a number from 1 to 999999")),
  z.transform(Number),
);

/** A name that is written without quotes. */
const NAME = "[a-z_][a-z0-9_]{0,62}";
const view = z
  .string()
  .check(z.regex(new RegExp(`^${NAME}\\.${NAME}$`), "must be <schema>.<view> in small letters, several with commas"));

const common = {
  /** File of the authorities that the server is verified by, PEM. */
  DATABASE_CA: filled,
  DATABASE_HOST: filled,
  DATABASE_PORT: number,
  /** Most connections of the role. */
  CONNECTION_LIMIT: number,
  STATEMENT_TIMEOUT_SECONDS: number,
  /** Secret that RDS keeps of the master user. */
  MASTER_SECRET_ID: filled,
};

const serviceVariables = z
  .object({
    ...common,
    /** The service: its database and its role are called like it. */
    DATABASE_SERVICE: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,62}$/, "must be a name in small letters")),
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

const readerVariables = z.object({
  ...common,
  /** The database that holds the views. */
  DATABASE_NAME: filled,
  /** The role. */
  READER_ROLE: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,55}_reader$/, "must be a name in small letters, …_reader")),
  /** All that it reads. */
  READER_VIEWS: z.pipe(
    filled,
    z.pipe(
      z.transform((text: string) => text.split(",")),
      z.array(view),
    ),
  ),
  /** The setting that names the views. */
  READER_SETTING: filled,
  /** What becomes of a view that is not there: the Job fails, or goes on without it. */
  READER_MISSING: z.enum(["refuse", "wait"]),
  /** Secret of the role's password. Without one it logs in by IAM. */
  DATABASE_PASSWORD_SECRET_ID: z.optional(filled),
});

/** What the Job is told that makes a service's database. */
export type ServiceSettings = z.output<typeof serviceVariables>;
/** What the Job is told that makes a role that reads views. */
export type ReaderSettings = z.output<typeof readerVariables>;

/**
 * Reads the Job's environment: with `READER_ROLE` it is the Job of a reader.
 * @throws Error naming every variable that is wrong
 */
export function readSettings(
  environment: NodeJS.ProcessEnv,
):
  | { readonly kind: "service"; readonly settings: ServiceSettings }
  | { readonly kind: "reader"; readonly settings: ReaderSettings } {
  return environment["READER_ROLE"] === undefined
    ? { kind: "service", settings: checked(serviceVariables, environment) }
    : { kind: "reader", settings: checked(readerVariables, environment) };
}
