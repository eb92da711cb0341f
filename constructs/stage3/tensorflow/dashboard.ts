import { namePrefix } from "../../../config/names";
import type { Construct } from "../../shared/cdktf";
import { GrafanaDashboard } from "../../shared/observability/dashboard";
import { dashboardTitle, type PromQuery, type PromWidget } from "../../shared/observability/dashboard-model";
import { CLUSTER, TENSORFLOW, TRAINING_NAMESPACE } from "./names";

/** What the dashboard is made from. */
export interface TensorflowDashboardProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Region of the environment. */
  readonly region: string;
}

const query = (expression: string, legend: string): PromQuery => ({ expression, legend });
const MIB = 1024 ** 2;

/** The dashboard `opsdx-<env>-tensorflow`: do the models answer, with which versions, and do the GPUs work? */
export function tensorflowDashboard(scope: Construct, { environment, region }: TensorflowDashboardProps): void {
  const graph = (title: string, unit: PromWidget["unit"], ...queries: readonly PromQuery[]): PromWidget => ({
    kind: "prom",
    title,
    unit,
    queries,
    cluster: CLUSTER,
  });
  const latency = (quantile: number): PromQuery =>
    query(
      `histogram_quantile(${quantile}, sum by (le, model_name) (rate(:tensorflow:serving:request_latency_bucket[$__rate_interval]))) / 1e6`,
      `p${quantile * 100} {{model_name}}`,
    );
  const gpu = (expression: string): PromQuery => query(expression, "{{Hostname}} {{gpu}}");
  new GrafanaDashboard(scope, "Dashboard", {
    name: `${namePrefix(environment)}-tensorflow`,
    title: dashboardTitle(environment, "TensorFlow"),
    region,
    rows: [
      {
        widgets: [
          graph(
            "Servers that answer",
            "count",
            query(
              `sum by (deployment) (kube_deployment_status_replicas_available{namespace="${TENSORFLOW}"})`,
              "{{deployment}}",
            ),
          ),
          graph(
            "Servers by version",
            "count",
            query(
              `count by (model_path) (:tensorflow:cc:saved_model:load_attempt_count{status="success"})`,
              "{{model_path}}",
            ),
          ),
          graph(
            "Requests",
            "operations per second",
            query(
              `sum by (model_name) (rate(:tensorflow:serving:request_latency_count[$__rate_interval]))`,
              "{{model_name}}",
            ),
          ),
          graph("Time of an answer", "seconds", latency(0.5), latency(0.99)),
        ],
      },
      {
        widgets: [
          graph("Work of the GPUs", "percent", gpu("DCGM_FI_DEV_GPU_UTIL")),
          graph("Memory of the GPUs", "bytes", gpu(`DCGM_FI_DEV_FB_USED * ${MIB}`)),
          graph("Last error of a GPU (XID)", "count", gpu("DCGM_FI_DEV_XID_ERRORS")),
        ],
      },
      {
        widgets: [
          graph(
            "Trainings that run",
            "count",
            query(`sum by (job_name) (kube_job_status_active{namespace="${TRAINING_NAMESPACE}"})`, "{{job_name}}"),
          ),
          graph(
            "Memory of servers and trainings",
            "bytes",
            query(
              `sum by (pod) (container_memory_working_set_bytes{namespace=~"${TENSORFLOW}|${TRAINING_NAMESPACE}", container!=""})`,
              "{{pod}}",
            ),
          ),
        ],
      },
    ],
  });
}
