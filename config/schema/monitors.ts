import { z } from "zod";
import { owner, sentences } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { cadence, scheduleSchema } from "./schedule";

/** A view in a schema, as PostgreSQL writes names that need no quotes. */
const viewName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, "must be <schema>.<view>, lower-case");

/** Rows that an answer may have: each value of a dimension, and one that is not on the list. */
export const MAX_ROWS = 21;
const MAX_VALUES = MAX_ROWS - 1;

/** What only a statement that changes something needs; the database's role and transaction refuse it, too. */
const WRITES =
  /\b(alter|call|cluster|comment|copy|create|delete|do|drop|execute|grant|insert|into|lock|merge|notify|reindex|refresh|reset|revoke|security|set|share|truncate|update|vacuum)\b/i;

/** Number of rows behind the last word `limit`. */
const LIMIT = /\blimit\s+(\d+)\s*$/i;

const sql = z
  .string()
  .max(1000, "must have at most 1000 characters: make a view of the rest")
  .superRefine((text, context) => {
    const bare = text.replaceAll(/'(?:[^']|'')*'/g, "''");
    const word = WRITES.exec(bare)?.[0];
    const limit = LIMIT.exec(bare)?.[1];
    const faults = [
      !/^\s*(select|with)\b/i.test(bare) && "must begin with SELECT or WITH",
      bare.includes(";") && "must be one statement, without a semicolon",
      /--|\/\*/.test(bare) && "must have no comment",
      word !== undefined && `must only read, and holds ${word}`,
      (limit === undefined || Number(limit) < 1 || Number(limit) > MAX_ROWS) &&
        `must end with LIMIT and a number from 1 to ${MAX_ROWS}`,
    ];
    for (const message of faults) if (message !== false) context.addIssue({ code: "custom", message });
  });

const dimensionValue = z
  .string()
  .regex(
    /^(?!(?:all|other)$)[a-z][a-z0-9-]{0,29}$/,
    "must be at most 30 lower-case letters, digits and hyphens, a letter first, and neither all nor other: never a patient, a bed or a clinician",
  );

/** One number that is watched, or one for each value of a dimension. */
const monitorSchema = z.strictObject({
  /** What it tells of, and for whom: sentences of the runbook. */
  purpose: sentences,
  /** That nobody has decided it yet: the wiki does not say what is watched. @default false */
  proposal: z.boolean().default(false),
  /** The database that it asks. */
  database: z.enum(["db", "dw"]),
  /** All that it reads there. They are the application's. */
  views: z.array(viewName).min(1, "must name a view"),
  /** One statement that reads, and ends with LIMIT: it answers one number, or rows of a value of the dimension and its number. */
  sql,
  /** Every value of the dimension, at most 20. Another counts as `other`, and is told. @default - it has no dimension */
  values: z.array(dimensionValue).min(1).max(MAX_VALUES, `must have at most ${MAX_VALUES} values`).optional(),
  /** What a value counts as that the answer doesn't hold: as 0, or as no answer at all. @default "fault" */
  absent: z.enum(["zero", "fault"]).default("fault"),
  /** What the number is. */
  unit: z.enum(["count", "percent", "seconds"]),
  /** When it asks; at least once a day. */
  schedule: scheduleSchema,
  /** Seconds after which the statement is canceled. @default 20 */
  timeoutSeconds: z.int().min(1).max(50).default(20),
  /** A number below this is told. @default - none */
  floor: z.number().optional(),
  /** A number above this is told. @default - none */
  ceiling: z.number().optional(),
  /** Half the width, in standard deviations, of the band that CloudWatch learns; what leaves it is told by a ticket. @default - no band */
  band: z.number().min(1).max(10).optional(),
  /** Whom numbers below the floor or above the ceiling reach. */
  severity: z.enum(["page", "ticket"]),
  /** What to do, in order, when it is told. */
  steps: z.array(sentences).min(1, "must say what to do"),
});

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{2,39}$/, "must be 3 to 40 lower-case letters, digits and hyphens, a letter first");

