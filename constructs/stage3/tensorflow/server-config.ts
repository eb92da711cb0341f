import { cpuMillis } from "../../../config/node-capacity";
import type { ModelConfig } from "../../../config/schema/tensorflow";
import { MODELS_FOLDER, PORTS } from "./names";

/** Folder of a server's configuration in its pod. */
export const CONFIG_FOLDER = "/etc/serving";

/** What a server serves. */
export interface ServedVersion {
  /** The model. */
  readonly model: string;
  /** The one version that it loads: a request that names none gets the highest that is loaded, so there is no second one. */
  readonly version: number;
  /** What the version is called. */
  readonly label: "stable" | "canary";
}

/**
 * The files of a server, as text of the messages ModelServerConfig, BatchingParameters and MonitoringConfig.
 * @see https://github.com/tensorflow/serving/blob/2.20.0/tensorflow_serving/config/model_server_config.proto
 * @see https://github.com/tensorflow/serving/blob/2.20.0/tensorflow_serving/servables/tensorflow/session_bundle_config.proto
 * @see https://github.com/tensorflow/serving/blob/2.20.0/tensorflow_serving/config/monitoring_config.proto
 */
export function serverFiles(
  { label, model, version }: ServedVersion,
  { batching, pod }: Pick<ModelConfig, "batching" | "pod">,
): Readonly<Record<string, string>> {
  const threads = Math.max(1, Math.ceil(cpuMillis(pod.cpu) / 1000));
  const lines = (...text: readonly string[]): string => `${text.join("\n")}\n`;
  return {
    "models.config": lines(
      "model_config_list {",
      "  config {",
      `    name: "${model}"`,
      `    base_path: "${MODELS_FOLDER}/${model}"`,
      '    model_platform: "tensorflow"',
      `    model_version_policy { specific { versions: ${version} } }`,
      `    version_labels { key: "${label}" value: ${version} }`,
      "  }",
      "}",
    ),
    "batching.config": lines(
      `max_batch_size { value: ${batching.maxSize} }`,
      `batch_timeout_micros { value: ${batching.timeoutMicros} }`,
      `max_enqueued_batches { value: ${batching.maxWaiting} }`,
      `num_batch_threads { value: ${threads} }`,
    ),
    "monitoring.config": lines('prometheus_config { enable: true path: "/metrics" }'),
  };
}

/**
 * How the server is started. A version that cannot be loaded ends it at once: the pod is never ready, and those of the former version stay.
 * @see https://github.com/tensorflow/serving/blob/2.20.0/tensorflow_serving/model_servers/main.cc
 */
export const SERVER_COMMAND: readonly string[] = [
  "tensorflow_model_server",
  `--port=${PORTS.grpc}`,
  `--rest_api_port=${PORTS.rest}`,
  `--model_config_file=${CONFIG_FOLDER}/models.config`,
  "--enable_batching=true",
  `--batching_parameters_file=${CONFIG_FOLDER}/batching.config`,
  `--monitoring_config_file=${CONFIG_FOLDER}/monitoring.config`,
  // Requests of the version's own file assets.extra/tf_serving_warmup_requests, before it is ready.
  "--enable_model_warmup=true",
  "--max_num_load_retries=0",
  // The label is given while the version loads.
  "--allow_version_labels_for_unavailable_models=true",
];

/** Path that answers 200 when this version has been loaded and warmed up: metadata are read from the loaded model. */
export function readyPath({ model, version }: ServedVersion): string {
  return `/v1/models/${model}/versions/${version}/metadata`;
}
