import { imageParts, type PublicImageName } from "../../../config/images";
import { ALERTMANAGER_VOLUME_GIB, PROMETHEUS_REQUESTS } from "../../../config/requests/prometheus";
import type { PrometheusConfig } from "../../../config/schema/prometheus";
import type { HelmValue } from "../../shared/helm/helm-release";
import { PRIORITY_CLASSES } from "../../shared/kubernetes/cluster-foundation";
import { ROLE_ANNOTATION } from "../../shared/kubernetes/pod";
import { PROMETHEUS } from "../../shared/kubernetes/prometheus-names";
import { RESTRICTED_CONTAINER } from "../../shared/kubernetes/pod-security";
import { ruleSpec, type PrometheusRule } from "../../shared/prometheus/rules";
import { PROBES } from "./charts";
import { alertsThatAre } from "./default-rules";
import { gateContainer, gateObjects, gateVolumes } from "./gate";
import { additionalMonitors, etcdEventsService, targetValues } from "./targets";

type Values = Readonly<Record<string, HelmValue>>;

/** What the stack's values are made from. */
export interface StackValuesProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Short name of the cluster. */
  readonly cluster: string;
  /** Full name of the cluster. */
  readonly clusterName: string;
  /** The settings. */
  readonly config: PrometheusConfig;
  /** What it needs on this cluster. */
  readonly instance: PrometheusConfig["clusters"]["k8s"];
  /** Namespace of the release. */
  readonly namespace: string;
  /** Namespace of agents that need their node. */
  readonly nodeAgents: string;
  /** ARN of Alertmanager's role. */
  readonly alertmanagerRoleArn: string;
  /** Alertmanager's configuration. */
  readonly alertmanager: Values;
  /** The rules beside the default ones. */
  readonly rules: readonly PrometheusRule[];
  /** Whether Grafana runs on this cluster, and takes the chart's dashboards from ConfigMaps. */
  readonly dashboards: boolean;
}

const sized = (name: keyof typeof PROMETHEUS_REQUESTS): HelmValue => ({
  requests: PROMETHEUS_REQUESTS[name],
  limits: { memory: PROMETHEUS_REQUESTS[name].memory },
});

/** An image as this chart's templates read it: the digest without its algorithm. */
function image(name: PublicImageName, digestKey: "sha" | "digest"): HelmValue {
  const { digest = "", registry, repository, tag } = imageParts(name);
  return { registry, repository, tag, [digestKey]: digestKey === "sha" ? digest.replace(/^sha256:/, "") : digest };
}

/** Pods of a kind stand apart: on other nodes by force where there are several, and in other zones where that is possible. */
const apart = (name: string, replicas: number): Record<string, HelmValue> => ({
  podAntiAffinity: replicas > 1 ? "hard" : "soft",
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { "app.kubernetes.io/name": name } },
    },
  ],
});

/** Keeps one while nodes are drained; one alone would keep its node from being drained. */
const disruption = (replicas: number): HelmValue =>
  replicas > 1 ? { enabled: true, minAvailable: 1 } : { enabled: false };

const volume = (size: string): HelmValue => ({
  volumeClaimTemplate: {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
  },
});

/** Values of kube-prometheus-stack. */
export function stackValues(props: StackValuesProps): Values {
  const { cluster, config, environment, instance, namespace } = props;
  const interval = `${config.scrapeSeconds}s`;
  const priorityClassName = PRIORITY_CLASSES.service.name;
  return {
    fullnameOverride: PROMETHEUS,
    cleanPrometheusOperatorObjectNames: true,
    // The release prometheus-operator-crds has them, which also upgrades them.
    crds: { enabled: false },
    // Grafana is a release of its own.
    grafana: { enabled: false, forceDeployDashboards: props.dashboards },
    defaultRules: { disabled: Object.fromEntries(alertsThatAre("off").map((alert) => [alert, true])) },
    additionalPrometheusRulesMap: {
      opsdx: { groups: [{ name: "opsdx", rules: props.rules.map((rule) => ({ ...ruleSpec(rule) })) }] },
    },
    ...targetValues(),
    "kube-state-metrics": kubeStateMetrics(),
    "prometheus-node-exporter": nodeExporter(props.nodeAgents),
    prometheusOperator: operator(),
    alertmanager: {
      serviceAccount: { annotations: { [ROLE_ANNOTATION]: props.alertmanagerRoleArn } },
      config: props.alertmanager,
      podDisruptionBudget: disruption(config.alertmanagers),
      alertmanagerSpec: {
        image: image("alertmanager", "sha"),
        replicas: config.alertmanagers,
        resources: sized("alertmanager"),
        storage: volume(`${ALERTMANAGER_VOLUME_GIB}Gi`),
        priorityClassName,
        ...apart("alertmanager", config.alertmanagers),
      },
    },
    prometheus: {
      podDisruptionBudget: disruption(instance.replicas),
      additionalServiceMonitors: additionalMonitors(props.nodeAgents),
      prometheusSpec: {
        image: image("prometheus", "sha"),
        replicas: instance.replicas,
        retention: `${config.retentionDays}d`,
        retentionSize: `${instance.retentionGib}GiB`,
        // Endpoints are on their way out: https://kubernetes.io/blog/2025/04/24/endpoints-deprecation/
        serviceDiscoveryRole: "EndpointSlice",
        scrapeInterval: interval,
        evaluationInterval: interval,
        externalLabels: { environment, cluster },
        resources: { requests: instance.pod, limits: { memory: instance.pod.memory } },
        storageSpec: volume(`${instance.volumeGib}Gi`),
        priorityClassName,
        ...apart("prometheus", instance.replicas),
        // A monitor that another chart brings needs no label of this release.
        ruleSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
        podMonitorSelectorNilUsesHelmValues: false,
        probeSelectorNilUsesHelmValues: false,
        scrapeConfigSelectorNilUsesHelmValues: false,
        // One target that tells too much takes the others' room.
        sampleLimit: MAX_SAMPLES_PER_TARGET,
        containers: [gateContainer()],
        volumes: gateVolumes(),
      },
    },
    extraManifests: [...gateObjects(namespace, `${PROMETHEUS}.${props.clusterName}`), etcdEventsService()],
  };
}

