import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { Alarm } from "../../shared/observability/alarm";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { clusterFacts } from "./cluster-facts";
import { terminationQueueName } from "./names";
import type { InstanceGroupSpec } from "./spec";

/** Properties of {@link ClusterOperations}. */
export interface ClusterOperationsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Short name of the cluster, for example `k8s-ml`. */
  readonly cluster: string;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  /** Who answers for it. */
  readonly owner: string;
  /** Full name of the cluster. */
  readonly clusterName: string;
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
    describeSystem(this, clusterFacts(cluster, props.purpose, props.owner));
    const alarms = [
      new Alarm(this, "ApiUnhealthy", {
        monitoring,
        name: `${cluster}-api-unhealthy`,
        intent: `A control plane of ${clusterName} does not answer. With one gone the cluster works on; with two gone etcd has no majority and nothing can be changed.`,
        severity: "page",
        steps: [
          `See which: \`kops validate cluster --name ${clusterName} --state s3://opsdx-kops-state\`.`,
          `Look at the instance: \`aws autoscaling describe-auto-scaling-groups --query "AutoScalingGroups[?contains(AutoScalingGroupName, '.masters.${clusterName}')].[AutoScalingGroupName,Instances[].[InstanceId,LifecycleState,HealthStatus]]"\`.`,
          "Open a session: `aws ssm start-session --target <instance>`, then `sudo journalctl -u kubelet -n 200` and `sudo crictl ps -a | grep -E 'kube-apiserver|etcd'`.",
          "Replace it when it cannot be mended: `aws ec2 terminate-instances --instance-ids <instance>`; its group starts another, which finds its etcd volume by its tags. Never two at once.",
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
        intent: `Nobody reads the node-termination queue of ${clusterName}: nodes would go without being drained.`,
        severity: "ticket",
        steps: [
          "See the handler: `kubectl -n kube-system get pods -l k8s-app=aws-node-termination-handler`, then `kubectl -n kube-system logs -l k8s-app=aws-node-termination-handler --tail=100`.",
          "Restart it: `kubectl -n kube-system rollout restart deployment/aws-node-termination-handler`.",
          "Until it runs, drain by hand before a node goes: `kubectl drain <node> --ignore-daemonsets --delete-emptydir-data`.",
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

  private groupAlarms({ cluster, clusterName, monitoring }: ClusterOperationsProps, group: InstanceGroupSpec): Alarm[] {
    const key = constructId(group.name);
    const dimensions = { AutoScalingGroupName: group.autoScalingGroup };
    const look = `See why: \`aws autoscaling describe-scaling-activities --auto-scaling-group-name ${group.autoScalingGroup} --max-items 10\`.`;
    const status = new Alarm(this, `${key}StatusCheck`, {
      monitoring,
      name: `${cluster}-${group.name}-status-check`,
      intent: `An instance of ${group.autoScalingGroup} fails EC2's own checks.`,
      severity: "ticket",
      steps: [
        `Find it: \`aws ec2 describe-instance-status --filters Name=instance-status.status,Values=impaired --query "InstanceStatuses[].InstanceId"\`.`,
        "Drain its node: `kubectl drain <node> --ignore-daemonsets --delete-emptydir-data`.",
        "Let its group replace it: `aws autoscaling terminate-instance-in-auto-scaling-group --instance-id <instance> --no-should-decrement-desired-capacity`.",
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
      intent: `${group.autoScalingGroup} has fewer than its ${group.minSize} node${group.minSize === 1 ? "" : "s"}: what runs there may have no room.`,
      severity: group.role === "control-plane" ? "page" : "ticket",
      steps: [
        look,
        `An instance that starts but does not join: \`aws ssm start-session --target <instance>\`, then \`sudo journalctl -u kops-configuration -n 200\`.`,
        `No capacity for the instance type: add another zone or type under \`clusters.${cluster}\` in config/environments/<env>.ts, then \`npx opsdx kops render <env> ${cluster}\` and \`npx cdktf deploy <env>-stage2\`.`,
        `Pods that wait: \`kubectl get pods -A --field-selector=status.phase=Pending\` on ${clusterName}.`,
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
