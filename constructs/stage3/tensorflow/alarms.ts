import type { ModelConfig } from "../../../config/schema/tensorflow";
import type { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import { placeholder } from "../../shared/observability/placeholders";
import { PrometheusAlarm } from "../../shared/observability/prometheus-alarm";
import type { PrometheusRules, RuleCase } from "../../shared/prometheus/rules";
import type { TensorflowCommands } from "./commands";
import { TENSORFLOW } from "./names";

/** What the alarms are made from. */
export interface AlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The rules of the cluster's Prometheus. */
  readonly rules: PrometheusRules;
  /** Commands that help. */
  readonly commands: TensorflowCommands;
}

/**
 * The alarms of a model that is served. Latency is in microseconds; a server loads one version when it starts, so that the counted loads of those
 * that run say which it is.
 * @see https://github.com/tensorflow/serving/blob/2.20.0/tensorflow_serving/servables/tensorflow/util.cc
 * @see https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/cc/saved_model/loader.cc
 */
export function modelAlarms(
  scope: Construct,
  model: string,
  config: ModelConfig,
  { commands, monitoring, rules }: AlarmsProps,
): void {
  const { rollback, serving } = commands;
  const shared = { monitoring, rules };
  const available = `kube_deployment_status_replicas_available{namespace="${TENSORFLOW}", deployment="${model}"}`;
  new PrometheusAlarm(scope, constructId("available", model), {
    ...shared,
    name: `model-unavailable-${model}`,
    kind: "model-unavailable",
    intent: `No server of the model ${model} has its version loaded: whoever asks gets no answer.`,
    severity: "page",
    steps: [
      [
        "What do the servers say?",
        serving(`get pods -l app=${model} -o wide`),
        serving(`describe pods -l app=${model}`),
        serving(`logs -l app=${model} --tail=100`),
      ],
      "Pending: no node of the group has room, and EC2 or the group's maximum gives no other. MountVolume: the file system; see the page of NFS.",
      ["`Failed to load`, or OOMKilled: the version. Go back to the one before:", rollback(model)],
    ],
    expr: (servers) => `(sum(${available}) or vector(0)) < ${servers}`,
    threshold: 1,
    largerIsWeaker: false,
    forMinutes: 5,
    cases: () => [
      {
        name: "the last server goes, and comes back",
        series: { [available]: "1x9 0x20 1x20" },
        alerts: { 9: [], 12: [], 20: [{}], 40: [] },
      },
    ],
  });
  const bucket = (le: string): string =>
    `:tensorflow:serving:request_latency_bucket{service="${model}", model_name="${model}", API="predict", entrypoint="REST", le="${le}"}`;
  new PrometheusAlarm(scope, constructId("latency", model), {
    ...shared,
    name: `model-slow-${model}`,
    kind: "model-slow",
    intent: `One of a hundred requests to the model ${model} takes longer than it should.`,
    severity: "ticket",
    steps: [
      [
        "More requests than before? Then its autoscaler is at its maximum, or waits for nodes:",
        serving(`get hpa ${model}`),
      ],
      "As many as before: a new version that computes more, or `batching`, which lets requests wait for others.",
      ["A new version:", rollback(model)],
      "It stays: `replicas` or `pod` of the model in the configuration.",
    ],
    expr: (seconds) =>
      `histogram_quantile(0.99, sum by (le) (rate(:tensorflow:serving:request_latency_bucket{service="${model}"}[5m]))) / 1e6 > ${seconds}`,
    threshold: config.p99Seconds,
    thresholdSetting: `tensorflow.serving.models.${model}.p99Seconds`,
    forMinutes: 10,
    cases: (seconds) => {
      const fast = `${Math.round(seconds * 1e5)}`;
      const slow = `${Math.round(seconds * 1e7)}`;
      return [
        {
          name: "every second request becomes slow, and fast again",
          series: {
            [bucket(fast)]: "0+100x30 3000+50x30 4500+100x40",
            [bucket(slow)]: "0+100x100",
            [bucket("+Inf")]: "0+100x100",
          },
          alerts: { 20: [], 50: [{}], 90: [] },
        },
      ];
    },
  });
  const loaded = (pod: string, version: number): string =>
    `:tensorflow:cc:saved_model:load_attempt_count{service="${model}", pod="${pod}", model_path="/models/${model}/${version}", status="success"}`;
  new PrometheusAlarm(scope, constructId("skew", model), {
    ...shared,
    name: `model-versions-differ-${model}`,
    kind: "model-versions-differ",
    intent: `Servers of the model ${model} have had different versions for half an hour: the same patient gets different answers.`,
    severity: "ticket",
    steps: [
      [
        "Which have which?",
        serving(`get pods -l app=${model} -L version`),
        serving(`rollout status deployment/${model}`),
      ],
      [
        "A rollout stands: its new pods never become ready. Why?",
        serving(`logs -l app=${model},version=${placeholder("version")} --tail=100`),
      ],
      ["The new version does not load: go back.", rollback(model)],
    ],
    expr: (versions) =>
      `count(count by (model_path) (:tensorflow:cc:saved_model:load_attempt_count{service="${model}", status="success"})) > ${versions}`,
    threshold: 1,
    forMinutes: 30,
    cases: () => [
      {
        name: "a rollout stands, and goes on",
        series: { [loaded("a", 3)]: "1x60 _x40", [loaded("b", 4)]: "_x10 1x90" },
        alerts: { 9: [], 30: [], 50: [{}], 80: [] },
      },
    ],
  });
}

