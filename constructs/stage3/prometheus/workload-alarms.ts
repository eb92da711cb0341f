import { placeholder } from "../../shared/observability/placeholders";
import type { RuleCase } from "../../shared/prometheus/rules";
import type { ClusterAlarm, ClusterCommands } from "./alarms";

/** Seconds for which a failed Job of nobody's is told: after that it is history. */
const DAY_SECONDS = 86_400;

const onJobs = "on (namespace, job_name)";

/** What is wrong with what runs on a cluster. */
export function workloadAlarms({ events, on }: ClusterCommands): Readonly<Record<string, ClusterAlarm>> {
  const describePod = on(`-n ${placeholder("namespace")} describe pod ${placeholder("pod")}`);
  return {
    AutoscalerAtMaximum: {
      name: "autoscaler-at-maximum",
      intent:
        "A workload has run with as many pods as its autoscaler may make for 15 minutes: more load will make it slow.",
      severity: "ticket",
      steps: [
        ["Which one, and how much above its aim?", on("get horizontalpodautoscalers -A")],
        "Load that stays: raise the maximum in the configuration (`web.replicas.max`), as far as its node group holds: the configuration refuses more.",
        "Load that should not be: the dashboard of the service, and its logs by caller.",
      ],
      // An autoscaler that may not scale at all is no news.
      expr: (share) =>
        `kube_horizontalpodautoscaler_status_desired_replicas
          >= ${share} * kube_horizontalpodautoscaler_spec_max_replicas
          and kube_horizontalpodautoscaler_spec_max_replicas > kube_horizontalpodautoscaler_spec_min_replicas`,
      threshold: 1,
      forMinutes: 15,
      cases: (): readonly RuleCase[] => [
        {
          name: "load comes, stays, and goes",
          series: {
            'kube_horizontalpodautoscaler_status_desired_replicas{namespace="default",horizontalpodautoscaler="web"}':
              "3x9 6x40 4x20",
            'kube_horizontalpodautoscaler_spec_max_replicas{namespace="default",horizontalpodautoscaler="web"}': "6x70",
            'kube_horizontalpodautoscaler_spec_min_replicas{namespace="default",horizontalpodautoscaler="web"}': "2x70",
          },
          alerts: { 9: [], 20: [], 30: [{ namespace: "default", horizontalpodautoscaler: "web" }], 60: [] },
        },
        {
          name: "one that may not scale",
          series: {
            'kube_horizontalpodautoscaler_status_desired_replicas{horizontalpodautoscaler="fixed"}': "2x40",
            'kube_horizontalpodautoscaler_spec_max_replicas{horizontalpodautoscaler="fixed"}': "2x40",
            'kube_horizontalpodautoscaler_spec_min_replicas{horizontalpodautoscaler="fixed"}': "2x40",
          },
          alerts: { 30: [] },
        },
      ],
    },
    PodsPending: {
      name: "pods-pending",
      intent:
        "Pods have waited for a node for 15 minutes; `nodeselector_opsdx_nodegroup` is the group that they wait for, and the general one where there is none.",
      severity: "ticket",
      steps: [
        [
          "Which pods, and what do they wait for?",
          on("get pods -A --field-selector=status.phase=Pending"),
          describePod,
        ],
        [
          "Insufficient cpu or memory: does the autoscaler add nodes? `TriggeredScaleUp` says yes, `NotTriggerScaleUp` why not.",
          events,
        ],
        "The group is at its maximum: raise `maxSize` of the group in the configuration. EC2 has no capacity: the autoscaler's log says so, and another machine type or zone is needed.",
        "A volume in another zone, or an image that cannot be pulled: the pod's events say which.",
      ],
      expr: (pods) => `sum by (nodeselector_opsdx_nodegroup) (
          (kube_pod_status_phase{phase="Pending"} == 1)
          * on (namespace, pod, uid) group_left (nodeselector_opsdx_nodegroup) kube_pod_nodeselectors
        ) > ${pods}`,
      threshold: 0,
      forMinutes: 15,
      cases: (): readonly RuleCase[] => {
        const pod = 'namespace="etl",pod="a",uid="1"';
        return [
          {
            name: "a pod waits, and is placed",
            series: {
              [`kube_pod_status_phase{${pod},phase="Pending"}`]: "0x5 1x30 0x20",
              [`kube_pod_nodeselectors{${pod},nodeselector_opsdx_nodegroup="etl"}`]: "1x60",
            },
            alerts: { 5: [], 15: [], 30: [{ nodeselector_opsdx_nodegroup: "etl" }], 45: [] },
          },
        ];
      },
    },
    JobFailed: {
      name: "job-failed",
      intent: "A Job that is no ETL's has failed for good: what it does was not done.",
      severity: "ticket",
      steps: [
        ["Why?", on(`-n ${placeholder("namespace")} describe job ${placeholder("name")}`), events],
        [
          "What did it say? The pod may be gone; CloudWatch has its lines.",
          on(`-n ${placeholder("namespace")} logs job/${placeholder("name")} --tail=100`),
        ],
        [
          "Mended: remove it, and deploy or let its schedule make another.",
          on(`-n ${placeholder("namespace")} delete job ${placeholder("name")}`),
        ],
      ],
      expr: (seconds) => `max by (namespace, job_name) (kube_job_failed{condition="true"}) == 1
          unless ${onJobs} kube_job_labels{label_etl!=""}
          and ${onJobs} time() - kube_job_created < ${seconds}`,
      threshold: DAY_SECONDS,
      forMinutes: 1,
      cases: (): readonly RuleCase[] => {
        const job = 'namespace="redash",job_name="migrate"';
        const etl = 'namespace="etl",job_name="epic2op-1"';
        return [
          {
            name: "it fails, and is told for a day",
            series: {
              [`kube_job_failed{${job},condition="true"}`]: "0x4 1x1500",
              [`kube_job_created{${job}}`]: "0x1500",
            },
            alerts: { 3: [], 8: [{ namespace: "redash", job_name: "migrate" }], 1445: [] },
          },
          {
            name: "one of an ETL has an alarm of its own",
            series: {
              [`kube_job_failed{${etl},condition="true"}`]: "1x20",
              [`kube_job_created{${etl}}`]: "0x20",
              [`kube_job_labels{${etl},label_etl="epic2op"}`]: "1x20",
            },
            alerts: { 10: [] },
          },
        ];
      },
    },
    VolumeFilling: {
      name: "volume-filling",
      intent: "A volume of a pod has less than 15 % left: what writes to it stops when it is full.",
      severity: "ticket",
      steps: [
        ["Whose is it?", on(`-n ${placeholder("namespace")} get persistentvolumeclaims`), on("get pods -A -o wide")],
        "Prometheus: its size cap is above what the volume holds, or the log of a block that it merges is large; see its page.",
        [
          "It is needed: the volumes of this program grow while they are in use. Raise the size in the configuration, deploy, and patch the claim, as a StatefulSet doesn't:",
          on(
            `-n ${placeholder("namespace")} patch persistentvolumeclaim ${placeholder("name")} --type=merge -p '{"spec":{"resources":{"requests":{"storage":"${placeholder("number")}Gi"}}}}'`,
          ),
        ],
      ],
      expr: (share) => `max by (namespace, persistentvolumeclaim) (
          kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes
        ) < ${share}`,
      threshold: 0.15,
      largerIsWeaker: false,
      forMinutes: 15,
      cases: (): readonly RuleCase[] => {
        const volume = 'namespace="monitoring",persistentvolumeclaim="db"';
        return [
          {
            name: "it fills, and is made larger",
            series: {
              [`kubelet_volume_stats_available_bytes{${volume}}`]: "40x9 10x30 60x20",
              [`kubelet_volume_stats_capacity_bytes{${volume}}`]: "100x60",
            },
            alerts: { 9: [], 20: [], 30: [{ namespace: "monitoring", persistentvolumeclaim: "db" }], 45: [] },
          },
        ];
      },
    },
  };
}
