import { placeholder } from "../../shared/observability/placeholders";
import type { RuleCase } from "../../shared/prometheus/rules";
import type { ClusterAlarm, ClusterCommands } from "./alarms";

const DAY_SECONDS = 86_400;

/**
 * Days that the certificates of a node's kubelet hold at least, which kops makes when the node joins, and never again; up to 30 more follow from
 * its address.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/cmd/kops-controller/pkg/server/server.go
 */
const CERTIFICATE_DAYS = 455;

/** Days before that in which a node is replaced. */
const NOTICE_DAYS = 14;

/** Label by which kube-state-metrics knows the group of a node, from kops' label. */
const GROUP_LABEL = "label_kops_k8s_io_instancegroup";

/** What is wrong with a cluster itself: nodes, control plane, autoscaler. */
export function clusterAlarms(
  { on, system }: ClusterCommands,
  nodeGroups: Readonly<Record<string, { readonly minSize: number; readonly maxSize: number }>>,
): Readonly<Record<string, ClusterAlarm>> {
  return {
    NodeNotReady: {
      name: "node-not-ready",
      intent:
        "A node has not been ready for 10 minutes: its pods are moved, and what only it has (a volume, a GPU) is gone until it is back.",
      severity: "ticket",
      steps: [
        ["Which one, and since when?", on("get nodes -o wide"), on(`describe node ${placeholder("node")}`)],
        "The instance is gone: the node goes by itself. It is there: its journal in CloudWatch, log group of the nodes, says what its kubelet does.",
        [
          "It does not come back: drain it, and its auto scaling group replaces it.",
          on(`drain ${placeholder("node")} --ignore-daemonsets --delete-emptydir-data`),
        ],
        "Several at once in one zone: AWS Health, then the page of the network.",
      ],
      expr: (ready) => `max by (node) (kube_node_status_condition{condition="Ready",status="true"}) < ${ready}`,
      threshold: 1,
      largerIsWeaker: false,
      forMinutes: 10,
      cases: (): readonly RuleCase[] => [
        {
          name: "it is lost, and comes back",
          series: { 'kube_node_status_condition{node="a",condition="Ready",status="true"}': "1x9 0x20 1x20" },
          alerts: { 9: [], 15: [], 25: [{ node: "a" }], 35: [] },
        },
      ],
    },
    CertificateExpiring: {
      name: "certificate-expiring",
      intent: `A node is ${CERTIFICATE_DAYS - NOTICE_DAYS} days old: from day ${CERTIFICATE_DAYS} on its certificates may have run out, and it falls out of the cluster then. They come anew with the node, and in no other way.`,
      severity: "ticket",
      steps: [
        ["How old are the nodes?", on("get nodes --sort-by=.metadata.creationTimestamp")],
        "Replace the node: a rolling update of its instance group, as the page of the clusters says.",
        "It is to come by itself: set `maxInstanceLifetimeDays` of the group in the configuration.",
      ],
      // No kubelet tells when its certificates run out: they tell of certificates that they renew themselves, and kops gives them each.
      expr: (seconds) => `max by (node) (time() - kube_node_created) > ${seconds}`,
      threshold: (CERTIFICATE_DAYS - NOTICE_DAYS) * DAY_SECONDS,
      forMinutes: 15,
      cases: (seconds): readonly RuleCase[] => [
        {
          name: "a node gets old, and is replaced",
          series: {
            // Time begins at 0: one of them was there before.
            'kube_node_created{node="a"}': `${600 - seconds}x40`,
            'kube_node_created{node="b"}': "_x40 2400x20",
          },
          alerts: { 9: [], 30: [{ node: "a" }], 55: [] },
        },
      ],
    },
    EtcdSlow: {
      name: "etcd-slow",
      intent:
        "One of a hundred requests of the API server to etcd takes longer than 100 ms: everything that changes the cluster gets slow.",
      severity: "ticket",
      steps: [
        [
          "Its own words; `slow fdatasync` names the disk, `took too long` a request.",
          system("logs -l k8s-app=etcd-manager-main --tail=100"),
        ],
        "The volumes: CloudWatch > EBS, VolumeQueueLength and BurstBalance of the etcd volumes. The control plane's processor: EC2, CPUUtilization and CPUCreditBalance.",
        "A program that asks for everything over and over: the saved query on the API's audit log, by user.",
      ],
      expr: (seconds) =>
        `histogram_quantile(0.99, sum by (le) (rate(etcd_request_duration_seconds_bucket[5m]))) > ${seconds}`,
      threshold: 0.1,
      forMinutes: 10,
      cases: (): readonly RuleCase[] => [
        {
          name: "its disk gets slow, and fast again",
          series: {
            'etcd_request_duration_seconds_bucket{le="0.05"}': "0+100x10 1000x30 1000+100x30",
            'etcd_request_duration_seconds_bucket{le="0.5"}': "0+100x10 1000+100x30 4000+100x30",
            'etcd_request_duration_seconds_bucket{le="+Inf"}': "0+100x10 1000+100x30 4000+100x30",
          },
          alerts: { 10: [], 30: [{}], 60: [] },
        },
      ],
    },
    EtcdFilling: {
      name: "etcd-filling",
      intent:
        "etcd has used more than 60 % of the space that it may have: when it is full, the cluster can no longer be changed.",
      severity: "ticket",
      steps: [
        [
          "What is there so much of?",
          on("get --raw /metrics | grep '^apiserver_resource_objects' | sort -k2 -n | tail -5"),
        ],
        "Events, Jobs without an end, or leftovers of an operator: remove the cause, and what it left.",
        "It stays: the page of the clusters says how etcd is defragmented, one member after the other.",
      ],
      expr: (share) => `max by (job) (etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes) > ${share}`,
      threshold: 0.6,
      forMinutes: 15,
      cases: (): readonly RuleCase[] => [
        {
          name: "it fills, and is defragmented",
          series: {
            'etcd_mvcc_db_total_size_in_bytes{job="kube-etcd",instance="a"}': "10x9 70x30 10x20",
            'etcd_server_quota_backend_bytes{job="kube-etcd",instance="a"}': "100x60",
          },
          alerts: { 9: [], 30: [{ job: "kube-etcd" }], 45: [] },
        },
      ],
    },
    ApiErrors: {
      name: "api-errors",
      intent:
        "The API server answers with errors of its own, more than ten in five minutes: deployments, autoscalers and launches of ETLs may fail.",
      severity: "ticket",
      steps: [
        [
          "Is it there, and what does it say?",
          on("get --raw '/readyz?verbose'"),
          system("logs -l k8s-app=kube-apiserver --tail=100"),
        ],
        "Which requests? `resource` and `verb` of apiserver_request_total with a code of 5xx: an API of an add-on (metrics, webhooks) that is away, or etcd.",
        ["An API of an add-on:", on("get apiservices | grep -v True")],
      ],
      // A watch that ends by its time-out counts as 504, and is none.
      expr: (errors) => `sum(increase(apiserver_request_total{code=~"5..",verb!~"WATCH|CONNECT"}[5m])) > ${errors}`,
      threshold: 10,
      forMinutes: 5,
      cases: (): readonly RuleCase[] => [
        {
          name: "requests fail, and succeed again",
          series: { 'apiserver_request_total{code="500",verb="LIST"}': "0x9 0+10x20 200x30" },
          alerts: { 9: [], 25: [{}], 45: [] },
        },
        {
          name: "watches end",
          series: { 'apiserver_request_total{code="504",verb="WATCH"}': "0+100x30" },
          alerts: { 25: [] },
        },
      ],
    },
    AutoscalerErrors: {
      name: "cluster-autoscaler-errors",
      intent: "The cluster autoscaler fails: pods that need a node wait, or nodes that nobody needs go on costing.",
      severity: "ticket",
      steps: [
        ["What does it say?", system("logs -l app=cluster-autoscaler --tail=200")],
        "AccessDenied: its role; see the page of the clusters. InsufficientInstanceCapacity, MaxSpotInstanceCountExceeded: EC2 has none of that type or a quota is used up; take another type, or ask AWS for more.",
        "A node that does not register: the journal of its boot in CloudWatch.",
      ],
      expr: (errors) => `sum by (type, reason) (
          increase(cluster_autoscaler_errors_total[15m]) or increase(cluster_autoscaler_failed_scale_ups_total[15m])
        ) > ${errors}`,
      threshold: 0,
      forMinutes: 5,
      cases: (): readonly RuleCase[] => [
        {
          name: "EC2 has no capacity for a while",
          series: { 'cluster_autoscaler_failed_scale_ups_total{reason="cloudProviderError"}': "0x9 0+1x20 20x40" },
          alerts: { 9: [], 25: [{ reason: "cloudProviderError" }], 60: [] },
        },
      ],
    },
    NodeGroupAtMaximum: {
      name: "node-group-at-maximum",
      intent: `A node group has had as many nodes as it may have for 15 minutes: the next pod that needs room waits. \`${GROUP_LABEL}\` is the group.`,
      severity: "ticket",
      steps: [
        ["What fills it?", on(`describe nodes -l kops.k8s.io/instancegroup=${placeholder("group")}`)],
        "Needed: raise `maxSize` of the group in the configuration, and deploy stage2; the autoscaler learns it by a rolling update of its add-on, as the page of the clusters says.",
        "Not needed: what was started and never ended? Jobs without a deadline, builds, load tests.",
      ],
      expr: (share) =>
        Object.entries(nodeGroups)
          .filter(([, { maxSize, minSize }]) => maxSize > minSize)
          .map(
            ([group, { maxSize }]) =>
              `count by (${GROUP_LABEL}) (kube_node_labels{${GROUP_LABEL}="${group}"}) >= ${share} * ${maxSize}`,
          )
          .join(" or ") || "vector(0) > 0",
      threshold: 1,
      forMinutes: 15,
      cases: (): readonly RuleCase[] => {
        const [[group, { maxSize }] = ["none", { maxSize: 1 }]] = Object.entries(nodeGroups).filter(
          ([, { maxSize, minSize }]) => maxSize > minSize,
        );
        const nodes = Array.from({ length: maxSize }, (_, at) => at);
        return [
          {
            name: "it grows to its maximum, and shrinks",
            series: Object.fromEntries(
              nodes.map((at) => [
                `kube_node_labels{node="n${at}",${GROUP_LABEL}="${group}"}`,
                at === 0 ? "_x9 1x25 _x40" : "1x60",
              ]),
            ),
            alerts: { 9: [], 20: [], 30: [{ [GROUP_LABEL]: group }], 50: [] },
          },
        ];
      },
    },
  };
}
