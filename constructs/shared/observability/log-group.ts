import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { Construct } from "../cdktf";
import type { MonitoringContext } from "./monitoring-context";

/** Properties of {@link LogGroup}. */
export interface LogGroupProps {
  /** What the stack's log groups share. */
  readonly monitoring: MonitoringContext;
  /** Full name of the log group. */
  readonly name: string;
  /** Keep it as long as audit logs. @default false */
  readonly audit?: boolean;
}

/** A log group, encrypted and with a retention: the only way this program makes one. */
export class LogGroup extends Construct {
  /** The group's ARN, without a trailing `:*`. */
  public readonly arn: string;
  /** The group's name, as a reference that orders its users after the group. */
  public readonly logGroupName: string;
  /** The group's name, as a plain string: for other stacks. */
  public readonly plainName: string;
  /** The group: services that would make it themselves depend on it. */
  public readonly resource: CloudwatchLogGroup;

  public constructor(scope: Construct, id: string, props: LogGroupProps) {
    super(scope, id);
    const { monitoring } = props;
    this.resource = new CloudwatchLogGroup(this, "Resource", {
      name: props.name,
      retentionInDays: props.audit === true ? monitoring.retention.auditDays : monitoring.retention.logDays,
      kmsKeyId: monitoring.logKeyArn,
    });
    this.plainName = props.name;
    this.arn = this.resource.arn;
    this.logGroupName = this.resource.name;
  }
}
