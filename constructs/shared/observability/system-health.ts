import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm";
import { Construct } from "../cdktf";
import { refuse } from "../props-error";
import type { Alarm } from "./alarm";
import type { MonitoringContext } from "./monitoring-context";
import { runbookLink, runbookPage, systemOf } from "./system";

/** Alarms that one composite alarm may watch. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
const MAX_CHILDREN = 100;

/** Properties of {@link SystemHealth}. */
export interface SystemHealthProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The system's alarms: 1 to 100. */
  readonly alarms: readonly Alarm[];
}

/**
 * One composite alarm for a system, `<prefix>-<system>-health`: red when any of its alarms is. It notifies nobody (its alarms
 * did), but answers "is it us?" at one glance.
 */
export class SystemHealth extends Construct {
  /** @throws PropsError when there is no alarm, or more than a composite alarm may watch */
  public constructor(scope: Construct, id: string, props: SystemHealthProps) {
    super(scope, id);
    refuse(this, [
      (props.alarms.length < 1 || props.alarms.length > MAX_CHILDREN) &&
        `alarms must hold 1 to ${MAX_CHILDREN} alarms, got ${props.alarms.length}`,
    ]);
    const system = systemOf(this);
    new CloudwatchCompositeAlarm(this, "Resource", {
      alarmName: `${props.monitoring.namePrefix}-${system.name}-health`,
      alarmDescription: `Any alarm of ${system.title}. Owner: ${system.owner}. Runbook: ${runbookLink(props.monitoring, runbookPage(system).name, "alarms")}`,
      alarmRule: props.alarms.map(({ arn }) => `ALARM("${arn}")`).join(" OR "),
    });
  }
}