/** Several times what the largest target, an API server, tells as a rule. */
const MAX_SAMPLES_PER_TARGET = 200_000;

function kubeStateMetrics(): HelmValue {
  return {
    image: image("kube-state-metrics", "sha"),
    resources: sized("kube-state-metrics"),
    priorityClassName: PRIORITY_CLASSES.service.name,
    hostUsers: false,
    // It need not even know the names of secrets, and nobody looks at the others.
    collectorsExclude: ["secrets", "leases", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
    metricLabelsAllowlist: [
      "jobs=[etl]",
      "nodes=[kops.k8s.io/instancegroup,opsdx_nodegroup,topology.kubernetes.io/zone]",
    ],
    // Which group a pod waits for.
    extraArgs: ["--metric-opt-in-list=kube_pod_nodeselectors"],
  };
}

function nodeExporter(nodeAgents: string): HelmValue {
  return {
    fullnameOverride: `${PROMETHEUS}-node-exporter`,
    namespaceOverride: nodeAgents,
    image: { ...(image("node-exporter", "digest") as object), distroless: false },
    resources: sized("node-exporter"),
    priorityClassName: PRIORITY_CLASSES.agent.name,
    // Control planes, groups of their own, and nodes that are about to go.
    tolerations: [{ operator: "Exists" }],
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%" } },
    // It looks at files of the node, and at nobody's processes.
    hostPID: false,
    containerSecurityContext: { ...RESTRICTED_CONTAINER, seccompProfile: { type: "RuntimeDefault" } },
  };
}

function operator(): HelmValue {
  return {
    image: image("prometheus-operator", "sha"),
    resources: sized("operator"),
    // Rules are checked before they are deployed, and nobody else writes any: the webhooks would check them again, with a certificate that two
    // Jobs must make and renew first.
    admissionWebhooks: { enabled: false },
    tls: { enabled: false },
    kubeletEndpointsEnabled: false,
    kubeletEndpointSliceEnabled: true,
    hostUsers: false,
    networkPolicy: { enabled: false },
    prometheusConfigReloader: {
      image: image("config-reloader", "sha"),
      enableProbe: true,
      resources: sized("reloader"),
    },
  };
}

/** A host that is asked from inside of the cluster, as a browser asks it. */
export interface ProbedHost {
  /** Short name: the service behind it. */
  readonly name: string;
  /** The address, `https://…`. */
  readonly url: string;
}

/** Values of the blackbox exporter. */
export function probeValues(hosts: readonly ProbedHost[]): Values {
  return {
    fullnameOverride: PROBES,
    image: image("blackbox-exporter", "digest"),
    resources: sized("blackbox-exporter"),
    priorityClassName: PRIORITY_CLASSES.service.name,
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    config: {
      modules: {
        // Any answer of the host itself will do, a login page or a refusal: whether its service is well, its own alarms say.
        http_answers: {
          prober: "http",
          timeout: "10s",
          http: {
            follow_redirects: false,
            fail_if_not_ssl: true,
            preferred_ip_protocol: "ip4",
            valid_status_codes: [200, 204, 301, 302, 303, 307, 308, 401, 403],
          },
        },
      },
    },
    serviceMonitor: {
      selfMonitor: { enabled: true },
      enabled: hosts.length > 0,
      defaults: { module: "http_answers", interval: "30s", scrapeTimeout: "15s" },
      targets: hosts.map(({ name, url }) => ({ name, url })),
    },
  };
}
