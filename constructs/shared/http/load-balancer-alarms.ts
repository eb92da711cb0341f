import { Construct } from "../cdktf";
import { Alarm, type AlarmMetric } from "../observability/alarm";
import { aws, shell } from "../observability/command";
import type { MonitoringContext, Severity } from "../observability/monitoring";
import type { Step } from "../observability/steps";

/** Steps that a system adds to an alarm of its load balancer, by alarm. */
export type LoadBalancerAlarmSteps = Readonly<
  Partial<Record<"errors" | "rejected" | "connectionsFailed", readonly Step[]>>
>;

/** Properties of {@link LoadBalancerAlarms}. */
export interface LoadBalancerAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** Name after the environment's prefix, with which the alarms' names start. */
  readonly name: string;
  /** Name in AWS. */
  readonly loadBalancerName: string;
  /** The load balancer as CloudWatch names it. */
  readonly arnSuffix: string;
  /** What people reach through it. */
  readonly serves: string;
  /** Availability zones of the load balancer. */
  readonly zones: readonly string[];
  /** Bucket of access logs, and the environment's prefix in it. */
  readonly logs: { readonly bucket: string; readonly prefix: string };
  /** Whom failures reach that users feel. */
  readonly severity: Severity;
  /** More failures of its own than this in five minutes raise an alarm. */
  readonly errorsPer5Minutes: number;
  /** Path of the setting that holds `errorsPer5Minutes`. @default - none: it is a constant */
  readonly errorsSetting?: string;
  /** Start of the names of the alarms on failed connections, by zone. @default - the name, and `-connections-failed` */
  readonly connectionAlarm?: string;
  /** Steps of the system, after those that hold for every load balancer. @default - none */
  readonly steps?: LoadBalancerAlarmSteps;
}

/** Whether a load balancer itself fails: requests that no target took, connections that it turns away or cannot make. */
export class LoadBalancerAlarms extends Construct {
  /** The alarms. */
  public readonly alarms: readonly Alarm[];

  public constructor(scope: Construct, id: string, props: LoadBalancerAlarmsProps) {
    super(scope, id);
    this.alarms = [
      this.errors(props),
      this.rejected(props),
      ...props.zones.map((zone) => this.connectionsFailed(props, zone)),
    ];
  }

  private metric({ arnSuffix }: LoadBalancerAlarmsProps, name: string, more: Record<string, string> = {}): AlarmMetric {
    return {
      namespace: "AWS/ApplicationELB",
      name,
      dimensions: { LoadBalancer: arnSuffix, ...more },
      statistic: "Sum",
    };
  }

  private errors(props: LoadBalancerAlarmsProps): Alarm {
    return new Alarm(this, "Errors", {
      monitoring: props.monitoring,
      name: `${props.name}-elb-5xx`,
      intent: `The load balancer itself fails requests to ${props.serves}: no pod took them, or none answered in time.`,
      severity: props.severity,
      steps: [
        [
          "Which code:",
          shell(
            `for c in 500 502 503 504; do aws cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name HTTPCode_ELB_\${c}_Count --dimensions Name=LoadBalancer,Value=$(aws elbv2 describe-load-balancers --names ${props.loadBalancerName} --query "LoadBalancers[0].LoadBalancerArn" --output text | cut -d/ -f2-) --start-time $(date -u -d '30 minutes ago' +%FT%TZ) --end-time $(date -u +%FT%TZ) --period 1800 --statistics Sum --query "[Label,Datapoints[0].Sum]" --output text; done`,
          ),
        ],
        "503: no healthy target; go on with the alarm that ends in -no-healthy-target.",
        "502: a pod closed the connection: one that restarts, or a server whose keep-alive is not longer than the load balancer's 60 s.",
        "504: no answer in 60 s.",
        "500 with a firewall in place: WAF could not be asked; see the AWS Health dashboard.",
        ...(props.steps?.errors ?? []),
      ],
      metric: this.metric(props, "HTTPCode_ELB_5XX_Count"),
      comparison: ">",
      threshold: props.errorsPer5Minutes,
      thresholdSetting: props.errorsSetting,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  private rejected(props: LoadBalancerAlarmsProps): Alarm {
    const { bucket, prefix } = props.logs;
    return new Alarm(this, "Rejected", {
      monitoring: props.monitoring,
      name: `${props.name}-connections-rejected`,
      intent: "The load balancer has as many connections as it can hold, and turns new ones away.",
      severity: props.severity,
      steps: [
        `How many, and since when: CloudWatch > Metrics > ApplicationELB > ${props.loadBalancerName}, ActiveConnectionCount and NewConnectionCount.`,
        [
          "Who opens them (client addresses):",
          aws(
            `s3 cp --recursive s3://${bucket}/${prefix}/AWSLogs/ elb-logs --exclude '*' --include "*/$(date -u +%Y/%m/%d)/conn_log*${props.loadBalancerName}*"`,
          ),
          shell("zcat $(find elb-logs -name 'conn_log*') | awk '{print $2}' | sort | uniq -c | sort -rn | head"),
        ],
        "Ordinary traffic that grew: ask AWS Support to pre-warm the load balancer, or reserve capacity units.",
        ...(props.steps?.rejected ?? []),
      ],
      metric: this.metric(props, "RejectedConnectionCount"),
      comparison: ">",
      threshold: 0,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    });
  }

  private connectionsFailed(props: LoadBalancerAlarmsProps, zone: string): Alarm {
    return new Alarm(this, `ConnectionsFailed${zone}`, {
      monitoring: props.monitoring,
      name: `${props.connectionAlarm ?? `${props.name}-connections-failed`}-${zone}`,
      kind: props.connectionAlarm ?? `${props.name}-connections-failed`,
      of: { zone },
      intent: `The load balancer cannot connect to nodes from ${zone}: requests that enter there fail or are slow.`,
      severity: "ticket",
      steps: [
        [
          `Only ${zone}: look at its nodes (page of the clusters, Status), and at what AWS says (needs a support plan; the Health dashboard in the console doesn't):`,
          aws(`health describe-events --filter availabilityZones=${zone},eventStatusCodes=open`),
        ],
        `Rejected by a security group or network ACL: the saved queries under \`${props.monitoring.namePrefix}/core/\` show rejected flows to node ports (30000 to 32767).`,
        ...(props.steps?.connectionsFailed ?? []),
      ],
      metric: this.metric(props, "TargetConnectionErrorCount", { AvailabilityZone: zone }),
      comparison: ">",
      threshold: 0,
      periodSeconds: 300,
      periods: 3,
      datapoints: 2,
      missingData: "notBreaching",
    });
  }
}
