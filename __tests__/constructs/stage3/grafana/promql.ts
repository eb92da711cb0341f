import { readFileSync } from "node:fs";
import path from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import type { DeclaredDashboard } from "../../../../constructs/shared/observability/dashboard-model";

/** Where the names are recorded that programs gave when they were scraped (`__tests__/control-plane/metric-names.test.ts`). */
export const RECORD = path.resolve(__dirname, "../../../data/prometheus-metrics.json");

/** What was scraped, by program. */
export type ScrapedNames = Readonly<
  Record<string, { readonly version: string; readonly on: string; readonly metrics: readonly string[] }>
>;

/** The record. */
export function scrapedNames(): ScrapedNames {
  return JSON.parse(readFileSync(RECORD, "utf8")) as ScrapedNames;
}

/**
 * Names that are taken from documentation: kubelets and their cAdvisor tell of pods that run, Prometheus of its own alerts.
 * @see https://kubernetes.io/docs/reference/instrumentation/metrics/
 * @see https://github.com/google/cadvisor/blob/v0.56.2/docs/storage/prometheus.md
 * @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
 */
const LISTED = [
  ...["kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"],
  ...["container_cpu_usage_seconds_total", "container_memory_working_set_bytes"],
  "ALERTS",
];

/** Every name of a metric that a dashboard may use. */
export function knownNames(): ReadonlySet<string> {
  return new Set([...LISTED, ...Object.values(scrapedNames()).flatMap(({ metrics }) => metrics)]);
}

/** An expression of a dashboard, and where it stands. */
export interface Placed {
  readonly place: string;
  readonly expression: string;
}

/** The expressions of dashboards. */
export function expressionsOf(dashboards: readonly DeclaredDashboard[]): readonly Placed[] {
  return dashboards.flatMap(({ path: where, rows }) =>
    rows.flatMap(({ widgets }) =>
      widgets.flatMap((widget) =>
        widget.kind === "prom"
          ? widget.queries.map(({ expression }) => ({ place: `${where}: panel "${widget.title}"`, expression }))
          : [],
      ),
    ),
  );
}

/** What Grafana puts in place of its variables. */
const readable = (expression: string): string => expression.replaceAll("$__rate_interval", "5m");

/** Whether Prometheus would read an expression, as far as its grammar goes. */
export function isWellFormed(expression: string): boolean {
  let broken = false;
  parser.parse(readable(expression)).iterate({ enter: ({ type }) => void (broken ||= type.isError) });
  return !broken;
}

/** Names of the metrics of an expression. */
export function metricsIn(expression: string): readonly string[] {
  const text = readable(expression);
  const names = new Set<string>();
  parser.parse(text).iterate({
    enter: ({ from, name, node, to }) => {
      if (name === "Identifier" && node.parent?.name === "VectorSelector") names.add(text.slice(from, to));
    },
  });
  return [...names];
}
