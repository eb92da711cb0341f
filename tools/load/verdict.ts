import { createHash } from "node:crypto";
import { z } from "zod";
import type { LoadProfile } from "../../config/schema/load";
import type { LoadPlan } from "../../constructs/stage3/load/plan";
import { measuresOf, TOGETHER, type Measure, type Measures } from "./measures";
import type { AutoscalerSample } from "./autoscaler";
import type { Summary } from "./summary";

/** What a run comes to. */
export type Outcome =
  /** Every limit is kept. */
  | "passed"
  /** A limit is not kept. */
  | "failed"
  /** It was ended before its last stage; what it measured is told, and judged by nobody. */
  | "stopped"
  /** It measured nothing. */
  | "broken";

/** How a measure stands to that of the last good run. */
export type Change = "better" | "chance" | "worse";

/** A measure that has a limit. */
export type Limited = "errorPercent" | "p95Ms" | "p99Ms" | "requestsPerSecond";

/** A limit, and whether it was kept. */
export interface Check {
  /** The kind of request, or `all`. */
  readonly name: string;
  /** What was measured; `requests` where it should have been asked, and was not. */
  readonly of: Limited | "requests";
  /** The number. */
  readonly value: number;
  /** What it must keep to. */
  readonly limit: number;
  /** Whether it does. */
  readonly kept: boolean;
  /** Whether so few requests were seen that it may be otherwise the next time: the limit lies within the interval. */
  readonly unsure: boolean;
  /** The last good run's number, and what the difference means. @default - there is nothing to compare with */
  readonly before?: { readonly value: number; readonly change: Change };
}

/** What is written of a run, and what the next one is compared with. */
export interface Verdict {
  /** Name of the run below `load/` in the bucket. */
  readonly run: string;
  /** Its environment. */
  readonly environment: string;
  /** Its profile. */
  readonly profile: string;
  /** Digest of what it asked, how often and for how long: runs of another are not compared. */
  readonly plan: string;
  /** Who began it. */
  readonly who: string;
  /** Why, where it had to be said. @default - it had not */
  readonly why?: string;
  /** Where it ran: on the cluster, or as a process beside a stand-in for the service. */
  readonly where: "cluster" | "sandbox";
  /** What it comes to. */
  readonly outcome: Outcome;
  /** Why it ended, in words. */
  readonly reason: string;
  /** When load began. */
  readonly started: string;
  /** Seconds of load. */
  readonly seconds: number;
  /** Users that there were at most. */
  readonly mostUsers: number;
  /** Each limit. */
  readonly checks: readonly Check[];
  /** Kinds of failures. */
  readonly errors: Summary["errors"];
  /** All measures, by kind of request. */
  readonly measures: Readonly<Record<string, Measures>>;
  /** The run that it was compared with. @default - there was none that is like it */
  readonly comparedWith?: string;
  /** What the web service's autoscaler did meanwhile; empty when nobody could see. */
  readonly autoscaler: readonly AutoscalerSample[];
  /** Whether Grafana has a note of it. */
  readonly annotation: string;
  /** Whether Locust used up its processor, so that times may be its own. */
  readonly generatorBusy: boolean;
}

/** What of a verdict the next run is compared with. */
export type LastGood = Pick<Verdict, "environment" | "measures" | "plan" | "run" | "where">;

/** What a verdict is made from. */
export interface VerdictProps extends Pick<Verdict, "autoscaler" | "environment" | "run" | "where" | "who" | "why"> {
  /** What it did. */
  readonly plan: LoadPlan;
  /** What the run saw. @default - it left nothing that can be read */
  readonly summary: Summary | undefined;
  /** Why it was stopped from outside, which its pod does not hear. @default - it was not */
  readonly stopped?: string;
  /** The profile's limits. */
  readonly limits: LoadProfile["limits"];
  /** The last good run of the profile. @default - there is none */
  readonly before?: LastGood;
}

const measureForm = z.object({ value: z.number(), low: z.number(), high: z.number().nullable() });
const lastGoodForm = z.object({
  environment: z.string(),
  run: z.string(),
  where: z.enum(["cluster", "sandbox"]),
  plan: z.string(),
  measures: z.record(
    z.string(),
    z.object({
      requests: z.number(),
      p95Ms: measureForm,
      p99Ms: measureForm,
      errorPercent: measureForm,
      requestsPerSecond: measureForm,
    }),
  ),
});

