import * as z from "zod/mini";

/** What a monitor asks, and how its answer is read. */
export const monitorForm = z.strictObject({
  /** The database. */
  database: z.enum(["db", "dw"]),
  /** One statement that reads. It answers one number; with `values`, rows of a value of the dimension and its number. */
  sql: z.string().check(z.minLength(1)),
  /** Every value that the dimension may have; empty: there is no dimension. */
  values: z.array(z.string()),
  /** What a value of the list counts as that the answer doesn't hold. */
  absent: z.enum(["zero", "fault"]),
  /** Seconds after which the statement is canceled. */
  timeoutSeconds: z.number(),
});

/** A monitor as the function knows it. */
export type Monitor = z.output<typeof monitorForm>;

/** Stands for the one value of a monitor without a dimension, and of what is not on the list. */
export const [WHOLE, OTHER] = ["all", "other"] as const;
