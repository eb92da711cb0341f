import type { LoadPlan } from "../../../constructs/stage3/load/plan";
import { measuresOf } from "../../../tools/load/measures";
import type { Summary } from "../../../tools/load/summary";
import { judge, parseLastGood, verdictText, type Limited } from "../../../tools/load/verdict";
import { summaryOf } from "./fake-load";

const plan = {
  profile: "smoke",
  host: "https://trews.dev.opsdx.io",
  keyHeader: "X-Key",
  thinkSeconds: [1, 5],
  timeoutSeconds: 10,
  requests: [{ name: "patient", method: "POST", path: "/api", body: "", share: 1 }],
  stages: [{ users: 2, seconds: 60, spawnPerSecond: 10 }],
  maxUsers: 500,
  maxSeconds: 18_000,
  maxRequests: 500_000,
} as const;
const facts = { environment: "dev", run: "r", where: "cluster", who: "ada", plan, autoscaler: [] } as const;
const limits = { p95Ms: 500, p99Ms: 1000, errorPercent: 1, requestsPerSecond: 5 };

/** Numbers of a generator that everybody knows: the same each time. */
function* chance(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

/** A run of a service whose times are exponential, of which one in a hundred fails. */
function drawn(seed: number, requests: number, mean = 100) {
  const numbers = chance(seed);
  const next = () => numbers.next().value as number;
  const responseTimes: Record<string, number> = {};
  let failures = 0;
  for (let count = 0; count < requests; count += 1) {
    const time = `${Math.round(-mean * Math.log(next()))}`;
    responseTimes[time] = (responseTimes[time] ?? 0) + 1;
    if (next() < 0.01) failures += 1;
  }
  return { ...summaryOf(requests, failures, 1), requests: [{ name: "patient", requests, failures, responseTimes }] };
}

describe("measures", () => {
  it("are right within their intervals in about 95 of 100 runs, by times whose quantiles are known", () => {
    const runs = Array.from({ length: 400 }, (_, index) => measuresOf(drawn(1000 + 7919 * index, 500))["all"]);
    const held = (of: "errorPercent" | "p95Ms" | "p99Ms", truth: number) =>
      runs.filter((one) => one && one[of].low <= truth + 0.5 && truth - 0.5 <= (one[of].high ?? Infinity)).length /
      runs.length;
    // An exponential's quantile is -mean × ln(1 - part).
    expect(held("p95Ms", 100 * Math.log(20))).toBeGreaterThan(0.92);
    expect(held("p99Ms", 100 * Math.log(100))).toBeGreaterThan(0.92);
    expect(
      runs.filter((one) => one && one.errorPercent.low <= 1 && (one.errorPercent.high ?? 0) >= 1).length / 400,
    ).toBeGreaterThan(0.92);
  });

  it("say that a difference is chance between runs of one service, and worse where it is twice as slow", () => {
    const changes = (mean: number) =>
      Array.from({ length: 200 }, (_, index) => {
        const good = judge({ ...facts, limits, summary: drawn(1000 + 7919 * index, 500) });
        const next = judge({ ...facts, limits, summary: drawn(77 + 6007 * index, 500, mean), before: good });
        return next.checks.find(({ name, of }) => name === "all" && of === "p95Ms")?.before?.change;
      });
    const same = changes(100);
    expect(same.filter((change) => change !== "chance").length / same.length).toBeLessThan(0.03);
    expect(changes(200).filter((change) => change === "worse").length / 200).toBeGreaterThan(0.97);
    expect(changes(50).filter((change) => change === "better").length / 200).toBeGreaterThan(0.97);
  });

  it("say where too little was seen to be sure, and compare no other ground", () => {
    const few = judge({ ...facts, limits, summary: summaryOf(40, 0, 450) });
    expect(few.checks.find(({ name, of }) => name === "all" && of === "p99Ms")?.unsure).toBe(true);
    const many = judge({ ...facts, limits, summary: summaryOf(4000, 0, 450), before: few });
    expect(many.checks.filter(({ name, of, unsure }) => name === "all" && of === "p99Ms" && unsure)).toEqual([]);
    expect(
      judge({ ...facts, where: "sandbox", limits, summary: summaryOf(10, 0, 1), before: few }).comparedWith,
    ).toBeUndefined();
  });

  it("survive being written down: what nobody can tell stays so", () => {
    const few = JSON.parse(JSON.stringify(judge({ ...facts, limits, summary: summaryOf(10, 0, 50) }))) as ReturnType<
      typeof judge
    >;
    const next = judge({ ...facts, limits, summary: summaryOf(1000, 0, 400), before: few });
    expect(next.checks.find(({ name, of }) => name === "all" && of === "p99Ms")?.before?.change).toBe("chance");
  });

  it("say that a number at its limit, or beyond it within its interval, may be otherwise the next time", () => {
    const unsureOf = (summary: Summary, of: Limited, its: Partial<typeof limits> = {}) =>
      judge({ ...facts, limits: { ...limits, ...its }, summary }).checks.find(
        (check) => check.name === "all" && check.of === of,
      );
    // Of 4000 requests the 95th of 100 stands firm at 500: nothing of its interval is beyond.
    expect(unsureOf(summaryOf(4000, 0, 500), "p95Ms")).toMatchObject({ value: 500, kept: true, unsure: false });
    const spread = { ...summaryOf(1000, 0, 1), requests: [{ name: "patient", requests: 1000, failures: 0 }] };
    const times = (slow: number) => ({
      ...spread,
      requests: [{ ...spread.requests[0], responseTimes: { 100: 1000 - slow, 500: 1, 600: slow - 1 } }],
    });
    // At the limit, and a few requests further on are slower.
    expect(unsureOf(times(51) as Summary, "p95Ms")).toMatchObject({ value: 500, kept: true, unsure: true });
    expect(unsureOf(times(52) as Summary, "p95Ms")).toMatchObject({ value: 600, kept: false, unsure: true });
    expect(unsureOf(times(200) as Summary, "p95Ms")).toMatchObject({ value: 600, kept: false, unsure: false });
    // Not one of 100 has failed, and a limit of none is kept: the next one may.
    expect(unsureOf(summaryOf(100, 0, 50), "errorPercent", { errorPercent: 0 })).toMatchObject({
      kept: true,
      unsure: true,
    });
    // A rate is the better the higher.
    const rates = [500, 700, 400].map((requests) => unsureOf(summaryOf(requests, 0, 50), "requestsPerSecond"));
    expect(rates).toMatchObject([
      { value: 5, kept: true, unsure: true },
      { value: 7, kept: true, unsure: false },
      { value: 4, kept: false, unsure: false },
    ]);
  });

  it("fail where a kind that is planned was never asked", () => {
    const planned = { ...plan, requests: [...plan.requests, { ...plan.requests[0], name: "page" }] };
    const verdict = judge({ ...facts, plan: planned, limits, summary: summaryOf(1000, 0, 50) });
    expect(verdict.outcome).toBe("failed");
    expect(verdict.checks.filter(({ kept }) => !kept)).toEqual([
      { name: "page", of: "requests", value: 0, limit: 1, kept: false, unsure: false },
    ]);
    expect(verdictText(verdict)).toContain("✗  page     asked   0      at least 1");
  });

  it("compare runs of one plan only; where it may end and whom it asks is no part of it", () => {
    const before = judge({ ...facts, limits, summary: summaryOf(1000, 0, 50) });
    const after = (changes: Partial<LoadPlan>) =>
      judge({ ...facts, plan: { ...plan, ...changes }, limits, summary: summaryOf(1000, 0, 50), before }).comparedWith;
    expect(after({ host: "http://127.0.0.1:1", maxUsers: 9, maxRequests: 9000, maxSeconds: 9000 })).toBe("r");
    expect(after({ stages: [{ users: 3, seconds: 60, spawnPerSecond: 10 }] })).toBeUndefined();
    expect(after({ thinkSeconds: [1, 6] })).toBeUndefined();
    expect(after({ requests: [{ ...plan.requests[0], body: "{}" }] })).toBeUndefined();
  });

  it("tell why it was stopped from outside, with a summary or without; one that was done is judged", () => {
    const stopped = "the alarm web";
    const of = (summary: Summary | undefined) => {
      const { outcome, reason } = judge({ ...facts, limits, summary, stopped });
      return [outcome, reason];
    };
    expect(of(undefined)).toEqual(["stopped", "stopped: the alarm web"]);
    expect(of({ ...summaryOf(10, 0, 50), reason: "stopped: its pod was stopped" })).toEqual([
      "stopped",
      "stopped: the alarm web",
    ]);
    expect(of(summaryOf(1000, 0, 50))).toEqual(["passed", "done"]);
  });

  it("read the last good run as it is written, and nothing else", () => {
    const good = judge({ ...facts, limits, summary: summaryOf(1000, 0, 50) });
    const { environment, measures, plan: digest, run, where } = good;
    expect(parseLastGood(JSON.stringify(good))).toEqual({ environment, measures, plan: digest, run, where });
    for (const text of ["", "{", "{}", JSON.stringify({ ...good, plan: undefined })]) {
      expect(parseLastGood(text)).toBeUndefined();
    }
  });
});
