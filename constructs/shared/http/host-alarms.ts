import { Construct } from "../cdktf";
import { Alarm, type AlarmMetric } from "../observability/alarm";
import { aws, output, type Command } from "../observability/command";
import type { MonitoringContext, Severity } from "../observability/monitoring";
import type { Step } from "../observability/steps";

/** When the metrics of a host raise an alarm. */
export interface HostThresholds {
  /** Share of failed requests, in percent. */
  readonly errorPercent: number;
  /** Requests in a minute below which a share says nothing. */
  readonly minRequestsPerMinute: number;
  /** Response time of the slowest hundredth, in seconds. */
  readonly latencySeconds: number;
}

/** Steps that a system knows and the building block doesn't: where its pods are, and how a version is taken back. By alarm. */
export type HostAlarmSteps = Readonly<
  Record<"noHealthyTarget" | "unhealthyTarget" | "errorRate" | "latency", readonly Step[]>
>;

/** Properties of {@link HostAlarms}. */
export interface HostAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name after the environment's prefix, with which the alarms' names start. */
  readonly name: string;
  /** The service as alarms name it. */
  readonly service: string;
  /** Who sees its errors. */
  readonly users: string;
  /** Host name. */
  readonly host: string;
  /** The load balancer as CloudWatch names it. */
  readonly loadBalancerArnSuffix: string;
  /** The target group as CloudWatch names it. */
  readonly targetGroupArnSuffix: string;
  /** Name of the target group in AWS. */
  readonly targetGroupName: string;
  /** Whom failures reach that users feel. */
  readonly severity: Severity;
  /** When metrics raise an alarm. */
  readonly thresholds: HostThresholds;
  /** Path of the settings that hold the thresholds, for example `web.thresholds`. @default - none: they are constants */
  readonly thresholdSettings?: string;
  /** Steps of the system. */
  readonly steps: HostAlarmSteps;
}

/** How one host fares: targets that answer, requests that fail, response times. Whatever else the load balancer serves is not counted. */
export class HostAlarms extends Construct {
  /** The alarms. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: HostAlarmsProps) {
    super(scope, id);
    this.alarms = [
      this.noHealthyTarget(props),
      this.unhealthyTarget(props),
      this.errorRate(props),
      this.latency(props),
    ];
  }

  private dimensions(props: HostAlarmsProps): Record<string, string> {
    return { LoadBalancer: props.loadBalancerArnSuffix, TargetGroup: props.targetGroupArnSuffix };
  }

  private metric(props: HostAlarmsProps, name: string, statistic: string): AlarmMetric {
    return { namespace: "AWS/ApplicationELB", name, dimensions: this.dimensions(props), statistic };
  }

  private noHealthyTarget(props: HostAlarmsProps): Alarm {
    return new Alarm(this, "NoHealthyTarget", {
      monitoring: props.monitoring,
      name: `${props.name}-no-healthy-target`,
      intent: `No node answers the load balancer's health check: https://${props.host} answers nobody.`,
      severity: props.severity,
      steps: [targetHealth(props.targetGroupName), ...props.steps.noHealthyTarget],
      metric: this.metric(props, "HealthyHostCount", "Maximum"),
      comparison: "<",
      threshold: 1,
      periodSeconds: 60,
      periods: 3,
      missingData: "breaching",
    });
  }

  private unhealthyTarget(props: HostAlarmsProps): Alarm {
    return new Alarm(this, "UnhealthyTarget", {
      monitoring: props.monitoring,
      name: `${props.name}-target-unhealthy`,
      intent: `A node fails the load balancer's health check of ${props.service}: the others carry its share.`,
      severity: "ticket",
      steps: [targetHealth(props.targetGroupName), ...props.steps.unhealthyTarget],
      metric: this.metric(props, "UnHealthyHostCount", "Maximum"),
      comparison: ">=",
      threshold: 1,
      periodSeconds: 60,
      periods: 3,
      missingData: "notBreaching",
    });
  }

  private errorRate(props: HostAlarmsProps): Alarm {
    const { errorPercent, minRequestsPerMinute } = props.thresholds;
    const counted = (queryId: string, metricName: string) => ({
      id: queryId,
      returnData: false,
      metric: {
        namespace: "AWS/ApplicationELB",
        metricName,
        dimensions: this.dimensions(props),
        stat: "Sum",
        period: 60,
      },
    });
    return new Alarm(this, "ErrorRate", {
      monitoring: props.monitoring,
      name: `${props.name}-5xx-rate`,
      intent: `More than ${errorPercent} % of the requests to ${props.service} fail: ${props.users} see errors.`,
      severity: props.severity,
      steps: props.steps.errorRate,
      metric: [
        counted("requests", "RequestCount"),
        counted("failed", "HTTPCode_Target_5XX_Count"),
        {
          id: "share",
          label: "Failed requests in percent",
          // With few requests one failure would be a large share.
          expression: `IF(FILL(requests, 0) >= ${minRequestsPerMinute}, 100 * FILL(failed, 0) / requests, 0)`,
          returnData: true,
        },
      ],
      comparison: ">",
      threshold: errorPercent,
      thresholdSetting: settingOf(props, "errorPercent"),
      periodSeconds: 60,
      periods: 5,
      datapoints: 3,
      missingData: "notBreaching",
    });
  }

  private latency(props: HostAlarmsProps): Alarm {
    const { latencySeconds } = props.thresholds;
    return new Alarm(this, "Latency", {
      monitoring: props.monitoring,
      name: `${props.name}-latency-p99`,
      intent: `One request in a hundred to ${props.service} takes longer than ${latencySeconds} s.`,
      severity: "ticket",
      steps: props.steps.latency,
      metric: this.metric(props, "TargetResponseTime", "p99"),
      comparison: ">",
      threshold: latencySeconds,
      thresholdSetting: settingOf(props, "latencySeconds"),
      periodSeconds: 60,
      periods: 5,
      datapoints: 3,
      missingData: "notBreaching",
    });
  }
}

function settingOf({ thresholdSettings }: HostAlarmsProps, name: keyof HostThresholds): string | undefined {
  return thresholdSettings === undefined ? undefined : `${thresholdSettings}.${name}`;
}

/** The first thing to look at when requests don't reach a pod. */
function targetHealth(targetGroupName: string): Step {
  const arn = aws(
    `elbv2 describe-target-groups --names ${targetGroupName} --query "TargetGroups[0].TargetGroupArn" --output text`,
  );
  return ["State and reason of each target:", targetHealthCommand(output(arn))];
}

/** State and reason of each target of a group. */
export function targetHealthCommand(targetGroupArn: string): Command {
  return aws(
    `elbv2 describe-target-health --target-group-arn ${targetGroupArn} --query "TargetHealthDescriptions[].[Target.Id,TargetHealth.State,TargetHealth.Reason]" --output table`,
  );
}
