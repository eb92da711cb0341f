import type { ConcourseConfig } from "../../../config/schema/concourse";
import { namePrefix } from "../../../config/names";
import type { Construct } from "../../shared/cdktf";
import { GrafanaDashboard } from "../../shared/observability/dashboard";
import { dashboardTitle, type PromQuery, type PromWidget } from "../../shared/observability/dashboard-model";
import { CONCOURSE, WORKERS_NAMESPACE } from "./names";

/** Short name of the cluster that it runs on. */
const CLUSTER = "k8s";

/** What the dashboard is made from. */
export interface ConcourseDashboardProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Region of the environment. */
  readonly region: string;
  /** Settings. */
  readonly config: ConcourseConfig;
}

const metric = (name: string, labels = ""): string => `concourse_${name}{namespace="${CONCOURSE}"${labels}}`;
const query = (expression: string, legend: string): PromQuery => ({ expression, legend });
const graph = (title: string, unit: PromWidget["unit"], ...queries: readonly PromQuery[]): PromWidget => ({
  kind: "prom",
  title,
  unit,
  queries,
  cluster: CLUSTER,
});

/** The dashboard `opsdx-<env>-concourse`: are there workers, what is built and how long it takes, and do the servers answer? */
export function concourseDashboard(scope: Construct, { config, environment, region }: ConcourseDashboardProps): void {
  const memory = (namespace: string): string =>
    `sum by (pod) (container_memory_working_set_bytes{namespace="${namespace}", container!=""})`;
  new GrafanaDashboard(scope, "Dashboard", {
    name: `${namePrefix(environment)}-${CONCOURSE}`,
    title: dashboardTitle(environment, "Concourse"),
    region,
    rows: [
      {
        widgets: [
          {
            // The servers' numbers differ for a minute or two: only the one that counted last has the present one.
            ...graph("Workers", "count", query(`min by (state) (${metric("workers_registered")})`, "{{state}}")),
            marks: [{ label: "wanted", value: config.workers.replicas }],
          },
          graph(
            "Steps that wait for a worker",
            "count",
            query(`sum by (type) (${metric("steps_waiting", ', type!="check"')})`, "{{type}}"),
          ),
          graph("Builds that run", "count", query(`sum(${metric("builds_running")})`, "builds")),
        ],
      },
      {
        widgets: [
          graph(
            "Builds that ended, an hour",
            "count",
            ...["succeeded", "failed", "errored", "aborted"].map((how) =>
              query(`sum(increase(${metric(`builds_${how}_total`)}[1h]))`, how),
            ),
          ),
          graph(
            "Length of builds",
            "seconds",
            query(
              `histogram_quantile(0.9, sum by (le, pipeline, job) (rate(${metric("builds_duration_seconds_bucket")}[6h])))`,
              "p90 {{pipeline}}/{{job}}",
            ),
          ),
          graph(
            "Response time of the servers",
            "seconds",
            query(
              `histogram_quantile(0.99, sum by (le) (rate(${metric("http_responses_duration_seconds_bucket")}[$__rate_interval])))`,
              "p99",
            ),
          ),
        ],
      },
      {
        widgets: [
          graph(
            "Connections to the database",
            "count",
            query(`sum by (dbname) (${metric("db_connections")})`, "{{dbname}}"),
          ),
          graph("Memory of the servers", "bytes", query(memory(CONCOURSE), "{{pod}}")),
          graph("Memory of the workers", "bytes", query(memory(WORKERS_NAMESPACE), "{{pod}}")),
        ],
      },
    ],
  });
}
