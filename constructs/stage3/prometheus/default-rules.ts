/**
 * What is known of the alerts that the chart brings, kubernetes-mixin's: their names, whether they are on, and which of them have their numbers
 * on a control plane of one machine, where the tests run. A test compares the list with what the chart renders, wherever there are charts.
 */

/** Where an alert's numbers come from: a local control plane has them, or only a cluster with real nodes and pods. */
type Needs = "here" | "kubelet" | "node" | "pods";

/** Why a local control plane lacks them. */
export const NOT_LOCAL: Readonly<Record<Exclude<Needs, "here">, string>> = {
  kubelet: "not on a local control plane: kwok's nodes have no kubelet that is asked for its numbers",
  node: "not on a local control plane: kwok's nodes have no kernel and no disks, so no node exporter",
  pods: "not on a local control plane: kwok runs no sidecars",
};

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Groups of the chart's alerts, each with what its numbers need. */
export const DEFAULT_ALERTS: readonly {
  readonly group: string;
  readonly needs: Needs;
  readonly alerts: readonly string[];
}[] = [
  {
    group: "alertmanager.rules",
    needs: "here",
    alerts: words(`
      AlertmanagerFailedReload
      AlertmanagerMembersInconsistent
      AlertmanagerFailedToSendAlerts
      AlertmanagerClusterFailedToSendAlerts
      AlertmanagerConfigInconsistent
      AlertmanagerClusterDown
      AlertmanagerClusterCrashlooping
      AlertmanagerClusterFailedPeers
    `),
  },
  {
    group: "config-reloaders",
    needs: "pods",
    alerts: words(`
      ConfigReloaderSidecarErrors
    `),
  },
  {
    group: "etcd",
    needs: "here",
    alerts: words(`
      etcdMembersDown
      etcdInsufficientMembers
      etcdNoLeader
      etcdHighNumberOfLeaderChanges
      etcdHighNumberOfFailedGRPCRequests
      etcdGRPCRequestsSlow
      etcdMemberCommunicationSlow
      etcdHighNumberOfFailedProposals
      etcdHighFsyncDurations
      etcdHighCommitDurations
      etcdDatabaseQuotaLowSpace
      etcdExcessiveDatabaseGrowth
      etcdDatabaseHighFragmentationRatio
    `),
  },
  {
    group: "general.rules",
    needs: "here",
    alerts: words(`
      TargetDown
      Watchdog
      InfoInhibitor
    `),
  },
  {
    group: "kube-apiserver-slos",
    needs: "here",
    alerts: words(`
      KubeAPIErrorBudgetBurn
    `),
  },
  {
    group: "kube-state-metrics",
    needs: "here",
    alerts: words(`
      KubeStateMetricsListErrors
      KubeStateMetricsWatchErrors
      KubeStateMetricsShardingMismatch
      KubeStateMetricsShardsMissing
    `),
  },
  {
    group: "kubernetes-apps",
    needs: "here",
    alerts: words(`
      KubePodCrashLooping
      KubePodNotReady
      KubeDeploymentGenerationMismatch
      KubeDeploymentReplicasMismatch
      KubeDeploymentRolloutStuck
      KubeStatefulSetReplicasMismatch
      KubeStatefulSetGenerationMismatch
      KubeStatefulSetUpdateNotRolledOut
      KubeDaemonSetRolloutStuck
      KubeContainerWaiting
      KubeDaemonSetNotScheduled
      KubeDaemonSetMisScheduled
      KubeJobNotCompleted
      KubeJobFailed
      KubeHpaReplicasMismatch
      KubeHpaMaxedOut
      KubePdbNotEnoughHealthyPods
    `),
  },
  {
    group: "kubernetes-resources",
    needs: "here",
    alerts: words(`
      KubeCPUOvercommit
      KubeMemoryOvercommit
      KubeCPUQuotaOvercommit
      KubeMemoryQuotaOvercommit
      KubeQuotaAlmostFull
      KubeQuotaFullyUsed
      KubeQuotaExceeded
      CPUThrottlingHigh
    `),
  },
  {
    group: "kubernetes-storage",
    needs: "kubelet",
    alerts: words(`
      KubePersistentVolumeFillingUp
      KubePersistentVolumeInodesFillingUp
      KubePersistentVolumeErrors
    `),
  },
  {
    group: "kubernetes-system-apiserver",
    needs: "here",
    alerts: words(`
      KubeClientCertificateExpiration
      KubeAggregatedAPIErrors
      KubeAggregatedAPIDown
      KubeAPIDown
      KubeAPIInstanceUnreachable
      KubeAPITerminatedRequests
    `),
  },
  {
    group: "kubernetes-system-controller-manager",
    needs: "here",
    alerts: words(`
      KubeControllerManagerDown
      KubeControllerManagerInstanceUnreachable
    `),
  },
  {
    group: "kubernetes-system-kubelet",
    needs: "kubelet",
    alerts: words(`
      KubeNodeNotReady
      KubeNodePressure
      KubeNodeUnreachable
      KubeletTooManyPods
      KubeNodeReadinessFlapping
      KubeNodeEviction
      KubeletPlegDurationHigh
      KubeletPodStartUpLatencyHigh
      KubeletClientCertificateExpiration
      KubeletServerCertificateExpiration
      KubeletClientCertificateRenewalErrors
      KubeletServerCertificateRenewalErrors
      KubeletInstanceUnreachable
      KubeletDown
    `),
  },
  {
    group: "kubernetes-system-scheduler",
    needs: "here",
    alerts: words(`
      KubeSchedulerDown
      KubeSchedulerInstanceUnreachable
    `),
  },
  {
    group: "kubernetes-system",
    needs: "here",
    alerts: words(`
      KubeVersionMismatch
      KubeClientErrors
    `),
  },
  {
    group: "node-exporter",
    needs: "node",
    alerts: words(`
      NodeFilesystemSpaceFillingUp
      NodeFilesystemAlmostOutOfSpace
      NodeFilesystemFilesFillingUp
      NodeFilesystemAlmostOutOfFiles
      NodeNetworkReceiveErrs
      NodeNetworkTransmitErrs
      NodeHighNumberConntrackEntriesUsed
      NodeTextFileCollectorScrapeError
      NodeClockSkewDetected
      NodeClockNotSynchronising
      NodeRAIDDegraded
      NodeRAIDDiskFailure
      NodeFileDescriptorLimit
      NodeCPUHighUsage
      NodeSystemSaturation
      NodeMemoryMajorPagesFaults
      NodeMemoryHighUtilization
      NodeDiskIOSaturation
      NodeSystemdServiceFailed
      NodeSystemdServiceCrashlooping
      NodeBondingDegraded
    `),
  },
  {
    group: "node-network",
    needs: "node",
    alerts: words(`
      NodeNetworkInterfaceFlapping
    `),
  },
  {
    group: "prometheus-operator",
    needs: "here",
    alerts: words(`
      PrometheusOperatorListErrors
      PrometheusOperatorWatchErrors
      PrometheusOperatorSyncFailed
      PrometheusOperatorReconcileErrors
      PrometheusOperatorStatusUpdateErrors
      PrometheusOperatorNodeLookupErrors
      PrometheusOperatorNotReady
      PrometheusOperatorRejectedResources
    `),
  },
  {
    group: "prometheus",
    needs: "here",
    alerts: words(`
      PrometheusBadConfig
      PrometheusSDRefreshFailure
      PrometheusKubernetesListWatchFailures
      PrometheusNotificationQueueRunningFull
      PrometheusErrorSendingAlertsToSomeAlertmanagers
      PrometheusNotConnectedToAlertmanagers
      PrometheusTSDBReloadsFailing
      PrometheusTSDBCompactionsFailing
      PrometheusNotIngestingSamples
      PrometheusDuplicateTimestamps
      PrometheusOutOfOrderTimestamps
      PrometheusRemoteStorageFailures
      PrometheusRemoteWriteBehind
      PrometheusRemoteWriteDesiredShards
      PrometheusRuleFailures
      PrometheusMissingRuleEvaluations
      PrometheusTargetLimitHit
      PrometheusLabelLimitHit
      PrometheusScrapeBodySizeLimitHit
      PrometheusScrapeSampleLimitHit
      PrometheusTargetSyncFailure
      PrometheusHighQueryLoad
      PrometheusErrorSendingAlertsToAnyAlertmanager
    `),
  },
];

