import { runInNewContext } from "node:vm";

/** A metric as CloudWatch holds it: one value for each period, the newest last; where there is none nothing was written. */
export interface Planted {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly (number | undefined)[];
}

type Body = Readonly<Record<string, unknown>>;
type Point = number | undefined;

const OPERATORS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

/** The functions of metric math that alarms here use; an argument that is missing makes the result missing. */
const MATH = {
  FILL: (value: Point, instead: number) => value ?? instead,
  IF: (condition: unknown, yes: Point, no: Point) => (condition === true || Number(condition) > 0 ? yes : no),
};

const same = (a: object, b: object): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

function valuesOf(
  planted: readonly Planted[],
  namespace: unknown,
  metric: unknown,
  dimensions: unknown,
): Planted["values"] {
  const found = planted.find(
    (one) => one.namespace === namespace && one.metric === metric && same(one.dimensions, dimensions ?? {}),
  );
  return found?.values ?? [];
}

/** What the alarm looks at, period by period, as many as it evaluates. */
function pointsOf(alarm: Body, planted: readonly Planted[], periods: number): readonly Point[] {
  const newest = (values: readonly Point[]): readonly Point[] =>
    Array.from({ length: periods }, (_, back) => values[values.length - periods + back]);
  if (alarm["metric_name"] !== undefined) {
    return newest(valuesOf(planted, alarm["namespace"], alarm["metric_name"], alarm["dimensions"]));
  }
  const queries = alarm["metric_query"] as readonly Body[];
  const inputs = queries.flatMap((query) => {
    const metric = query["metric"] as Body | undefined;
    if (metric === undefined) return [];
    const values = newest(valuesOf(planted, metric["namespace"], metric["metric_name"], metric["dimensions"]));
    return [[String(query["id"]), values] as const];
  });
  const expression = queries.find((query) => query["return_data"] === true)?.["expression"];
  return Array.from({ length: periods }, (_, at) => {
    const context = Object.fromEntries(inputs.map(([id, values]) => [id, values[at]]));
    const value: unknown = runInNewContext(String(expression), { ...MATH, ...context });
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  });
}

/**
 * The state of an alarm, as synth wrote it, with what is planted and nothing else.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export function alarmState(alarm: Body, planted: readonly Planted[]): "ALARM" | "INSUFFICIENT_DATA" | "OK" {
  const periods = Number(alarm["evaluation_periods"]);
  const needed = Number(alarm["datapoints_to_alarm"] ?? periods);
  const missing = alarm["treat_missing_data"];
  const breaches = OPERATORS[String(alarm["comparison_operator"])];
  if (breaches === undefined) throw new Error(`no operator ${String(alarm["comparison_operator"])}`);
  const points = pointsOf(alarm, planted, periods);
  if (missing === "missing" && points.every((point) => point === undefined)) return "INSUFFICIENT_DATA";
  const breaching = points.filter((point) =>
    point === undefined ? missing === "breaching" : breaches(point, Number(alarm["threshold"])),
  );
  return breaching.length >= needed ? "ALARM" : "OK";
}