/** Hours over which a GPU that does little is told of. */
const IDLE_HOURS = 6;

/** The alarms of GPUs, by what DCGM tells of them. Labels of pods come and go with Jobs: a GPU is known by its node and its number. */
export function gpuAlarms(
  scope: Construct,
  { commands, idlePercent, monitoring, rules }: AlarmsProps & { readonly idlePercent: number },
): void {
  const { training } = commands;
  const shared = { monitoring, rules, severity: "ticket" } as const;
  const one = { Hostname: "gpu-1", gpu: "0" };
  const series = (metric: string, more = ""): string => `${metric}{Hostname="gpu-1", gpu="0"${more}}`;
  const by = "by (Hostname, gpu)";
  new PrometheusAlarm(scope, "GpuIdle", {
    ...shared,
    name: "gpu-idle",
    intent: `A GPU was busy for less than ${idlePercent} % of ${IDLE_HOURS} hours: it is paid for, and nobody uses it.`,
    steps: [
      ["What runs there?", training("get pods -o wide"), commands.gpuNodes],
      "A Job that computes on processors: its program does not see the GPU, or waits for its data. Its log says which at its start.",
      ["One that hangs: it is started again from its last checkpoint.", training(`delete pod ${placeholder("pod")}`)],
      "No pod that asks for a GPU: the autoscaler should have taken the node away; its log says why not.",
    ],
    expr: (percent) =>
      `sum ${by} (sum_over_time(DCGM_FI_DEV_GPU_UTIL[${IDLE_HOURS}h])) / sum ${by} (count_over_time(DCGM_FI_DEV_GPU_UTIL[${IDLE_HOURS}h])) < ${percent}
        and on (Hostname, gpu) count ${by} (DCGM_FI_DEV_GPU_UTIL offset ${IDLE_HOURS}h)
        and on (Hostname, gpu) count ${by} (DCGM_FI_DEV_GPU_UTIL)`,
    threshold: idlePercent,
    largerIsWeaker: false,
    thresholdSetting: "tensorflow.idleGpuPercent",
    forMinutes: 5,
    cases: (percent): readonly RuleCase[] => [
      {
        name: "a Job ends, its pod's labels with it, and another begins",
        series: {
          [series("DCGM_FI_DEV_GPU_UTIL", ', pod="a"')]: `${percent + 50}x120 _x900`,
          [series("DCGM_FI_DEV_GPU_UTIL")]: `_x121 0x500 _x400`,
          [series("DCGM_FI_DEV_GPU_UTIL", ', pod="b"')]: `_x622 ${percent + 80}x400`,
        },
        alerts: { 100: [], 360: [], 500: [one], 800: [] },
      },
      {
        name: "a node that has just come",
        series: { [series("DCGM_FI_DEV_GPU_UTIL")]: "0x100" },
        alerts: { 60: [] },
      },
    ],
  });
  new PrometheusAlarm(scope, "GpuXid", {
    ...shared,
    name: "gpu-xid-error",
    intent: "A GPU reported an XID error: a Job's own mistake, or hardware that fails.",
    steps: [
      [
        "Which error? NVIDIA's list tells what each means: https://docs.nvidia.com/deploy/xid-errors/",
        commands.kernelLog,
      ],
      "13, 31, 43, 45: the program's own mistake; its Job failed, and its log says where.",
      [
        "48, 63, 64, 74, 79, 94, 95: the hardware. Put the node aside; a new one takes its place, and its Job goes on from its last checkpoint.",
        commands.drain,
      ],
    ],
    expr: (errors) => `max ${by} (DCGM_FI_DEV_XID_ERRORS) > ${errors}`,
    threshold: 0,
    forMinutes: 1,
    cases: () => [
      {
        name: "an error, then the node is gone",
        series: { [series("DCGM_FI_DEV_XID_ERRORS")]: "0x9 79x20 _x20" },
        alerts: { 9: [], 15: [one], 45: [] },
      },
    ],
  });
  new PrometheusAlarm(scope, "GpuMemory", {
    ...shared,
    name: "gpu-memory-full",
    intent: "A GPU's memory has been full for half an hour: the next larger batch ends the Job.",
    steps: [
      ["Whose Job is it?", training("get pods -o wide")],
      "Programs of this cluster take memory as they need it (`TF_FORCE_GPU_ALLOW_GROWTH`), so it is needed: a smaller batch, or mixed precision; of GPUs with more memory another machine type.",
    ],
    expr: (share) => `max ${by} (DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)) > ${share}`,
    threshold: 0.95,
    forMinutes: 30,
    cases: () => [
      {
        name: "it fills, and is freed",
        series: {
          [series("DCGM_FI_DEV_FB_USED")]: "9000x9 23000x50 100x20",
          [series("DCGM_FI_DEV_FB_FREE")]: "15000x9 500x50 23400x20",
        },
        alerts: { 9: [], 30: [], 50: [one], 70: [] },
      },
    ],
  });
}
