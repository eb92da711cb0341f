import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import type { Schedule } from "../../../config/schema/schedule";
import { Construct } from "../cdktf";
import { policyDocument, serviceTrust } from "../iam/policy-document";

/** Properties of {@link FunctionSchedule}. */
export interface FunctionScheduleProps {
  /** Account of the schedule. */
  readonly accountId: string;
  /** What its slots are of, for example the name of an ETL. */
  readonly subject: string;
  /** What it invokes, in a few words. */
  readonly target: string;
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
  /** ARN of the function, or of its alias. */
  readonly targetArn: string;
  /** What it sends, as JSON. */
  readonly event: string;
  /** ARN of the queue of slots that were given up. */
  readonly deadLetterArn: string;
  /** ARN of that queue's key. */
  readonly keyArn: string;
}

/** An EventBridge schedule that invokes a function at every slot, on the minute, and keeps what it could not deliver. */
export class FunctionSchedule extends Construct {
  public constructor(scope: Construct, id: string, props: FunctionScheduleProps) {
    super(scope, id);
    const role = new IamRole(this, "Role", {
      name: props.roleName,
      description: `Schedule of ${props.subject}`,
      assumeRolePolicy: serviceTrust("scheduler.amazonaws.com", props.accountId),
    });
    const policy = new IamPolicy(this, "Policy", {
      name: props.roleName,
      description: `Invoke ${props.target}, and keep what could not be delivered`,
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
      description: `Slots of ${props.subject}`,
      scheduleExpression: props.schedule.expression,
      scheduleExpressionTimezone: props.schedule.timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      state: props.enabled ? "ENABLED" : "DISABLED",
      target: {
        arn: props.targetArn,
        roleArn: role.arn,
        input: props.event,
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
