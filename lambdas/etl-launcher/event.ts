import * as z from "zod/mini";
import { LaunchFailure } from "./failure";

const moment = z.iso.datetime("must be a moment in UTC, for example 2026-03-08T14:15:00Z");

const schema = z
  .strictObject({
    /** Name of the ETL, for example `epic2op`. */
    etl: z
      .string()
      .check(z.regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, "must be lower-case letters, digits and inner hyphens")),
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

/** What the scheduler or `opsdx etl` sends. */
export type LaunchEvent = z.input<typeof schema>;

/** A checked event. */
export type CheckedEvent = z.output<typeof schema>;

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
  const result = schema.safeParse(event);
  if (result.success) return result.data;
  throw new LaunchFailure("InvalidEvent", result.error.issues.map(problem).join("; "));
}
