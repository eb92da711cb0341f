import type { HelmValue } from "../../shared/helm/helm-release";
import { SECRETS_OPERATOR } from "../../shared/helm/service-secrets";
import { ALERTMANAGER, PROMETHEUS, PROMETHEUS_SERVER } from "../../shared/kubernetes/prometheus-names";
import { SCRAPED, SCRAPED_PORT } from "../../shared/prometheus/scraped";

/**
 * Ports of the machines themselves that Prometheus asks: kubelet, node exporter, controller manager, scheduler, and both etcd clusters, as
 * constructs/stage2/kops/manifest.ts opens them. The API server's is 443.
 */
export const MACHINE_PORTS = [10250, 9100, 10257, 10259, 2382, 2383] as const;

/** Ports of pods of `kube-system` that it asks: CoreDNS, and the cluster autoscaler. */
export const SYSTEM_PORTS = [9153, 8085] as const;

/** What Prometheus asks, by the job that the numbers are labelled with. */
export const TARGETS: readonly {
  /** Name of the job. */
  readonly job: string;
  /** Whether a local control plane has it, or why it is not asked at all. */
  readonly state: "here" | "not on a local control plane" | { readonly off: string };
}[] = [
  { job: "apiserver", state: "here" },
  { job: "kube-controller-manager", state: "here" },
  { job: "kube-scheduler", state: "here" },
  { job: "kube-etcd", state: "here" },
  { job: "kube-etcd-events", state: "not on a local control plane" },
  { job: "kube-state-metrics", state: "here" },
  { job: PROMETHEUS_SERVER.service, state: "here" },
  { job: ALERTMANAGER.service, state: "here" },
  { job: "prometheus-operator", state: "here" },
  { job: "kubelet", state: "not on a local control plane" },
  { job: "node-exporter", state: "not on a local control plane" },
  { job: "coredns", state: "not on a local control plane" },
  { job: "cluster-autoscaler", state: "not on a local control plane" },
  { job: SECRETS_OPERATOR.name, state: "not on a local control plane" },
  { job: "fluent-bit", state: "not on a local control plane" },
  { job: "dcgm-exporter", state: "not on a local control plane" },
  // Each by its own name: what the label below finds.
  { job: "services", state: "not on a local control plane" },
  { job: "blackbox-exporter", state: "not on a local control plane" },
  {
    job: "kube-proxy",
    state: {
      off: "kops' kube-proxy tells its numbers to its own node only (--metrics-bind-address 127.0.0.1). A node on which it fails is seen by probes and by its pods",
    },
  },
];

/** What the chart must know of a kops cluster to find its parts. */
export function targetValues(): Readonly<Record<string, HelmValue>> {
  // Names are those of the static pods' labels.
  // https://github.com/kubernetes/kops/blob/v1.36.2/nodeup/pkg/model/kube_scheduler.go
  // Their certificates are for names, and Prometheus asks addresses: it shows them a token, and no secret comes back.
  return {
    kubeControllerManager: {
      service: { selector: { "k8s-app": "kube-controller-manager" } },
      serviceMonitor: { https: true, insecureSkipVerify: true },
    },
    kubeScheduler: {
      service: { selector: { "k8s-app": "kube-scheduler" } },
      serviceMonitor: { https: true, insecureSkipVerify: true },
    },
    kubeEtcd: { service: { port: 2382, targetPort: 2382, selector: { "k8s-app": "etcd-manager-main" } } },
    kubeProxy: { enabled: false },
  };
}

/**
 * kops keeps events in an etcd cluster of their own. It has the labels by which the chart's monitor finds the other, and a job of its own: members
 * of both counted together would hide that one has lost its majority.
 */
export function etcdEventsService(): HelmValue {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: `${PROMETHEUS}-kube-etcd-events`,
      namespace: "kube-system",
      labels: {
        app: "kube-prometheus-stack-kube-etcd",
        release: PROMETHEUS,
        jobLabel: "kube-etcd-events",
      },
    },
    spec: {
      clusterIP: "None",
      selector: { "k8s-app": "etcd-manager-events" },
      ports: [{ name: "http-metrics", port: 2383, targetPort: 2383, protocol: "TCP" }],
    },
  };
}

/** Monitors of what this program, or kops, has put on the cluster. */
export function additionalMonitors(nodeAgents: string): readonly HelmValue[] {
  return [
    {
      name: "cluster-autoscaler",
      jobLabel: "k8s-app",
      selector: { matchLabels: { "app.kubernetes.io/name": "cluster-autoscaler" } },
      namespaceSelector: { matchNames: ["kube-system"] },
      endpoints: [{ port: "http" }],
    },
    {
      // Its own chart cannot make one: the secrets that it brings are here before this is.
      name: SECRETS_OPERATOR.name,
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: { "app.kubernetes.io/name": SECRETS_OPERATOR.name } },
      namespaceSelector: { matchNames: [SECRETS_OPERATOR.namespace] },
      endpoints: [{ port: "metrics" }],
    },
    {
      name: "fluent-bit",
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: { "app.kubernetes.io/name": "fluent-bit" } },
      namespaceSelector: { matchNames: [nodeAgents] },
      endpoints: [{ port: "http", path: "/api/v2/metrics/prometheus" }],
    },
    {
      // On a cluster that has GPUs.
      name: "dcgm-exporter",
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: { "app.kubernetes.io/name": "dcgm-exporter" } },
      namespaceSelector: { matchNames: [nodeAgents] },
      endpoints: [{ port: "metrics" }],
    },
    {
      // A service that wants to be asked says so by this label, at its port `prometheus`, and opens the way in its namespace.
      name: "services",
      selector: { matchLabels: SCRAPED },
      namespaceSelector: { any: true },
      endpoints: [{ port: SCRAPED_PORT }],
    },
  ];
}
