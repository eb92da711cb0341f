import * as z from "zod/mini";
import { LaunchFailure } from "./failure";

const moment = z.iso.datetime("must be a moment in UTC, for example 2026-03-08T14:15:00Z");

const etlName = z
  .string()
  .check(z.regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, "must be lower-case letters, digits and inner hyphens"));

const schema = z
  .strictObject({
    /** Name of the ETL, for example `epic2op`. */
    etl: etlName,
    /** The scheduled moment; its minute is the slot. */
    scheduledTime: moment,
    /** The scheduler's execution id. */
    executionId: z.optional(
      z.string().check(z.regex(/^[\w-]{1,128}$/, "must be letters, digits, hyphens, underscores")),
    ),
    /** Which delivery this is. The scheduler's template gives it as a string. */
    attempt: z.optional(
      z.pipe(
        z.union([z.number(), z.string().check(z.regex(/^\d{1,4}$/, "must be a whole number"))]),
        z.pipe(z.transform(Number), z.int().check(z.nonnegative("must not be negative"))),
      ),
    ),
    /** Begin of the range to load. */
    from: z.optional(moment),
    /** End of the range to load. */
    to: z.optional(moment),
    /** More environment variables for the ETL. Never a secret: those are references in the template. */
    env: z.optional(
      z.record(
        z.string().check(
          z.regex(/^[A-Z_][A-Z0-9_]*$/, "must be an upper-case variable name"),
          z.refine((name) => !name.startsWith("ETL_"), "ETL_ variables are the launcher's: use from and to"),
        ),
        z.string(),
      ),
    ),
  })
  .check(
    z.refine(({ from, to }) => (from === undefined) === (to === undefined), {
      path: ["to"],
      error: "from and to come together",
    }),
    z.refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
      path: ["to"],
      error: "must be after from",
    }),
  );

const lookSchema = z.strictObject({
  /** The ETL whose runs are looked at. */
  etl: etlName,
  /** The scheduled moment of the look: what ended in the five minutes before is told. */
  look: moment,
});

/** What the scheduler or `opsdx etl` sends to launch a run. */
export type LaunchEvent = z.input<typeof schema>;

/** A checked event. */
export type CheckedEvent = z.output<typeof schema>;

/** What the scheduler sends to have a look at the runs. */
export type LookEvent = z.output<typeof lookSchema>;

type Issue = z.core.$ZodIssue;

/** An issue in words. Values are left out: an event's are nobody's business in a log. */
function problem(issue: Issue): string {
  const place = issue.path.length > 0 ? issue.path.join(".") : "event";
  switch (issue.code) {
    case "unrecognized_keys":
      return `${issue.keys.join(", ")}: not part of an event`;
    case "invalid_key":
      return `${place}: ${issue.issues.map(({ message }) => message).join(", ")}`;
    case "invalid_type":
      return `${place}: must be ${issue.expected === "int" ? "a whole number" : `of type ${issue.expected}`}`;
    case "invalid_union":
      return `${place}: must be a whole number`;
    default:
      return `${place}: ${issue.message}`;
  }
}

/** Checks an event, and names all its problems at once. */
export function checkEvent(event: unknown): CheckedEvent {
  return checked(schema.safeParse(event));
}

/** Whether an event asks for a look at the runs, not for a run. */
export function asksForLook(event: unknown): boolean {
  return typeof event === "object" && event !== null && "look" in event;
}

/** Checks an event that asks for a look, and names all its problems at once. */
export function checkLookEvent(event: unknown): LookEvent {
  return checked(lookSchema.safeParse(event));
}

function checked<T>(result: z.core.util.SafeParseResult<T>): T {
  if (result.success) return result.data;
  throw new LaunchFailure("InvalidEvent", result.error.issues.map(problem).join("; "));
}
