import type { Summary } from "./summary";

/** A number that was measured, and between which two it lies all the same, by chance, in 95 of 100 runs. */
export interface Measure {
  /** What was seen. */
  readonly value: number;
  /** The least that it may be. */
  readonly low: number;
  /** The most that it may be; null when too little was seen to tell. */
  readonly high: number | null;
}

/** What is measured of a kind of request, or of all together. */
export interface Measures {
  /** Requests that were answered, or given up. */
  readonly requests: number;
  /** Milliseconds in which 95 of 100 were answered. */
  readonly p95Ms: Measure;
  /** Milliseconds in which 99 of 100 were answered. */
  readonly p99Ms: Measure;
  /** Percentage that failed. */
  readonly errorPercent: Measure;
  /** Requests in a second. */
  readonly requestsPerSecond: Measure;
}

/** How those of all requests together are called. */
export const TOGETHER = "all";

/** Standard deviations within which 95 of 100 lie. */
const Z = 1.96;

/** Measures of each kind of request, and of all together. */
export function measuresOf({ requests, seconds }: Summary): Readonly<Record<string, Measures>> {
  const all = requests.reduce<Counted>(
    (sum, { failures, requests: count, responseTimes }) => ({
      failures: sum.failures + failures,
      requests: sum.requests + count,
      responseTimes: [...sum.responseTimes, ...timesOf(responseTimes)],
    }),
    { failures: 0, requests: 0, responseTimes: [] },
  );
  return {
    ...Object.fromEntries(
      requests.map(({ name, ...one }) => [
        name,
        measures({ ...one, responseTimes: timesOf(one.responseTimes) }, seconds),
      ]),
    ),
    [TOGETHER]: measures(all, seconds),
  };
}

interface Counted {
  readonly failures: number;
  readonly requests: number;
  readonly responseTimes: readonly (readonly [milliseconds: number, count: number])[];
}

const timesOf = (times: Readonly<Record<string, number>>) =>
  Object.entries(times).map(([time, count]): [number, number] => [Number(time), count]);

function measures({ failures, requests, responseTimes }: Counted, seconds: number): Measures {
  const sorted = [...responseTimes].sort(([a], [b]) => a - b);
  return {
    requests,
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    errorPercent: share(failures, requests),
    requestsPerSecond: rate(requests, seconds),
  };
}

/**
 * A quantile of counted times. Its interval is that of order statistics: it asks nothing of how times are distributed.
 * @see https://www.itl.nist.gov/div898/software/dataplot/refman2/auxillar/quantcon.htm
 */
function quantile(times: readonly (readonly [number, number])[], part: number): Measure {
  const count = times.reduce((sum, [, each]) => sum + each, 0);
  const spread = Z * Math.sqrt(count * part * (1 - part));
  const at = (rank: number): number => {
    let seen = 0;
    for (const [time, each] of times) {
      seen += each;
      if (seen >= rank) return time;
    }
    return Infinity;
  };
  return {
    value: count === 0 ? Infinity : at(Math.max(1, Math.ceil(count * part))),
    low: at(Math.max(1, Math.floor(count * part - spread))),
    high: known(at(Math.ceil(count * part + spread))),
  };
}

const known = (time: number): number | null => (Number.isFinite(time) ? time : null);

/** A percentage, with Wilson's interval. @see https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm */
function share(part: number, count: number): Measure {
  if (count === 0) return { value: 0, low: 0, high: 100 };
  const p = part / count;
  const scale = 1 + Z ** 2 / count;
  const middle = (p + Z ** 2 / (2 * count)) / scale;
  const spread = (Z / scale) * Math.sqrt((p * (1 - p)) / count + Z ** 2 / (4 * count ** 2));
  return { value: 100 * p, low: 100 * Math.max(0, middle - spread), high: 100 * Math.min(1, middle + spread) };
}

/** A rate of events that come by themselves. */
function rate(count: number, seconds: number): Measure {
  if (seconds === 0) return { value: 0, low: 0, high: null };
  const spread = Z * Math.sqrt(count);
  return { value: count / seconds, low: Math.max(0, count - spread) / seconds, high: (count + spread) / seconds };
}
