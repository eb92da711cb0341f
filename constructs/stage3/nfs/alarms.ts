import { stackName } from "../../../config/names";
import type { ClusterName } from "../../../config/schema/environment";
import type { Construct } from "../../shared/cdktf";
import { NODE_AGENTS_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { Alarm } from "../../shared/observability/alarm";
import { cdktf, insights } from "../../shared/observability/command";
import type { Platform } from "../../shared/platform";
import { driverCommands } from "./facts";
import { EFS_PLUGIN } from "./values";

/** What is counted. */
const FAILED_MOUNT = { namespace: "OpsDX/Kubernetes", name: "NfsMountsFailed" } as const;

/**
 * The line that the driver writes for each request of kubelet that it could not carry out.
 * @see https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/v3.4.1/pkg/driver/driver.go
 */
export const FAILED_MOUNT_PATTERN = `{ ($.kubernetes.namespace = "${NODE_AGENTS_NAMESPACE}") && ($.kubernetes.container = "${EFS_PLUGIN}") && ($.log = "*GRPC error*") }`;

/**
 * kubelet tries again after two minutes at most, so a failure that lasts shows in each period, and one that does not in one of them.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/util/goroutinemap/exponentialbackoff/exponential_backoff.go
 */
const PERIOD_SECONDS = 300;

/** The alarm on volumes that are not mounted, on any cluster. */
export function mountsFailed(
  scope: Construct,
  { clusterLogs, environment, monitoring }: Pick<Platform, "clusterLogs" | "environment" | "monitoring">,
  clusters: readonly ClusterName[],
  cluster: string,
): Alarm {
  const logGroups = clusterLogs.countFailures(scope, clusters, {
    name: "nfs-mounts-failed",
    pattern: FAILED_MOUNT_PATTERN,
    metric: FAILED_MOUNT,
  });
  const { claims, describe, pods, role } = driverCommands(cluster);
  return new Alarm(scope, "MountsFailed", {
    monitoring,
    name: "nfs-mounts-failed",
    intent:
      "A node cannot mount the shared file system for a pod, and goes on trying: the pod does not start, so a model is not served or a task does not run.",
    severity: "ticket",
    steps: [
      [
        `Which node, and why? CloudWatch Logs Insights on \`${logGroups.join("`, `")}\`:`,
        insights(
          `fields @timestamp, kubernetes.cluster, kubernetes.host, log | filter kubernetes.container = "${EFS_PLUGIN}" and log like /GRPC error/ | sort @timestamp desc | limit 50`,
        ),
        "Which pod waits?",
        claims,
        describe,
      ],
      [
        "`access denied`: does the driver have its role, and does the policy of the file system name it?",
        role,
        cdktf("diff", stackName(environment, "stage1")),
        cdktf("diff", stackName(environment, "stage3")),
      ],
      "`timed out`, on one node or in one zone: the procedure `A pod waits for its volume`.",
      ["All nodes at once, after a deploy: the procedure `Go back to the release before`.", pods],
    ],
    metric: { ...FAILED_MOUNT, statistic: "Sum" },
    comparison: ">=",
    threshold: 1,
    periodSeconds: PERIOD_SECONDS,
    periods: 2,
    missingData: "notBreaching",
  });
}