const OURS = "an alarm of ours says the same, with steps and an owner";
const NO_REMOTE = "nothing is written to another Prometheus";
const NO_RENEWAL =
  "a kubelet tells of certificates that it renews itself, and kops renews none: certificate-expiring goes by a node's age";
const NO_DEVICE = "EC2 instances have no such device, and node exporter no such collector";

/** Default alerts that are off, each with the reason. */
export const ALERTS_OFF: Readonly<Record<string, string>> = {
  KubeHpaMaxedOut: `${OURS}: autoscaler-at-maximum`,
  KubeJobFailed: `${OURS}: job-failed, by ETL`,
  KubeJobNotCompleted: `${OURS}: job-overdue, by ETL and its deadline instead of twelve hours for all`,
  KubeNodeNotReady: `${OURS}: node-not-ready`,
  KubePersistentVolumeFillingUp: `${OURS}: volume-filling`,
  KubeCPUOvercommit: "the cluster autoscaler adds nodes; node-group-at-maximum says when it no longer can",
  KubeMemoryOvercommit: "the cluster autoscaler adds nodes; node-group-at-maximum says when it no longer can",
  KubeletClientCertificateExpiration: NO_RENEWAL,
  KubeletServerCertificateExpiration: NO_RENEWAL,
  KubeletClientCertificateRenewalErrors: NO_RENEWAL,
  KubeletServerCertificateRenewalErrors: NO_RENEWAL,
  NodeRAIDDegraded: NO_DEVICE,
  NodeRAIDDiskFailure: NO_DEVICE,
  NodeBondingDegraded: NO_DEVICE,
  NodeSystemdServiceFailed: NO_DEVICE,
  NodeSystemdServiceCrashlooping: NO_DEVICE,
  PrometheusRemoteStorageFailures: NO_REMOTE,
  PrometheusRemoteWriteBehind: NO_REMOTE,
  PrometheusRemoteWriteDesiredShards: NO_REMOTE,
};

/** The default alerts that are on with their numbers here, on without them here, or off. */
export function alertsThatAre(state: "here" | "elsewhere" | "off"): readonly string[] {
  if (state === "off") return Object.keys(ALERTS_OFF).sort();
  return DEFAULT_ALERTS.filter(({ needs }) => (needs === "here") === (state === "here"))
    .flatMap(({ alerts }) => alerts)
    .filter((alert) => !Object.hasOwn(ALERTS_OFF, alert))
    .sort();
}
