import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm";
import { Construct } from "../cdktf";
import type { Alarm } from "./alarm";
import type { Monitoring } from "./monitoring";
import { systemOf } from "./system";

/** Properties of {@link SystemHealth}. */
export interface SystemHealthProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** The system's alarms; at least one. */
  readonly alarms: readonly Alarm[];
}

/**
 * One composite alarm for a system, `<prefix>-<system>-health`: red when any of its alarms is. It notifies nobody (its alarms
 * did), but answers "is it us?" at one glance.
 */
export class SystemHealth extends Construct {
  public constructor(scope: Construct, id: string, props: SystemHealthProps) {
    super(scope, id);
    const system = systemOf(this);
    new CloudwatchCompositeAlarm(this, "Resource", {
      alarmName: `${props.monitoring.namePrefix}-${system.name}-health`,
      alarmDescription: `Any alarm of ${system.title}. Owner: ${system.owner}. Runbook: ${props.monitoring.runbookUrl}#${system.name}`,
      alarmRule: props.alarms.map(({ arn }) => `ALARM("${arn}")`).join(" OR "),
    });
  }
}
