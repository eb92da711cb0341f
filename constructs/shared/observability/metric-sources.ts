import { closest } from "fastest-levenshtein";
import { TerraformStack, type IConstruct } from "../cdktf";
import recommended from "../policy/recommended-alarms.json";
import aws from "./aws-metrics.json";
import type { DeclaredDashboard, GrafanaWidget } from "./dashboard-model";

/** Names of metrics by namespace; `any` where a program outside of this one chooses them. */
type Metrics = Map<string, Set<string> | "any">;

/** What the systems of each stack write. */
const written = new WeakMap<IConstruct, Metrics>();

/**
 * Says which metrics a system writes into CloudWatch: dashboards may name no others of a namespace of ours.
 * @param names - of the metrics; `any` where a program outside of this one chooses them
 */
export function writesMetrics(scope: IConstruct, namespace: string, names: readonly string[] | "any"): void {
  const stack = TerraformStack.of(scope);
  written.set(stack, add(written.get(stack) ?? new Map<string, Set<string> | "any">(), namespace, names));
}

function add(metrics: Metrics, namespace: string, names: Iterable<string> | "any"): Metrics {
  const known = metrics.get(namespace) ?? new Set();
  return metrics.set(namespace, names === "any" || known === "any" ? "any" : new Set([...known, ...names]));
}

/**
 * What dashboards name that no source has: AWS's lists, or what the systems of the stacks write.
 * @returns a line for each, with its place
 */
export function unknownMetrics(dashboards: readonly DeclaredDashboard[], stacks: readonly IConstruct[]): string[] {
  const known: Metrics = new Map();
  for (const { metric, namespace } of recommended.alarms) add(known, namespace, [metric]);
  for (const [namespace, { metrics }] of Object.entries(aws.namespaces)) add(known, namespace, metrics);
  for (const stack of stacks) for (const [namespace, names] of written.get(stack) ?? []) add(known, namespace, names);
  return dashboards.flatMap(({ path, rows }) =>
    rows
      .flatMap(({ widgets }) => widgets)
      .flatMap((widget) => unknownIn(widget, known).map((fault) => `${path}: panel ${fault}`)),
  );
}

function unknownIn(widget: GrafanaWidget, known: Metrics): string[] {
  switch (widget.kind) {
    case "graph":
      return widget.lines.flatMap(({ name, namespace }) => {
        const names = known.get(namespace);
        if (names === undefined) return [notA("namespace", widget.title, namespace, [...known.keys()])];
        return names === "any" || names.has(name)
          ? []
          : [notA(`metric of ${namespace}`, widget.title, name, [...names])];
      });
    case "search": {
      const namespace = /^\{([^,}]+)/.exec(widget.search)?.[1] ?? "";
      return known.has(namespace) ? [] : [notA("namespace", widget.title, namespace, [...known.keys()])];
    }
    default:
      return [];
  }
}

function notA(what: string, title: string, received: string, all: readonly string[]): string {
  return `"${title}" must name a ${what} that AWS or a system of the environment writes, got "${received}"; nearest: "${closest(received, all)}"`;
}
