import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { Alarm } from "../../shared/observability/alarm";
import { aws, shell } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { clusterCommands, clusterFacts, type ClusterFactsProps } from "./cluster-facts";
import { terminationQueueName } from "./names";
import type { InstanceGroupSpec } from "./spec";

/** Properties of {@link ClusterOperations}. */
export interface ClusterOperationsProps extends Omit<ClusterFactsProps, "environment"> {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The API load balancer and its target group as CloudWatch names them. */
  readonly api: { readonly arnSuffix: string; readonly targetGroupArnSuffix: string };
  /** The instance groups. */
  readonly groups: readonly InstanceGroupSpec[];
}

/**
 * What people need to run a cluster: its chapter of the runbook, and the alarms that AWS alone can raise. Those from inside the
 * cluster come with its Prometheus.
 */
export class ClusterOperations extends Construct {
  public constructor(scope: Construct, id: string, props: ClusterOperationsProps) {
    super(scope, id);
    const { api, cluster, clusterName, monitoring } = props;
    const factsProps = { ...props, environment: monitoring.environment };
    const commands = clusterCommands(factsProps);
    const handler = "-l k8s-app=aws-node-termination-handler";
    // On the cluster itself: so whatever stands in it is of its system.
    describeSystem(scope, clusterFacts(factsProps));
    const alarms = [
      new Alarm(this, "ApiUnhealthy", {
        monitoring,
        name: `${cluster}-api-unhealthy`,
        kind: "api-unhealthy",
        intent: `A control plane of ${clusterName} does not answer. With one gone the cluster works on; with two gone etcd has no majority and nothing can be changed.`,
        severity: "page",
        steps: [
          ["See which:", commands.kops("validate cluster")],
          [
            "Look at the instance:",
            aws(
              `autoscaling describe-auto-scaling-groups --query "AutoScalingGroups[?contains(AutoScalingGroupName, '.masters.${clusterName}')].[AutoScalingGroupName,Instances[].[InstanceId,LifecycleState,HealthStatus]]"`,
            ),
          ],
          [
            "Open a session, and look in it:",
            commands.session,
            shell("sudo journalctl -u kubelet -n 200"),
            shell("sudo crictl ps -a | grep -E 'kube-apiserver|etcd'"),
          ],
          [
            "Replace it when it cannot be mended: its group starts another, which finds its etcd volume by its tags. Never two at once.",
            aws("ec2 terminate-instances --instance-ids <instance>"),
          ],
        ],
        metric: {
          namespace: "AWS/NetworkELB",
          name: "UnHealthyHostCount",
          dimensions: { LoadBalancer: api.arnSuffix, TargetGroup: api.targetGroupArnSuffix },
          statistic: "Maximum",
        },
        comparison: ">=",
        threshold: 1,
        periodSeconds: 60,
        periods: 3,
        missingData: "breaching",
      }),
      ...props.groups.flatMap((group) => this.groupAlarms(props, group)),
      new Alarm(this, "TerminationsUnread", {
        monitoring,
        name: `${cluster}-terminations-unread`,
        kind: "terminations-unread",
        intent: `Nobody reads the node-termination queue of ${clusterName}: nodes would go without being drained.`,
        severity: "ticket",
        steps: [
          [
            "See the handler:",
            commands.on(`get pods ${handler}`, "kube-system"),
            commands.on(`logs ${handler} --tail=100`, "kube-system"),
          ],
          ["Restart it:", commands.on("rollout restart deployment/aws-node-termination-handler", "kube-system")],
          ["Until it runs, drain by hand before a node goes:", commands.drain],
        ],
        metric: {
          namespace: "AWS/SQS",
          name: "ApproximateNumberOfMessagesVisible",
          dimensions: { QueueName: terminationQueueName(clusterName) },
          statistic: "Minimum",
        },
        comparison: ">=",
        // The handler reads every few seconds: a message that is there for minutes is read by nobody.
        threshold: 1,
        periodSeconds: 60,
        periods: 5,
        missingData: "notBreaching",
      }),
    ];
    new SystemHealth(this, "Health", { monitoring, alarms });
  }

  private groupAlarms(props: ClusterOperationsProps, group: InstanceGroupSpec): Alarm[] {
    const { cluster, monitoring } = props;
    const commands = clusterCommands({ ...props, environment: monitoring.environment });
    // Control planes page, workers do not: two entries of the runbook.
    const kind = group.role === "control-plane" ? "control-plane-" : "";
    const key = constructId(group.name);
    const dimensions = { AutoScalingGroupName: group.autoScalingGroup };
    const status = new Alarm(this, `${key}StatusCheck`, {
      monitoring,
      name: `${cluster}-${group.name}-status-check`,
      kind: `${kind}status-check`,
      of: { group: group.name },
      intent: `An instance of ${group.autoScalingGroup} fails EC2's own checks.`,
      severity: "ticket",
      steps: [
        [
          "Find it:",
          aws(
            `ec2 describe-instance-status --filters Name=instance-status.status,Values=impaired --query "InstanceStatuses[].InstanceId"`,
          ),
        ],
        ["Drain its node:", commands.drain],
        ["Let its group replace it:", commands.replace],
      ],
      metric: { namespace: "AWS/EC2", name: "StatusCheckFailed", dimensions, statistic: "Maximum" },
      comparison: ">=",
      threshold: 1,
      periodSeconds: 300,
      periods: 2,
      missingData: "notBreaching",
    });
    // A group that may be empty has no number to fall below.
    if (group.minSize === 0) return [status];
    const inService = new Alarm(this, `${key}InService`, {
      monitoring,
      name: `${cluster}-${group.name}-nodes-inservice`,
      kind: `${kind}nodes-inservice`,
      of: { group: group.name },
      intent: `${group.autoScalingGroup} has fewer nodes than its minimum: what runs there may have no room.`,
      severity: group.role === "control-plane" ? "page" : "ticket",
      steps: [
        [
          "See why:",
          aws(
            `autoscaling describe-scaling-activities --auto-scaling-group-name ${group.autoScalingGroup} --max-items 10`,
          ),
        ],
        [
          "An instance that starts but does not join: open a session, and read in it:",
          commands.session,
          shell("sudo journalctl -u kops-configuration -n 200"),
        ],
        [
          `No capacity for the instance type: add another zone or type under \`clusters.${cluster}\` in config/environments/${monitoring.environment}.ts, then:`,
          commands.render,
          commands.deploy,
        ],
        ["Pods that wait:", commands.on("get pods -A --field-selector=status.phase=Pending")],
      ],
      metric: { namespace: "AWS/AutoScaling", name: "GroupInServiceCapacity", dimensions, statistic: "Minimum" },
      comparison: "<",
      threshold: group.minSize,
      periodSeconds: 60,
      periods: 10,
      missingData: "breaching",
    });
    return [status, inService];
  }
}
