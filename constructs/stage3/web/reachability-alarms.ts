import { Construct } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import { aws, shell } from "../../shared/observability/command";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { placeholder } from "../../shared/observability/placeholders";
import type { WebConfig } from "../../../config/schema/web";
import { REPLACE } from "./alarm-steps";
import { webCommands } from "./web-commands";

/** Properties of {@link ReachabilityAlarms}. */
export interface ReachabilityAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Host, namespace and pings. */
  readonly config: Pick<WebConfig, "host" | "metricNamespace" | "pings">;
  /** Full name of the cluster. */
  readonly cluster: string;
  /** The nodes that serve: name of their auto scaling group, its fewest and its most nodes. */
  readonly nodes: { readonly autoScalingGroupName: string; readonly minSize: number; readonly maxSize: number };
}

/**
 * Whether the web service can be reached at all: by the pings from outside, and by nodes in service. Load balancer, host and
 * firewall bring alarms of their own.
 *
 * There is no canary beside them. Stage1 checks the same address over HTTPS from Route 53's checkers in several regions
 * (`dns-endpoint-web`), and the pings come from the hospitals' side; a canary would ask the same question a third time, and
 * bring a browser runtime that must be renewed every year. It is worth its while when there is a login to walk through.
 */
export class ReachabilityAlarms extends Construct {
  /** Every alarm of it. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: ReachabilityAlarmsProps) {
    super(scope, id);
    this.alarms = [this.pings(props), this.nodesInService(props), this.nodesAtMost(props)];
  }

  private pings({ cluster, config, monitoring }: ReachabilityAlarmsProps): Alarm {
    const { alarmAtPer5Minutes, expectedPer5Minutes, metric, stacks } = config.pings;
    const names = Object.keys(stacks);
    const period = 300;
    return new Alarm(this, "PingUp", {
      monitoring,
      name: "ping-up",
      intent: `Fewer pings than there should be arrive from outside (${names.join(", ")}): clinicians may not reach ${config.host}.`,
      severity: "page",
      steps: [
        [
          "From outside the VPC:",
          shell(`curl -sv -o /dev/null -m 10 https://${config.host}/`),
          "It answers: go on with the next step; it doesn't: the alarms dns-endpoint-web, web-no-healthy-target and web-elb-5xx say where it breaks.",
        ],
        [
          `Which stack is silent (${expectedPer5Minutes} are expected in five minutes)?`,
          ...Object.entries(stacks).map(([stack, { source }]) =>
            aws(
              `cloudwatch get-metric-statistics --namespace ${config.metricNamespace} --metric-name ${metric} --dimensions Name=PingSource,Value=${source} Name=PingStack,Value=${stack} --start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ) --period 300 --statistics SampleCount --query "sort_by(Datapoints,&Timestamp)[].[Timestamp,SampleCount]" --output table`,
            ),
          ),
        ],
        "One stack is silent and the service answers: the machine that pings, or its network, is down. Call its owner; clinicians on that network may be cut off too.",
        [
          "All are silent and the service answers: look for a block in the firewall's log, then for a change of the address.",
          webCommands(monitoring.environment, cluster).firewallLog("30m ago"),
          shell(`dig +short ${config.host}`),
        ],
      ],
      metric: [
        ...Object.entries(stacks).map(([stack, { source }]) => ({
          id: stack,
          returnData: false,
          metric: {
            namespace: config.metricNamespace,
            metricName: metric,
            dimensions: { PingSource: source, PingStack: stack },
            stat: "SampleCount",
            period,
          },
        })),
        // One name for all stacks, as everybody knows it; the one that pings least decides, and one that is silent counts as none.
        {
          id: "fewest",
          label: "Pings of the stack that pings least",
          expression: `MIN([${names.map((name) => `FILL(${name}, 0)`).join(", ")}])`,
          returnData: true,
        },
      ],
      comparison: "<=",
      threshold: alarmAtPer5Minutes,
      thresholdSetting: "web.pings.alarmAtPer5Minutes",
      periodSeconds: period,
      periods: 1,
      missingData: "breaching",
    });
  }

  private nodesInService({ cluster, monitoring, nodes }: ReachabilityAlarmsProps): Alarm {
    const group = nodes.autoScalingGroupName;
    const commands = webCommands(monitoring.environment, cluster);
    return new Alarm(this, "NodesInService", {
      monitoring,
      name: "web-nodes-inservice",
      intent: `${group} has fewer than its ${nodes.minSize} node${nodes.minSize === 1 ? "" : "s"}: the web service has less room than it needs, or none.`,
      severity: "page",
      steps: [
        [
          "See why:",
          aws(
            `autoscaling describe-scaling-activities --auto-scaling-group-name ${group} --max-items 10 --query "Activities[].[StartTime,StatusCode,Cause,StatusMessage]" --output table`,
          ),
        ],
        ["See what serves:", commands.nodes(), commands.pods(" -o wide")],
        [
          "A node that started and did not join:",
          aws(`ssm start-session --target ${placeholder("instance")}`),
          "and in it:",
          shell("sudo journalctl -u kops-configuration -n 200"),
          "Replace it:",
          REPLACE,
        ],
        "No capacity for the instance type in a zone: change `clusters.k8s.nodeGroups.web.machineType` in the environment's configuration to a sibling (m6i.xlarge), render and deploy stage2 as on the page of the clusters.",
      ],
      metric: {
        namespace: "AWS/AutoScaling",
        name: "GroupInServiceCapacity",
        dimensions: { AutoScalingGroupName: group },
        statistic: "Minimum",
      },
      comparison: "<",
      threshold: nodes.minSize,
      periodSeconds: 60,
      periods: 10,
      missingData: "breaching",
    });
  }

  private nodesAtMost({ cluster, monitoring, nodes }: ReachabilityAlarmsProps): Alarm {
    const group = nodes.autoScalingGroupName;
    const commands = webCommands(monitoring.environment, cluster);
    return new Alarm(this, "NodesAtMost", {
      monitoring,
      name: "web-nodes-at-maximum",
      intent: `${group} has had its most nodes (${nodes.maxSize}) for 15 minutes: the web service cannot grow any further.`,
      severity: "ticket",
      steps: [
        [
          "Is there more traffic, or does each request cost more?",
          commands.autoscaler("get"),
          commands.topPods,
          "Then the saved query top routes of the web service.",
        ],
        ["Pods that wait for room:", commands.pods(" --field-selector=status.phase=Pending")],
        "Raise `clusters.k8s.nodeGroups.web.maxSize` in the environment's configuration, render and deploy stage2 as on the page of the clusters; no rolling update is needed.",
      ],
      metric: {
        namespace: "AWS/AutoScaling",
        name: "GroupInServiceInstances",
        dimensions: { AutoScalingGroupName: group },
        statistic: "Minimum",
      },
      comparison: ">=",
      threshold: nodes.maxSize,
      periodSeconds: 300,
      periods: 3,
      missingData: "notBreaching",
    });
  }
}
