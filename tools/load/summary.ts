import { z } from "zod";

const summaryForm = z.object({
  profile: z.string(),
  reason: z.string(),
  started: z.number(),
  seconds: z.number(),
  mostUsers: z.int(),
  annotation: z.string(),
  generatorBusy: z.boolean(),
  requests: z.array(
    z.object({
      name: z.string(),
      requests: z.int(),
      failures: z.int(),
      responseTimes: z.record(z.string().regex(/^\d+(\.\d+)?$/), z.int()),
    }),
  ),
  errors: z.array(z.object({ name: z.string(), error: z.string(), occurrences: z.int() })),
});

/** What a run saw, as load/locustfile.py writes it. */
export type Summary = z.output<typeof summaryForm>;

/** Reads a run's summary; undefined when it is none. */
export function parseSummary(text: string): Summary | undefined {
  try {
    return summaryForm.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
