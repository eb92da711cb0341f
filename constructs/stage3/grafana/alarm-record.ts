import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy";
import { alarmLogGroup, stackName } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { policyDocument } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import { aws, cdktf } from "../../shared/observability/command";
import { LogGroup } from "../../shared/observability/log-group";
import { SavedQuery } from "../../shared/observability/saved-query";
import { undeliveredEvents } from "../../shared/observability/undelivered-events";
import type { Platform } from "../../shared/platform";

/** Properties of {@link AlarmRecord}. */
export interface AlarmRecordProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "environment" | "monitoring">;
}

/**
 * Writes down each change of each of the environment's alarms: Grafana has no other way to know which are red, and nobody else to know which
 * were, as CloudWatch forgets after 30 days.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export class AlarmRecord extends Construct {
  /** The record. */
  public readonly logGroup: LogGroup;
  /** Tells that changes are lost. */
  public readonly alarm: Alarm;

  public constructor(scope: Construct, id: string, { platform }: AlarmRecordProps) {
    super(scope, id);
    const { account, environment, monitoring } = platform;
    // EventBridge writes into groups of this prefix only.
    const name = alarmLogGroup(environment);
    this.logGroup = new LogGroup(this, "LogGroup", { monitoring, name });
    const ruleName = `${monitoring.namePrefix}-alarm-changes`;
    const rule = new CloudwatchEventRule(this, "Resource", {
      name: ruleName,
      description: "Changes of alarms, for the record that Grafana reads",
      eventPattern: JSON.stringify({
        source: ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        detail: { alarmName: [{ prefix: `${monitoring.namePrefix}-` }] },
      }),
    });
    const policy = new CloudwatchLogResourcePolicy(this, "Policy", {
      policyName: ruleName,
      policyDocument: policyDocument({
        sid: "EventBridgeWrites",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`arn:aws:logs:${account.region}:${account.id}:log-group:${name}:*`],
        principals: { Service: ["delivery.logs.amazonaws.com", "events.amazonaws.com"] },
        conditions: { StringEquals: { "aws:SourceAccount": account.id } },
      }),
    });
    new CloudwatchEventTarget(this, "Target", {
      rule: rule.name,
      targetId: "record",
      arn: this.logGroup.arn,
      dependsOn: [policy],
    });
    new SavedQuery(this, "Changes", {
      name: `${monitoring.namePrefix}/grafana/changes of alarms`,
      logGroups: [this.logGroup],
      query: [
        "fields @timestamp, detail.alarmName, detail.previousState.value, detail.state.value, detail.state.reason",
        "sort @timestamp desc",
        "limit 200",
      ],
    });
    this.alarm = new Alarm(this, "Lost", {
      monitoring,
      name: "grafana-alarm-changes-lost",
      intent:
        "A change of an alarm could not be written down: Grafana's overview may show as red what is well, and as well what is red. The alarms themselves reach people as ever.",
      severity: "ticket",
      steps: [
        [
          "Until this is solved, look at the alarms in CloudWatch:",
          aws(
            `cloudwatch describe-alarms --alarm-name-prefix ${monitoring.namePrefix}- --state-value ALARM --query "[MetricAlarms,CompositeAlarms][].AlarmName"`,
          ),
        ],
        [
          "The log group, the rule or the policy that lets it write is gone or changed; this restores all of them:",
          aws(`events list-targets-by-rule --rule ${ruleName}`),
          aws(`logs describe-resource-policies --query "resourcePolicies[?policyName=='${ruleName}']"`),
          cdktf("deploy", stackName(environment, "stage3")),
        ],
      ],
      ...undeliveredEvents(ruleName),
    });
  }
}
