import type { PinnedChart } from "../../shared/helm/helm-release";

const REPOSITORY = "https://prometheus-community.github.io/helm-charts";

/** Operator, Prometheus 3.14.0, Alertmanager 0.34.0, exporters, and the rules and dashboards of kubernetes-mixin. */
export const STACK_CHART: PinnedChart = { name: "kube-prometheus-stack", version: "88.5.3", repository: REPOSITORY };

/**
 * The operator's kinds as ordinary objects of a release, which upgrades them: what a chart keeps in its folder `crds`, Helm installs once and
 * never touches again. Of the operator's version that the stack runs.
 * @see https://helm.sh/docs/chart_best_practices/custom_resource_definitions/
 */
export const KINDS_CHART: PinnedChart = { name: "prometheus-operator-crds", version: "31.0.1", repository: REPOSITORY };

/** blackbox exporter 0.28.0. */
export const PROBES_CHART: PinnedChart = {
  name: "prometheus-blackbox-exporter",
  version: "11.17.2",
  repository: REPOSITORY,
};

/** Name of the release of the operator's kinds. */
export const KINDS = "prometheus-operator-crds";
/** Name of the release of the blackbox exporter. */
export const PROBES = "blackbox-exporter";
