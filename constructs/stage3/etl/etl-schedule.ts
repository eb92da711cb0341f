import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import type { Schedule } from "../../../config/schema/schedule";
import { Construct } from "../../shared/cdktf";
import { policyDocument, serviceTrust } from "../../shared/iam/policy-document";

/** Properties of {@link EtlSchedule}. */
export interface EtlScheduleProps {
  /** Account of the schedule. */
  readonly accountId: string;
  /** Name of the ETL, as the launcher knows it. */
  readonly etl: string;
  /** What it invokes, in a few words. @default - the launcher of the ETL */
  readonly target?: string;
  /** Name of the schedule. */
  readonly scheduleName: string;
  /** Name of its role and policy. */
  readonly roleName: string;
  /** Name of the group that it stands in. */
  readonly groupName: string;
  /** When it runs. */
  readonly schedule: Schedule;
  /** Whether it runs. */
  readonly enabled: boolean;
  /** What is done when a slot can't be delivered. */
  readonly retry: { readonly maxAgeSeconds: number; readonly attempts: number };
  /** ARN of the launcher's alias. */
  readonly targetArn: string;
  /** What it sends. @default - the slot */
  readonly event?: string;
  /** ARN of the queue of slots that were given up. */
  readonly deadLetterArn: string;
  /** ARN of that queue's key. */
  readonly keyArn: string;
}

/**
 * What the launcher gets. The scheduler fills in the attributes.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function scheduledEvent(etl: string): string {
  return JSON.stringify({
    etl,
    scheduledTime: "<aws.scheduler.scheduled-time>",
    executionId: "<aws.scheduler.execution-id>",
    attempt: "<aws.scheduler.attempt-number>",
  });
}

/** What the launcher gets to have a look at the runs that ended in the five minutes before. */
export function lookEvent(etl: string): string {
  return JSON.stringify({ etl, look: "<aws.scheduler.scheduled-time>" });
}

/** An EventBridge schedule that invokes a launcher at every slot, on the minute, and keeps what it could not deliver. */
export class EtlSchedule extends Construct {
  public constructor(scope: Construct, id: string, props: EtlScheduleProps) {
    super(scope, id);
    const role = new IamRole(this, "Role", {
      name: props.roleName,
      description: `Schedule of ${props.etl}`,
      assumeRolePolicy: serviceTrust("scheduler.amazonaws.com", props.accountId),
    });
    const policy = new IamPolicy(this, "Policy", {
      name: props.roleName,
      description: `Invoke ${props.target ?? `the launcher of ${props.etl}`}, and keep what could not be delivered`,
      policy: policyDocument(
        { sid: "Launch", actions: ["lambda:InvokeFunction"], resources: [props.targetArn] },
        { sid: "Undelivered", actions: ["sqs:SendMessage"], resources: [props.deadLetterArn] },
        { sid: "Key", actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [props.keyArn] },
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
    new SchedulerSchedule(this, "Resource", {
      name: props.scheduleName,
      groupName: props.groupName,
      description: `Slots of ${props.etl}`,
      scheduleExpression: props.schedule.expression,
      scheduleExpressionTimezone: props.schedule.timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      state: props.enabled ? "ENABLED" : "DISABLED",
      target: {
        arn: props.targetArn,
        roleArn: role.arn,
        input: props.event ?? scheduledEvent(props.etl),
        retryPolicy: {
          maximumEventAgeInSeconds: props.retry.maxAgeSeconds,
          maximumRetryAttempts: props.retry.attempts,
        },
        deadLetterConfig: { arn: props.deadLetterArn },
      },
      dependsOn: [attachment],
    });
  }
}
