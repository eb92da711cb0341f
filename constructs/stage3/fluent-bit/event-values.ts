import { AGENT_REQUESTS } from "../../../config/requests/cluster-agents";
import type { HelmValue } from "../../shared/helm/helm-release";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { ROLE_ANNOTATION } from "../../shared/kubernetes/pod";
import { cloudWatch, render, SERVICE, STATE_FOLDER, type Section } from "./pipeline";
import { fluentBitImage, WATCHED } from "./values";

/** Name of the release, its Deployment and its service account. */
export const EVENT_READER = "event-reader";

/** What the reader writes every minute of its own accord: events may be rare, silence must not be. */
export const HEARTBEAT = "reader.alive";
const HEARTBEAT_SECONDS = 60;

/** What the values are made from. */
export interface EventReaderValuesProps {
  /** Full name of the cluster, after which the stream is named. */
  readonly clusterName: string;
  /** Region of the log group. */
  readonly region: string;
  /** Name of the log group. */
  readonly logGroupName: string;
  /** ARN of the role of the service account. */
  readonly roleArn: string;
}

/** What runs in the reader, in the shape of the chart's value `config`. */
export function eventPipeline(props: EventReaderValuesProps): Readonly<Record<string, readonly Section[]>> {
  return {
    service: [SERVICE],
    inputs: [
      {
        kind: "INPUT",
        settings: {
          Name: "kubernetes_events",
          Tag: "event",
          // How far it has read: another pod begins with the last hour again, which is how long the API server keeps them.
          DB: `${STATE_FOLDER}/events.db`,
          kube_retention_time: "1h",
          "storage.type": "filesystem",
        },
      },
      {
        kind: "INPUT",
        settings: {
          Name: "dummy",
          Tag: "heartbeat",
          Dummy: JSON.stringify({ event: HEARTBEAT }),
          Interval_Sec: HEARTBEAT_SECONDS,
        },
      },
    ],
    filters: [
      { kind: "FILTER", settings: { Name: "record_modifier", Match: "*", Record: `cluster ${props.clusterName}` } },
    ],
    outputs: [
      cloudWatch(props.region, "*", props.logGroupName, {
        log_stream_name: props.clusterName,
        "storage.total_limit_size": "100M",
      }),
    ],
    customParsers: [],
  };
}

/**
 * The chart's values: one pod, since two would write everything twice. It needs nothing of its node, so it runs as nobody in a
 * namespace that asks for no less.
 */
export function eventReaderValues(props: EventReaderValuesProps): Readonly<Record<string, HelmValue>> {
  const config = Object.entries(eventPipeline(props)).map(([part, sections]) => [part, render(sections)]);
  return {
    kind: "Deployment",
    image: fluentBitImage(),
    priorityClassName: PRIORITY_CLASSES.service.name,
    replicaCount: 1,
    // The old one ends before the new one begins.
    updateStrategy: { type: "Recreate" },
    fullnameOverride: EVENT_READER,
    nameOverride: EVENT_READER,
    testFramework: { enabled: false },
    serviceAccount: { create: true, name: EVENT_READER, annotations: { [ROLE_ANNOTATION]: props.roleArn } },
    rbac: { create: true, nodeAccess: false, eventsAccess: true },
    podSecurityContext: { fsGroup: 65534 },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: 30,
    resources: { requests: AGENT_REQUESTS["event-reader"], limits: { memory: "256Mi" } },
    ...WATCHED,
    extraVolumes: [{ name: "state", emptyDir: { sizeLimit: "200Mi" } }],
    extraVolumeMounts: [{ name: "state", mountPath: STATE_FOLDER }],
    config: Object.fromEntries(config) as Record<string, string>,
  };
}