/** The behavior monitors: what the data does. */
export const monitorsSchema = z.strictObject({
  /** Who answers for them. */
  owner,
  /** The monitors, by name; dashboards show them in this order. */
  watched: z.record(name, monitorSchema),
});

const watched = z.record(z.string(), valid(monitorSchema));
const all = z.object({ monitors: z.object({ watched }) });

const DAY = 24 * 3600;

/** Lambda holds 4096 bytes of a function's variables; what is not the monitors needs some of it. */
const MAX_BYTES = 3000;

/** What the function is told of the monitors. */
export function monitorDefinitions({ watched }: Pick<MonitorsConfig, "watched">): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(watched).map(([monitor, { absent, database, sql, timeoutSeconds, values = [] }]) => [
      monitor,
      { database, sql, values, absent, timeoutSeconds },
    ]),
  );
}

/**
 * Seconds of a period of a monitor's alarms, in which it runs once as a rule; and after how many of them it has not run, which are more
 * where its schedule has a longer pause, or the clocks change.
 */
export function monitorPeriods({ schedule }: Pick<MonitorConfig, "schedule">): {
  readonly seconds: number;
  readonly silent: number;
} {
  const { longest, usual } = cadence(schedule);
  const seconds = Math.max(60, Math.round(usual / 60) * 60);
  // What CloudWatch lets an alarm look back: a day, or a week where periods are long.
  const most = Math.floor((seconds >= 3600 ? 7 * DAY : DAY) / seconds);
  return { seconds, silent: Math.min(most, Math.round(longest / seconds) + 1) };
}

/** A monitor tells something, runs often enough for an alarm, and says what it reads. */
const monitorsTell = rule(all, function* ({ monitors }) {
  for (const [monitor, settings] of Object.entries(monitors.watched)) {
    if (settings === undefined) continue;
    const path = ["monitors", "watched", monitor];
    const { ceiling, floor, schedule, values = [], views } = settings;
    if (floor === undefined && ceiling === undefined && settings.band === undefined) {
      yield {
        path: [...path, "floor"],
        rule: "must be given, or ceiling or band: it would never be told",
        received: undefined,
      };
    }
    if (floor !== undefined && ceiling !== undefined && floor >= ceiling) {
      yield { path: [...path, "floor"], rule: `must be below ceiling (${ceiling})`, received: floor };
    }
    const { longest, shortest } = cadence(schedule);
    // A day on which clocks change has 25 hours.
    if (longest === 0 || longest > DAY + 3600 || shortest < 60) {
      yield {
        path: [...path, "schedule", "expression"],
        rule: "must come up at least once a day, or no alarm could tell that it does not run",
        received: schedule.expression,
      };
    }
    for (const [key, list] of [["views", views] as const, ["values", values] as const]) {
      for (const [index, one] of list.entries()) {
        if (list.indexOf(one) !== index)
          yield { path: [...path, key, index], rule: "must be named once", received: one };
      }
    }
    for (const [index, view] of views.entries()) {
      if (settings.sql.includes(view)) continue;
      yield { path: [...path, "views", index], rule: "must be read by sql: it reads all that it may", received: view };
    }
  }
});

/** A function's variables hold all of them. */
const monitorsFit = rule(all, function* ({ monitors }) {
  const known = Object.fromEntries(Object.entries(monitors.watched).filter(([, one]) => one !== undefined));
  const bytes = Buffer.byteLength(JSON.stringify(monitorDefinitions({ watched: known } as MonitorsConfig)));
  if (bytes <= MAX_BYTES) return;
  yield {
    path: ["monitors", "watched"],
    rule: `must need at most ${MAX_BYTES} bytes of the function's variables: make views of what statements have in common`,
    received: bytes,
    nearest: MAX_BYTES,
  };
});

/** Rules between the monitors' settings. */
export const monitorsRules: readonly Rule[] = [monitorsTell, monitorsFit];

/** Validated settings of one monitor. */
export type MonitorConfig = z.output<typeof monitorSchema>;
/** Validated settings of the monitors. */
export type MonitorsConfig = z.output<typeof monitorsSchema>;