/** Reads the verdict of the last good run; undefined when it is none, or one of an earlier form. */
export function parseLastGood(text: string): LastGood | undefined {
  try {
    return lastGoodForm.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Digest of a plan without its limits, and without the address, which the environment says: two runs of one do the same. */
export function planDigest({ keyHeader, profile, requests, stages, thinkSeconds, timeoutSeconds }: LoadPlan): string {
  const text = JSON.stringify({ keyHeader, profile, requests, stages, thinkSeconds, timeoutSeconds });
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Judges a run. */
export function judge({ before, limits, plan, stopped, summary, ...facts }: VerdictProps): Verdict {
  const measures = summary === undefined ? {} : measuresOf(summary);
  const seen = measures[TOGETHER]?.requests ?? 0;
  const digest = planDigest(plan);
  // Another machine, another service and another plan measure something else.
  const comparable =
    before?.where === facts.where && before.environment === facts.environment && before.plan === digest
      ? before
      : undefined;
  const unasked = plan.requests.filter(({ name }) => (measures[name]?.requests ?? 0) === 0);
  const checks = [
    ...(seen === 0 ? [] : unasked).map(({ name }) => neverAsked(name)),
    ...Object.entries(measures).flatMap(([name, one]) => checksOf(name, one, limits, comparable?.measures[name])),
  ];
  const cut = stopped !== undefined && summary?.reason !== "done";
  const outcome = cut
    ? "stopped"
    : summary === undefined || seen === 0
      ? "broken"
      : summary.reason !== "done"
        ? "stopped"
        : checks.every(({ kept }) => kept)
          ? "passed"
          : "failed";
  return {
    ...facts,
    profile: plan.profile,
    plan: digest,
    outcome,
    reason: cut ? `stopped: ${stopped}` : reasonOf(summary, seen),
    started: new Date((summary?.started ?? 0) * 1000).toISOString(),
    seconds: summary?.seconds ?? 0,
    mostUsers: summary?.mostUsers ?? 0,
    checks,
    errors: summary?.errors ?? [],
    measures,
    annotation: summary?.annotation ?? "not made",
    generatorBusy: summary?.generatorBusy ?? false,
    ...(comparable !== undefined && { comparedWith: comparable.run }),
  };
}

function reasonOf(summary: Summary | undefined, seen: number): string {
  if (summary === undefined) return "Locust left no summary: it failed, or was killed";
  if (seen === 0) return `no request came to an end (${summary.reason})`;
  return summary.reason;
}

/** A kind of request that nobody sent tells nothing, and keeps nothing. */
function neverAsked(name: string): Check {
  return { name, of: "requests", value: 0, limit: 1, kept: false, unsure: false };
}

function checksOf(
  name: string,
  measures: Measures,
  limits: LoadProfile["limits"],
  before: Measures | undefined,
): readonly Check[] {
  const check = (of: Limited, largerIsBetter = false): Check => {
    const { high, low, value } = measures[of];
    const limit = limits[of];
    const last = before?.[of];
    const [kept, elsewhere] = largerIsBetter
      ? [value >= limit, value >= limit ? low < limit : (high ?? Infinity) >= limit]
      : [value <= limit, value <= limit ? (high ?? Infinity) > limit : low <= limit];
    return {
      name,
      of,
      value,
      limit,
      kept,
      unsure: elsewhere,
      ...(last !== undefined && {
        before: { value: last.value, change: changeOf(measures[of], last, largerIsBetter) },
      }),
    };
  };
  return [
    check("p95Ms"),
    check("p99Ms"),
    check("errorPercent"),
    ...(name === TOGETHER ? [check("requestsPerSecond", true)] : []),
  ];
}

/** Two numbers differ when neither may be what the other may: within their intervals it is chance. */
function changeOf(now: Measure, before: Measure, largerIsBetter: boolean): Change {
  if (now.low > (before.high ?? Infinity)) return largerIsBetter ? "better" : "worse";
  if ((now.high ?? Infinity) < before.low) return largerIsBetter ? "worse" : "better";
  return "chance";
}

const UNITS = { p95Ms: "ms", p99Ms: "ms", errorPercent: "%", requests: "", requestsPerSecond: "/s" } as const;
const TITLES = {
  p95Ms: "p95",
  p99Ms: "p99",
  errorPercent: "errors",
  requests: "asked",
  requestsPerSecond: "rate",
} as const;
const MEANING = { better: "better", chance: "no more than chance", worse: "worse" } as const;

/** A verdict, as a person reads it. */
export function verdictText(verdict: Verdict): string {
  const { autoscaler, checks, comparedWith, errors, measures, mostUsers, outcome, seconds } = verdict;
  const rows = checks.map(({ before, kept, limit, name, of, unsure, value }) => [
    kept ? "✓" : "✗",
    name,
    TITLES[of],
    `${number(value)} ${UNITS[of]}`.trimEnd(),
    `${of === "requestsPerSecond" || of === "requests" ? "at least" : "at most"} ${limit}`,
    [
      ...(unsure ? ["too few requests to be sure"] : []),
      ...(before === undefined ? [] : [`${number(before.value)} before: ${MEANING[before.change]}`]),
    ].join("; "),
  ]);
  return [
    `${outcome.toUpperCase()}: ${verdict.profile} on ${verdict.environment}, ${verdict.reason}`,
    `${measures[TOGETHER]?.requests ?? 0} requests in ${number(seconds)} s, at most ${mostUsers} users` +
      (comparedWith === undefined ? "; there is no good run to compare with" : `; compared with ${comparedWith}`),
    ...(verdict.generatorBusy
      ? ["Locust used up its own processor: times and rate may be its own, and not the service's"]
      : []),
    ...table(rows),
    ...errors.map(({ error, name, occurrences }) => `${occurrences} × ${name}: ${error}`),
    autoscalerText(autoscaler),
    `Grafana: ${verdict.annotation}`,
  ].join("\n");
}

function autoscalerText(samples: readonly AutoscalerSample[]): string {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return "Autoscaler of the web service: not seen";
  const more = samples.find(({ desired }) => desired > first.desired);
  const most = Math.max(...samples.map(({ current }) => current));
  return (
    `Autoscaler of the web service: ${first.current} pods at the start, ${most} at most, ${last.current} at the end; ` +
    (more === undefined ? "it wanted no more" : `it wanted more after ${more.second} s`)
  );
}

const number = (value: number): string => (Number.isFinite(value) ? `${Math.round(value * 100) / 100}` : "none");

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
