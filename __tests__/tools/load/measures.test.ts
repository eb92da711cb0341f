import { measuresOf } from "../../../tools/load/measures";
import { judge } from "../../../tools/load/verdict";
import { summaryOf } from "./fake-load";

const facts = { environment: "dev", run: "r", where: "cluster", who: "ada", profile: "smoke", autoscaler: [] } as const;
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
});
