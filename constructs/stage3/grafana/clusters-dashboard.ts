import { Construct } from "../../shared/cdktf";
import { GrafanaDashboard } from "../../shared/observability/dashboard";
import {
  dashboardTitle,
  type DashboardMark,
  type DashboardRow,
  type DashboardUnit,
  type PromQuery,
  type PromWidget,
} from "../../shared/observability/dashboard-model";
import type { MonitoringContext } from "../../shared/observability/monitoring";

/** Properties of {@link ClustersDashboard}. */
export interface ClustersDashboardProps {
  /** What the stack's dashboards share. */
  readonly monitoring: MonitoringContext;
  /** Region of the environment. */
  readonly region: string;
}

interface Shown {
  readonly stacked?: boolean;
  readonly marks?: readonly DashboardMark[];
}

const graph = (title: string, unit: DashboardUnit, queries: readonly PromQuery[], shown: Shown = {}): PromWidget => ({
  kind: "prom",
  title,
  unit,
  queries,
  ...shown,
});

const query = (expression: string, legend: string): PromQuery => ({ expression, legend });

/** A figure that is red from one on. */
const count = (title: string, expression: string): PromWidget => ({
  kind: "prom",
  title,
  unit: "count",
  figures: true,
  marks: [{ label: "some", value: 1 }],
  // Nothing that matches is none.
  queries: [query(`${expression} or vector(0)`, title)],
});

const FULL: readonly DashboardMark[] = [{ label: "full", value: 1 }];
/** File systems that hold data, not those that the kernel makes up. */
const DISKS = 'fstype!~"tmpfs|overlay|squashfs|ramfs|iso9660", mountpoint!~"/(proc|sys|dev|run).*"';
/** What the API server answers at once: a watch lasts as long as somebody watches. */
const AT_ONCE = 'verb!~"WATCH|CONNECT"';

/** What pods that are not done ask for, as a share of what their node has. */
const asked = (resource: "cpu" | "memory"): string =>
  `sum by (node) (kube_pod_container_resource_requests{resource="${resource}"} * on (namespace, pod) group_left () (kube_pod_status_phase{phase=~"Pending|Running"} == 1)) / sum by (node) (kube_node_status_allocatable{resource="${resource}"})`;

/** What is wrong on a cluster at this moment: its alerts, nodes, pods and jobs. */
export const CLUSTER_FIGURES: readonly PromWidget[] = [
  // What somebody is told: the default rules call it critical and warning.
  count("Alerts", 'count(ALERTS{alertstate="firing", severity=~"page|critical|ticket|warning"})'),
  count("Nodes not ready", 'sum(kube_node_status_condition{condition="Ready", status=~"false|unknown"})'),
  count("Pods that wait", 'sum(kube_pod_status_phase{phase="Pending"})'),
  count(
    "Jobs failed in a day",
    'count(kube_job_failed{condition="true"} == 1 and on (namespace, job_name) (time() - kube_job_status_start_time < 86400))',
  ),
];

const ROWS: readonly DashboardRow<PromWidget>[] = [
  { height: 4, widgets: CLUSTER_FIGURES },
  {
    widgets: [
      graph(
        "Nodes: processors in use",
        "ratio",
        [query('1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', "{{instance}}")],
        { marks: FULL },
      ),
      graph(
        "Nodes: memory in use",
        "ratio",
        [query("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "{{instance}}")],
        { marks: FULL },
      ),
      graph(
        "Nodes: file systems in use",
        "ratio",
        [
          query(
            `1 - node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes{${DISKS}}`,
            "{{instance}} {{mountpoint}}",
          ),
        ],
        { marks: FULL },
      ),
    ],
  },
  {
    widgets: [
      graph("Nodes: processors that pods ask for", "ratio", [query(asked("cpu"), "{{node}}")], { marks: FULL }),
      graph("Nodes: memory that pods ask for", "ratio", [query(asked("memory"), "{{node}}")], { marks: FULL }),
      graph("Nodes: network, out", "bytes per second", [
        query(
          'sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[$__rate_interval]))',
          "{{instance}}",
        ),
      ]),
    ],
  },
  {
    widgets: [
      graph(
        "Namespaces: processors in use",
        "cores",
        [
          query(
            'sum by (namespace) (rate(container_cpu_usage_seconds_total{container!=""}[$__rate_interval]))',
            "{{namespace}}",
          ),
        ],
        { stacked: true },
      ),
      graph(
        "Namespaces: memory in use",
        "bytes",
        [query('sum by (namespace) (container_memory_working_set_bytes{container!=""})', "{{namespace}}")],
        { stacked: true },
      ),
      graph("Pods by state", "count", [query("sum by (phase) (kube_pod_status_phase)", "{{phase}}")], {
        stacked: true,
      }),
    ],
  },
  {
    widgets: [
      graph("Restarts in the last hour", "count", [
        query(
          "sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[1h])) > 0",
          "{{namespace}} {{pod}}",
        ),
      ]),
      graph("Replicas, and their maximum", "count", [
        query("kube_horizontalpodautoscaler_status_current_replicas", "{{horizontalpodautoscaler}}"),
        query("kube_horizontalpodautoscaler_spec_max_replicas", "{{horizontalpodautoscaler}} at most"),
      ]),
      graph(
        "Volumes in use",
        "ratio",
        [
          query(
            "1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes",
            "{{namespace}} {{persistentvolumeclaim}}",
          ),
        ],
        { marks: FULL },
      ),
    ],
  },
  {
    widgets: [
      graph(
        "API server: answers by code",
        "operations per second",
        [query("sum by (code) (rate(apiserver_request_total[$__rate_interval]))", "{{code}}")],
        { stacked: true },
      ),
      graph("API server: slowest hundredth", "seconds", [
        query(
          `histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket{${AT_ONCE}}[$__rate_interval])))`,
          "{{verb}}",
        ),
      ]),
    ],
  },
];

/** `opsdx-<env>-clusters`: nodes, pods, volumes and the API server of the cluster that the reader chooses. */
export class ClustersDashboard extends Construct {
  public constructor(scope: Construct, id: string, { monitoring, region }: ClustersDashboardProps) {
    super(scope, id);
    new GrafanaDashboard(this, "Resource", {
      name: `${monitoring.namePrefix}-clusters`,
      title: dashboardTitle(monitoring.environment, "Clusters"),
      region,
      rows: ROWS,
    });
  }
}
