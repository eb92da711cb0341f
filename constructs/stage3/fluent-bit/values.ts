import { readFileSync } from "node:fs";
import path from "node:path";
import { imageParts } from "../../../config/images";
import type { AcceptedRendering } from "../../shared/helm/accepted-rendering";
import { AGENT_REQUESTS } from "../../../config/requests/cluster-agents";
import type { HelmValue, PinnedChart } from "../../shared/helm/helm-release";
import { ROLE_ANNOTATION } from "../../shared/kubernetes/pod";
import { ROOT_CONTAINER } from "../../shared/kubernetes/pod-security";
import { AUDIT_LOG_FOLDER } from "../../shared/kubernetes/audit-log";
import { HTTP_PORT, JOURNAL_FOLDER, LOG_FOLDERS, pipeline, render, SCRIPT, STATE_FOLDER } from "./pipeline";

/** The chart of fluent-bit 5.1.1. */
export const FLUENT_BIT_CHART: PinnedChart = {
  name: "fluent-bit",
  version: "0.58.1",
  repository: "https://fluent.github.io/helm-charts",
};

/** Name of the release, its DaemonSet and its service account. */
export const FLUENT_BIT = "fluent-bit";

/** Its image, as the chart names one. */
export function fluentBitImage(): HelmValue {
  const { registry, repository, tag, digest } = imageParts("fluent-bit");
  return { repository: `${registry}/${repository}`, tag, digest };
}

/** What `opsdx charts check` finds in it and cannot be otherwise. */
export const FLUENT_BIT_ACCEPTED: readonly AcceptedRendering[] = [
  {
    rule: "RenderedNonRoot",
    on: "DaemonSet/fluent-bit/fluent-bit",
    reason:
      "Logs of a node belong to root and nobody else may read them. It has no capability, so it is no more than their owner.",
  },
  {
    rule: "RenderedNoHostPath",
    on: "DaemonSet/fluent-bit",
    reason:
      "It reads its node's logs, read-only, and keeps how far it has read in a folder of its own that outlives the pod.",
  },
];

/** What it reads beside the containers' logs. */
const MORE_FOLDERS = [AUDIT_LOG_FOLDER, JOURNAL_FOLDER] as const;

/** What the values are made from. */
export interface FluentBitValuesProps {
  /** Full name of the cluster, for example `k8s-ml.dev.opsdx.io`. */
  readonly clusterName: string;
  /** Namespace of the release. */
  readonly namespace: string;
  /** Region of the log group. */
  readonly region: string;
  /** Name of the log group of containers. */
  readonly logGroupName: string;
  /** Name of the log group of the API's audit log. */
  readonly auditGroupName: string;
  /** Name of the log group of the nodes' journals. */
  readonly nodeGroupName: string;
  /** First part of the streams' names. */
  readonly streamRoot: string;
  /** ARN of the role of the service account. */
  readonly roleArn: string;
}

/** How a fluent-bit is looked at: by the kubelet, and by Prometheus. */
export const WATCHED = {
  livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  readinessProbe: { httpGet: { path: "/api/v2/health", port: "http" }, periodSeconds: 10, timeoutSeconds: 5 },
  metricsPort: HTTP_PORT,
  service: {
    port: HTTP_PORT,
    annotations: {
      "prometheus.io/scrape": "true",
      "prometheus.io/port": String(HTTP_PORT),
      "prometheus.io/path": "/api/v2/metrics/prometheus",
    },
  },
} as const;

/** The chart's values. */
export function fluentBitValues(props: FluentBitValuesProps): Readonly<Record<string, HelmValue>> {
  const config = Object.entries(pipeline(props)).map(([part, sections]) => [part, render(sections)]);
  return {
    kind: "DaemonSet",
    image: fluentBitImage(),
    fullnameOverride: FLUENT_BIT,
    // Its test pod pulls an image without a version.
    testFramework: { enabled: false },
    serviceAccount: { create: true, name: FLUENT_BIT, annotations: { [ROLE_ANNOTATION]: props.roleArn } },
    // May read pods and namespaces: the kubernetes filter asks for the pods' annotations.
    rbac: { create: true, nodeAccess: false, eventsAccess: false },
    // Logs are files of root that others cannot read.
    securityContext: ROOT_CONTAINER,
    priorityClassName: "system-node-critical",
    // Every node has logs: control planes, groups of their own, and nodes that are about to go.
    tolerations: [{ operator: "Exists" }],
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%" } },
    terminationGracePeriodSeconds: 30,
    resources: { requests: AGENT_REQUESTS["fluent-bit"], limits: { memory: "384Mi" } },
    env: [
      { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: "CLUSTER", value: props.clusterName },
      { name: "STREAM_ROOT", value: props.streamRoot },
    ],
    ...WATCHED,
    // In place of the chart's: the folders it reads, and one of its own that outlives the pod.
    daemonSetVolumes: [
      ...LOG_FOLDERS.map((folder) => ({ name: volume(folder), hostPath: { path: folder, type: "Directory" } })),
      // Workers have no audit log: an empty folder stands for it.
      ...MORE_FOLDERS.map((folder) => ({
        name: volume(folder),
        hostPath: { path: folder, type: "DirectoryOrCreate" },
      })),
      { name: "state", hostPath: { path: STATE_FOLDER, type: "DirectoryOrCreate" } },
    ],
    daemonSetVolumeMounts: [
      ...[...LOG_FOLDERS, ...MORE_FOLDERS].map((folder) => ({
        name: volume(folder),
        mountPath: folder,
        readOnly: true,
      })),
      { name: "state", mountPath: STATE_FOLDER },
    ],
    luaScripts: { [SCRIPT]: readFileSync(path.join(__dirname, SCRIPT), "utf8") },
    config: Object.fromEntries(config) as Record<string, string>,
  };
}

const volume = (folder: string): string => folder.slice(1).replaceAll("/", "-");
